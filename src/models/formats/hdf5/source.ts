import { FormatError, UnsupportedError } from '../../../core/errors.ts'

/**
 * The bytes of an HDF5 file, read within bounds. Every structure is reached through `at`, which counts what is parsed: structures of
 * a hostile file may overlap or refer to each other in circles, and the count bounds the time that this can cost.
 */
export class H5Source {
  private readonly view: DataView
  private parsed = 0
  /** Size of an address and of a length in this file, in bytes; the superblock tells. */
  offsetSize = 8
  lengthSize = 8
  /** Where the file begins in the bytes: addresses count from here. */
  base = 0

  readonly bytes: Uint8Array

  constructor(
    bytes: Uint8Array,
    /** What errors call the file. */
    readonly where: string,
  ) {
    // Node's Buffer is a Uint8Array whose `slice` does not copy: here it always does.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** A reader of `length` bytes from an address of the file; what is not given reaches to the end. */
  at(address: number, length?: number): Cursor {
    const start = this.base + address
    const end = length === undefined ? this.bytes.length : start + length
    if (!(start >= 0 && start <= end && end <= this.bytes.length))
      throw this.damaged(
        `a structure within the file's ${this.bytes.length} bytes`,
        length === undefined ? `address ${address}` : `${length} bytes at address ${address}`,
      )
    return new Cursor(this, this.view, start, end)
  }

  /** Counts bytes of structures (not of arrays). Each is parsed once in an honest file; this allows for far more. */
  spend(bytes: number): void {
    this.parsed += bytes
    if (this.parsed > 2 ** 26 + 8 * this.bytes.length)
      throw this.damaged('structures that do not overlap', 'structures that are read over and over')
  }

  damaged(expected: string, received: string): FormatError {
    return new FormatError({
      where: this.where,
      expected,
      received,
      remedy: 'The file is damaged, cut off or not an HDF5 file.',
    })
  }

  unsupported(received: string): UnsupportedError {
    return new UnsupportedError({
      where: this.where,
      expected: 'the part of HDF5 that h5py and Keras write',
      received,
      remedy: 'Write the file anew with h5py and its default settings.',
    })
  }
}

/** Reads little-endian fields one after the other, never beyond its end. */
export class Cursor {
  constructor(
    private readonly source: H5Source,
    private readonly view: DataView,
    private position: number,
    private readonly end: number,
  ) {}

  get left(): number {
    return this.end - this.position
  }

  private take(count: number): number {
    if (!(count >= 0 && count <= this.left))
      throw this.source.damaged(`${count} bytes more of a structure`, `${this.left}`)
    this.source.spend(count)
    const at = this.position
    this.position += count
    return at
  }

  skip(count: number): this {
    this.take(count)
    return this
  }
  u8(): number {
    return this.view.getUint8(this.take(1))
  }
  u16(): number {
    return this.view.getUint16(this.take(2), true)
  }
  u32(): number {
    return this.view.getUint32(this.take(4), true)
  }

  /** An unsigned integer of 1, 2, 4 or 8 bytes. */
  uint(size: number): number {
    if (size === 1) return this.u8()
    if (size === 2) return this.u16()
    if (size === 4) return this.u32()
    const low = this.u32()
    return this.u32() * 2 ** 32 + low
  }

  /** A length; one that JavaScript cannot count exactly cannot be right either. */
  length(): number {
    return this.counted(this.uint(this.source.lengthSize))
  }

  /** An address, or undefined for HDF5's undefined address (all bits set). */
  address(): number | undefined {
    const size = this.source.offsetSize
    const at = this.take(size)
    const bytes = this.source.bytes.subarray(at, at + size)
    if (bytes.every(byte => byte === 0xff)) return undefined
    return this.counted(bytes.reduceRight((sum, byte) => sum * 256 + byte, 0))
  }

  /** An address that must be there. */
  requiredAddress(): number {
    const address = this.address()
    if (address === undefined) throw this.source.damaged('an address', 'the undefined address')
    return address
  }

  private counted(value: number): number {
    if (!Number.isSafeInteger(value)) throw this.source.damaged('a length or address within the file', String(value))
    return value
  }

  /** A view of the next bytes. */
  bytes(count: number): Uint8Array {
    const at = this.take(count)
    return this.source.bytes.subarray(at, at + count)
  }

  /** A reader of the next `count` bytes, which are skipped here. */
  part(count: number): Cursor {
    const at = this.take(count)
    return new Cursor(this.source, this.view, at, at + count)
  }

  signature(expected: string): void {
    const found = latin1(this.bytes(expected.length))
    if (found !== expected) throw this.source.damaged(`the signature '${expected}'`, JSON.stringify(found))
  }

  version(...allowed: number[]): number {
    const version = this.u8()
    if (!allowed.includes(version)) throw this.source.damaged(`version ${allowed.join(' or ')}`, `version ${version}`)
    return version
  }

  /** Text up to a zero byte, which is skipped. */
  terminated(): string {
    const rest = this.source.bytes.subarray(this.position, this.end)
    const length = rest.indexOf(0)
    if (length < 0) throw this.source.damaged('text that ends', 'text without an end')
    const text = utf8(this.bytes(length))
    this.skip(1)
    return text
  }
}

export const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes)

const decoder = new TextDecoder()
/** Text in UTF-8 (ASCII is part of it); wrong bytes become U+FFFD. */
export const utf8 = (bytes: Uint8Array): string => decoder.decode(bytes)

/** Rounded up to a multiple of 8, as fields of old structures are padded. */
export const padded = (size: number): number => Math.ceil(size / 8) * 8
