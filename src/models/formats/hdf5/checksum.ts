/** Bob Jenkins's lookup3 hash (http://burtleburtle.net/bob/c/lookup3.c, `hashlittle`), by which HDF5 checks its newer structures. */
export function lookup3(bytes: Uint8Array): number {
  const start = (0xdeadbeef + bytes.length) | 0
  let a = start
  let b = start
  let c = start
  const word = (at: number): number =>
    (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
  let at = 0
  for (; bytes.length - at > 12; at += 12) {
    a = (a + word(at)) | 0
    b = (b + word(at + 4)) | 0
    c = (c + word(at + 8)) | 0
    a = ((a - c) ^ rotate(c, 4)) | 0
    c = (c + b) | 0
    b = ((b - a) ^ rotate(a, 6)) | 0
    a = (a + c) | 0
    c = ((c - b) ^ rotate(b, 8)) | 0
    b = (b + a) | 0
    a = ((a - c) ^ rotate(c, 16)) | 0
    c = (c + b) | 0
    b = ((b - a) ^ rotate(a, 19)) | 0
    a = (a + c) | 0
    c = ((c - b) ^ rotate(b, 4)) | 0
    b = (b + a) | 0
  }
  if (at === bytes.length) return c >>> 0
  // Bytes beyond the end count as zeros.
  a = (a + word(at)) | 0
  b = (b + word(at + 4)) | 0
  c = (c + word(at + 8)) | 0
  c = ((c ^ b) - rotate(b, 14)) | 0
  a = ((a ^ c) - rotate(c, 11)) | 0
  b = ((b ^ a) - rotate(a, 25)) | 0
  c = ((c ^ b) - rotate(b, 16)) | 0
  a = ((a ^ c) - rotate(c, 4)) | 0
  b = ((b ^ a) - rotate(a, 14)) | 0
  c = ((c ^ b) - rotate(b, 24)) | 0
  return c >>> 0
}

const rotate = (x: number, bits: number): number => (x << bits) | (x >>> (32 - bits))

/** HDF5's Fletcher checksum (H5checksum.c, `H5_checksum_fletcher32`): sums of words of two bytes, the higher one first. */
export function fletcher32(bytes: Uint8Array): number {
  let [a, b] = [0, 0]
  for (let at = 0; at < bytes.length; at += 2) {
    a = (a + ((bytes[at] ?? 0) << 8) + (bytes[at + 1] ?? 0)) % 0xffff
    b = (b + a) % 0xffff
  }
  return b * 0x10000 + a
}
