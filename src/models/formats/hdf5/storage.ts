import { inflate } from '../inflate.ts'
import { fletcher32 } from './checksum.ts'
import { type Message, messageType } from './header.ts'
import type { Cursor, H5Source } from './source.ts'

/** How the elements of a dataset lie in the file (HDF5 specification IV.A.2.i). */
export type Layout =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** Space that was never written: all elements are the fill value. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'chunked'; readonly chunk: readonly number[]; readonly index: ChunkIndex }

type ChunkIndex =
  | { readonly kind: 'tree'; readonly address: number | undefined }
  | { readonly kind: 'single'; readonly address: number | undefined; readonly stored?: Stored }
interface Stored {
  readonly bytes: number
  readonly skippedFilters: number
}

interface Filter {
  readonly id: number
  readonly values: readonly number[]
}

/** Space without stored bytes that is filled on reading; an honest file has few of these, a hostile one claims terabytes. */
const maxFilled = 2 ** 26
/** The greatest expansion of chunks, as inflate.ts has it. */
const maxExpansion = 1032

export function readLayout(source: H5Source, body: Cursor): Layout {
  const version = body.version(1, 2, 3, 4)
  if (version < 3) throw source.unsupported('a dataset of HDF5 before 1.6.3')
  const kind = body.u8()
  if (kind === 0) return { kind: 'bytes', bytes: body.bytes(body.u16()) }
  if (kind === 1) {
    const address = body.address()
    const size = body.length()
    if (address === undefined) return { kind: 'empty' }
    source.at(address, size) // checks that it lies within the file
    return { kind: 'bytes', bytes: source.bytes.subarray(source.base + address, source.base + address + size) }
  }
  if (kind !== 2) throw source.unsupported('a virtual dataset, whose data are in other files')
  return version === 3 ? treeLayout(source, body) : newChunks(source, body)
}

function treeLayout(source: H5Source, body: Cursor): Layout {
  const axes = body.u8() // one more than the dataset has: the bytes of an element
  const address = body.address()
  const chunk = Array.from({ length: axes - 1 }, () => body.u32())
  return { kind: 'chunked', chunk: checkedChunk(source, chunk), index: { kind: 'tree', address } }
}

function newChunks(source: H5Source, body: Cursor): Layout {
  const flags = body.u8()
  const axes = body.u8()
  const size = body.u8()
  if (![1, 2, 4, 8].includes(size)) throw source.damaged('chunk sizes of 1, 2, 4 or 8 bytes', `${size}`)
  const chunk = Array.from({ length: axes - 1 }, () => body.uint(size))
  body.skip(size)
  const index = body.u8()
  if (index !== 1) throw source.unsupported("a dataset in chunks of the newest kind (libver='latest')")
  const stored = flags & 2 ? { bytes: body.length(), skippedFilters: body.u32() } : undefined
  return {
    kind: 'chunked',
    chunk: checkedChunk(source, chunk),
    index: { kind: 'single', address: body.address(), ...(stored ? { stored } : {}) },
  }
}

function checkedChunk(source: H5Source, chunk: readonly number[]): readonly number[] {
  if (chunk.some(dim => dim < 1)) throw source.damaged('chunks with elements', `[${chunk.join(', ')}]`)
  return chunk
}

/** Filters in the order in which they were applied (IV.A.2.l). */
export function readFilters(source: H5Source, body: Cursor): Filter[] {
  const version = body.version(1, 2)
  const count = body.u8()
  if (version === 1) body.skip(6)
  return Array.from({ length: count }, () => {
    const id = body.u16()
    const named = version === 1 || id >= 256
    const nameLength = named ? body.u16() : 0
    body.skip(2) // whether it may be left out: what was left out is said with each chunk
    const values = body.u16()
    body.skip(nameLength)
    const filter = { id, values: Array.from({ length: values }, () => body.u32()) }
    if (version === 1 && values % 2 === 1) body.skip(4)
    if (![1, 2, 3].includes(id)) throw source.unsupported(`a dataset compressed by filter ${id} (1 is gzip)`)
    return filter
  })
}

/** The bytes of the fill value, or undefined for zeros. */
export function readFillValue(messages: readonly Message[]): Uint8Array | undefined {
  for (const { type, body } of messages) {
    if (type === messageType.oldFillValue) return body.bytes(body.u32())
    if (type !== messageType.fillValue) continue
    const version = body.version(1, 2, 3)
    if (version === 3) return body.u8() & 32 ? body.bytes(body.u32()) : undefined
    const defined = body.skip(2).u8() // when space is taken and filled
    return version === 1 || defined ? body.bytes(body.u32()) : undefined
  }
  return undefined
}

export interface Stores {
  readonly layout: Layout
  readonly filters: readonly Filter[]
  readonly fill: Uint8Array | undefined
  readonly shape: readonly number[]
  readonly elementBytes: number
}

/** All elements of a dataset as they are, in row-major order. */
export async function readElements(source: H5Source, stores: Stores): Promise<Uint8Array> {
  const { layout, shape, elementBytes } = stores
  const total = shape.reduce((product, dim) => product * dim, elementBytes)
  if (layout.kind === 'bytes') {
    if (layout.bytes.length !== total) throw source.damaged(`a dataset of ${total} bytes`, `${layout.bytes.length}`)
    return layout.bytes
  }
  if (layout.kind === 'empty') return filled(source, stores, total)
  if (layout.chunk.length !== shape.length)
    throw source.damaged(`chunks of rank ${shape.length}`, `${layout.chunk.length}`)
  const chunks = findChunks(source, layout, stores)
  const kept = chunks.reduce((sum, { bytes }) => sum + bytes.length, 0)
  if (total > kept * maxExpansion + maxFilled)
    throw source.damaged(`a dataset of ${total} bytes`, `${kept} stored bytes`)
  const out = allocate(source, stores, total)
  const chunkBytes = layout.chunk.reduce((product, dim) => product * dim, elementBytes)
  for (const { offset, bytes, skippedFilters } of chunks) {
    const plain = await undoFilters(source, stores, bytes, skippedFilters, chunkBytes)
    place(out, plain, { shape, chunk: layout.chunk, offset, elementBytes })
  }
  return out
}

function filled(source: H5Source, stores: Stores, total: number): Uint8Array {
  if (total > maxFilled) throw source.damaged(`a dataset of ${total} bytes`, 'no stored bytes')
  return allocate(source, stores, total)
}

function allocate(source: H5Source, { fill, elementBytes }: Stores, total: number): Uint8Array {
  const out = new Uint8Array(total)
  if (!fill || fill.length === 0 || fill.every(byte => byte === 0)) return out
  if (fill.length !== elementBytes) throw source.damaged(`a fill value of ${elementBytes} bytes`, `${fill.length}`)
  for (let at = 0; at < total; at += elementBytes) out.set(fill, at)
  return out
}

interface Chunk {
  readonly offset: readonly number[]
  readonly bytes: Uint8Array
  readonly skippedFilters: number
}

function findChunks(source: H5Source, layout: Layout & { kind: 'chunked' }, stores: Stores): Chunk[] {
  const { index, chunk } = layout
  if (index.address === undefined) return []
  const bytesAt = (address: number, size: number): Uint8Array => {
    source.at(address, size)
    return source.bytes.subarray(source.base + address, source.base + address + size)
  }
  if (index.kind === 'single') {
    const plain = chunk.reduce((product, dim) => product * dim, stores.elementBytes)
    const { bytes, skippedFilters } = index.stored ?? { bytes: plain, skippedFilters: 0 }
    return [{ offset: chunk.map(() => 0), bytes: bytesAt(index.address, bytes), skippedFilters }]
  }
  const chunks: Chunk[] = []
  const seen = new Set<number>()
  const taken = new Set<string>()
  const visit = (address: number, level?: number): void => {
    if (seen.has(address)) throw source.damaged('a tree of chunks', 'nodes in a circle')
    seen.add(address)
    const node = source.at(address)
    node.signature('TREE')
    if (node.u8() !== 1) throw source.damaged('a tree of chunks', 'a tree of members')
    const found = node.u8()
    if (level !== undefined && found !== level) throw source.damaged(`a node of level ${level}`, `${found}`)
    const entries = node.u16()
    node.skip(2 * source.offsetSize) // siblings
    for (let i = 0; i < entries; i++) {
      const size = node.u32()
      const skippedFilters = node.u32()
      const offset = chunk.map(() => node.uint(8))
      const child = node.skip(8).requiredAddress()
      if (found > 0) {
        visit(child, found - 1)
        continue
      }
      const inside = offset.every((at, axis) => at < (stores.shape[axis] ?? 0) && at % (chunk[axis] ?? 1) === 0)
      const key = offset.join()
      if (!inside || taken.has(key)) throw source.damaged('each chunk once, inside its dataset', `one at [${key}]`)
      taken.add(key)
      chunks.push({ offset, bytes: bytesAt(child, size), skippedFilters })
    }
  }
  visit(index.address)
  refuseOverlaps(source, chunks)
  return chunks
}

/** Chunks that share their bytes would let a small file claim to be a large one. */
function refuseOverlaps(source: H5Source, chunks: readonly Chunk[]): void {
  const places = chunks.map(({ bytes }) => bytes).sort((a, b) => a.byteOffset - b.byteOffset)
  for (const [i, { byteOffset, length }] of places.entries())
    if (byteOffset + length > (places[i + 1]?.byteOffset ?? Number.POSITIVE_INFINITY))
      throw source.damaged('chunks that do not overlap', 'some that do')
}

async function undoFilters(
  source: H5Source,
  { filters, elementBytes }: Stores,
  bytes: Uint8Array,
  skipped: number,
  chunkBytes: number,
): Promise<Uint8Array> {
  let plain = bytes
  // Fletcher's checksum is four bytes at the end of what the filters before it gave.
  const sizeAfter = (filter: number): number =>
    chunkBytes + 4 * filters.filter(({ id }, i) => i < filter && id === 3 && !(skipped & (1 << i))).length
  for (const [i, { id, values }] of [...filters.entries()].reverse()) {
    if (skipped & (1 << i)) continue
    if (id === 1) plain = await inflate(plain, sizeAfter(i), 'deflate', source.where)
    else if (id === 2) plain = unshuffled(plain, values[0] ?? elementBytes)
    else plain = verified(source, plain)
  }
  if (plain.length !== chunkBytes) throw source.damaged(`a chunk of ${chunkBytes} bytes`, `${plain.length}`)
  return plain
}

/** What stands in front of a Fletcher checksum. */
function verified(source: H5Source, bytes: Uint8Array): Uint8Array {
  const plain = bytes.subarray(0, Math.max(0, bytes.length - 4))
  const [c0 = 0, c1 = 0, c2 = 0, c3 = 0] = bytes.subarray(plain.length)
  const sum = fletcher32(plain)
  // The sums that come out are the same modulo 65,535: HDF5 writes 0 as 65,535. Before 1.6.3 bytes were the other way round on some machines.
  const same = (high: number, low: number) =>
    high % 0xffff === Math.floor(sum / 0x10000) && low % 0xffff === sum % 0x10000
  if (same(c2 + 256 * c3, c0 + 256 * c1) || same(c3 + 256 * c2, c1 + 256 * c0)) return plain
  throw source.damaged('a chunk that matches its checksum', 'other bytes')
}

/** The shuffle filter puts all first bytes of the elements first, then all second bytes, and so on. */
function unshuffled(bytes: Uint8Array, size: number): Uint8Array {
  if (size <= 1) return bytes
  const out = new Uint8Array(bytes.length)
  const count = Math.floor(bytes.length / size)
  for (let plane = 0; plane < size; plane++)
    for (let i = 0; i < count; i++) out[i * size + plane] = bytes[plane * count + i] ?? 0
  out.set(bytes.subarray(count * size), count * size)
  return out
}

/** Copies a chunk to its place, without what reaches beyond the edge. */
function place(
  out: Uint8Array,
  from: Uint8Array,
  {
    shape,
    chunk,
    offset,
    elementBytes,
  }: { shape: readonly number[]; chunk: readonly number[]; offset: readonly number[]; elementBytes: number },
): void {
  const sizes = shape.map((dim, axis) => Math.min(chunk[axis] ?? 1, dim - (offset[axis] ?? 0)))
  const copy = (axis: number, target: number, position: number): void => {
    const dim = shape[axis] ?? 1
    const size = sizes[axis] ?? 1
    const start = target * dim + (offset[axis] ?? 0)
    const first = position * (chunk[axis] ?? 1)
    if (axis >= shape.length - 1) {
      out.set(from.subarray(first * elementBytes, (first + size) * elementBytes), start * elementBytes)
    } else for (let i = 0; i < size; i++) copy(axis + 1, start + i, first + i)
  }
  copy(0, 0, 0)
}
