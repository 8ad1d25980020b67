import { FormatError, UnsupportedError } from '../../core/errors.ts'
import { crc32 } from '../../io/checksum.ts'
import { concatenated, Fields } from './hdf5/fields.ts'
import { inflate } from './inflate.ts'

/**
 * ZIP archives (APPNOTE.TXT 6.3), as much as `.keras` files need: stored and deflated members, also of more than 4 GiB on reading.
 * The central directory is the only source of truth; what contradicts it is refused, and so are names that lead out of a folder.
 */

/** A member of an archive, not yet decompressed. */
export interface ZipMember {
  readonly name: string
  /** Bytes when decompressed. */
  readonly size: number
  read(): Promise<Uint8Array<ArrayBuffer>>
}

/** More members than any model has. */
const maxMembers = 10_000

/** Lists the members of an archive by name. */
export function openZip(bytes: Uint8Array, where: string): ReadonlyMap<string, ZipMember> {
  return new Reader(bytes, where).members()
}

interface Entry {
  readonly name: string
  readonly method: number
  readonly crc: number
  readonly packed: number
  readonly size: number
  readonly header: number
}

class Reader {
  private readonly view: DataView

  constructor(
    private readonly bytes: Uint8Array,
    private readonly where: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  members(): ReadonlyMap<string, ZipMember> {
    const { count, size, at } = this.directory()
    const members = new Map<string, ZipMember>()
    const taken: { start: number; end: number }[] = []
    let position = at
    for (let i = 0; i < count; i++) {
      const { entry, next } = this.entry(position, at + size)
      position = next
      if (entry.name.endsWith('/')) continue // a folder
      if (members.has(entry.name)) throw this.damaged('members with different names', `'${entry.name}' twice`)
      const start = this.dataStart(entry, at)
      taken.push({ start: entry.header, end: start + entry.packed })
      members.set(entry.name, {
        name: entry.name,
        size: entry.size,
        read: () => this.read(entry, this.bytes.subarray(start, start + entry.packed)),
      })
    }
    taken.sort((a, b) => a.start - b.start)
    for (const [i, { end }] of taken.entries())
      if (end > (taken[i + 1]?.start ?? at)) throw this.damaged('members that do not overlap', 'some that do')
    return members
  }

  /** Finds the directory through the record at the archive's end, behind which there may be a comment. */
  private directory(): { count: number; size: number; at: number } {
    const last = this.bytes.length - 22
    for (let at = last; at >= Math.max(0, last - 0xffff); at--) {
      if (this.view.getUint32(at, true) !== 0x06054b50 || at + 22 + this.u16(at + 20) !== this.bytes.length) continue
      let [count, size, start] = [this.u16(at + 10), this.u32(at + 12), this.u32(at + 16)]
      if (count === 0xffff || size === 0xffffffff || start === 0xffffffff) {
        if (this.u32(at - 20) !== 0x07064b50) throw this.damaged('a ZIP64 record', 'none')
        const record = this.u64(at - 12)
        if (this.u32(record) !== 0x06064b50) throw this.damaged('a ZIP64 record', 'something else')
        ;[count, size, start] = [this.u64(record + 32), this.u64(record + 40), this.u64(record + 48)]
      }
      if (start + size > at) throw this.damaged('a directory within the archive', `${size} bytes at ${start}`)
      if (count > maxMembers) throw this.damaged(`at most ${maxMembers} members`, `${count}`)
      return { count, size, at: start }
    }
    throw this.damaged('a ZIP archive', 'something else')
  }

  private entry(at: number, end: number): { entry: Entry; next: number } {
    if (at + 46 > end || this.u32(at) !== 0x02014b50) throw this.damaged('an entry of the directory', 'something else')
    const [nameLength, extraLength, commentLength] = [this.u16(at + 28), this.u16(at + 30), this.u16(at + 32)]
    const next = at + 46 + nameLength + extraLength + commentLength
    if (next > end) throw this.damaged('an entry within the directory', 'one that reaches beyond it')
    const name = decoded(this.bytes.subarray(at + 46, at + 46 + nameLength))
    this.checkName(name)
    if (this.u16(at + 8) & 0x2041) throw this.unsupported(name, 'an encrypted one')
    const method = this.u16(at + 10)
    if (method !== 0 && method !== 8) throw this.unsupported(name, `one compressed by method ${method}`)
    const large = this.largeSizes(at + 46 + nameLength, extraLength)
    const wide = (field: number): number => {
      const value = this.u32(at + field)
      return value === 0xffffffff ? large() : value
    }
    const size = wide(24)
    const packed = wide(20)
    const header = wide(42)
    if (method === 0 && size !== packed) throw this.damaged(`'${name}' stored as it is`, 'two different sizes')
    return { entry: { name, method, crc: this.u32(at + 16), packed, size, header }, next }
  }

  /** The ZIP64 field holds those of the 64-bit sizes that did not fit, in a fixed order. */
  private largeSizes(at: number, length: number): () => number {
    let position = at
    while (position + 4 <= at + length && this.u16(position) !== 1) position += 4 + this.u16(position + 2)
    const end = Math.min(at + length, position + 4 + (position + 4 <= at + length ? this.u16(position + 2) : 0))
    position += 4
    return () => {
      if (position + 8 > end) throw this.damaged('a 64-bit size', 'none')
      position += 8
      return this.u64(position - 8)
    }
  }

  private checkName(name: string): void {
    const parts = name.split('/')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    if (name === '' || /[\\\u0000-\u001f]|^[a-z]:/i.test(name) || parts.includes('..') || parts[0] === '')
      throw this.damaged('members with names inside the archive', JSON.stringify(name))
  }

  /** Where a member's bytes begin: behind its own header, whose length only it knows. */
  private dataStart({ name, header, packed }: Entry, end: number): number {
    if (header + 30 > end || this.u32(header) !== 0x04034b50) throw this.damaged(`a header of '${name}'`, 'none')
    const length = this.u16(header + 26)
    if (decoded(this.bytes.subarray(header + 30, header + 30 + length)) !== name)
      throw this.damaged(`'${name}' in its own header too`, 'another name')
    const start = header + 30 + length + this.u16(header + 28)
    if (start + packed > end) throw this.damaged(`'${name}' within the archive`, `${packed} bytes at ${start}`)
    return start
  }

  private async read({ name, method, crc, size }: Entry, packed: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
    const plain =
      method === 0 ? new Uint8Array(packed) : await inflate(packed, size, 'deflate-raw', `${this.where}, '${name}'`)
    if (crc32(plain) !== crc) throw this.damaged(`'${name}' to match its checksum`, 'other bytes')
    return plain
  }

  private u16(at: number): number {
    this.within(at, 2)
    return this.view.getUint16(at, true)
  }
  private u32(at: number): number {
    this.within(at, 4)
    return this.view.getUint32(at, true)
  }
  private u64(at: number): number {
    const value = this.u32(at) + this.u32(at + 4) * 2 ** 32
    if (!Number.isSafeInteger(value)) throw this.damaged('a size or place within the archive', String(value))
    return value
  }
  private within(at: number, count: number): void {
    if (!(at >= 0 && at + count <= this.bytes.length)) throw this.damaged('a place within the archive', String(at))
  }

  private damaged(expected: string, received: string): FormatError {
    const remedy = 'The file is damaged, cut off or not a ZIP archive.'
    return new FormatError({ where: this.where, expected, received, remedy })
  }
  private unsupported(name: string, received: string): UnsupportedError {
    return new UnsupportedError({
      where: `${this.where}, '${name}'`,
      expected: 'a member that is stored or deflated',
      received,
    })
  }
}

const decoded = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** 1 January 1980, the first day that ZIP knows: equal contents give equal archives. */
const date = 0x21

/** Writes members as they are, without compression, as Keras does. Returns pieces to be written one after the other. */
export function encodeZip(members: Readonly<Record<string, readonly Uint8Array[]>>): Uint8Array[] {
  const pieces: Uint8Array[] = []
  const directory = new Fields()
  let position = 0
  for (const [name, parts] of Object.entries(members)) {
    const text = new TextEncoder().encode(name)
    const size = parts.reduce((sum, part) => sum + part.length, 0)
    const crc = parts.reduce((sum, part) => crc32(part, sum), 0)
    if (position + size > 0xffff0000) {
      throw new UnsupportedError({
        where: name,
        expected: 'an archive below 4 GiB',
        received: `${position + size} bytes`,
        remedy: 'Save the weights as .safetensors.',
      })
    }
    // Version 2.0, names in UTF-8, stored, time, date, checksum, sizes, lengths of the name and of what else there is.
    const common = new Fields().u16(20).u16(0x800).u16(0).u16(0).u16(date).u32(crc).u32(size).u32(size)
    const fields = common.u16(text.length).u16(0).done()
    const header = new Fields().u32(0x04034b50).append(fields, text).done()
    directory.u32(0x02014b50).u16(20).append(fields).u16(0).u16(0).u16(0).u32(0).u32(position).append(text)
    pieces.push(header, ...parts)
    position += header.length + size
  }
  const count = Object.keys(members).length
  const end = new Fields().u32(0x06054b50).u32(0).u16(count).u16(count).u32(directory.length).u32(position).u16(0)
  return [...pieces, concatenated([directory.done(), end.done()])]
}
