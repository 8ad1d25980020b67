/** Sums bytes; `before` is the sum of what came before, so that pieces can be summed one by one. */
type Checksum = (bytes: Uint8Array, before?: number) => number

/** A cyclic redundancy check of 32 bits, least significant bit first, from its reflected polynomial: RFC 3720, appendix B.4. */
function cyclic(polynomial: number): Checksum {
  const table = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1
    return value
  })
  return (bytes, before = 0) => {
    let sum = ~before
    for (let i = 0; i < bytes.length; i++) sum = (sum >>> 8) ^ (table[(sum ^ (bytes[i] ?? 0)) & 0xff] ?? 0)
    return ~sum >>> 0
  }
}

/** The checksum of ZIP, PNG and gzip. */
export const crc32: Checksum = cyclic(0xedb88320)
/** Castagnoli's checksum, of TFRecord. */
export const crc32c: Checksum = cyclic(0x82f63b78)
