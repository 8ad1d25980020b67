import { arrayConstructor } from '../../../core/dtype.ts'
import { sizeOf } from '../../../core/shape.ts'
import type { TensorData } from '../../../core/tensor-data.ts'
import type { H5Type } from './datatype.ts'
import { type Cursor, type H5Source, utf8 } from './source.ts'

/** Number of elements; an error where JavaScript cannot count them. */
export function elementCount(source: H5Source, shape: readonly number[]): number {
  const count = sizeOf(shape)
  if (!Number.isSafeInteger(count)) throw source.damaged('a shape that fits into memory', `[${shape.join(', ')}]`)
  return count
}

/** Turns the bytes of elements into a tensor of their own. Text has dtype string; a single list is a tensor of rank one. */
export function decodeElements(
  source: H5Source,
  type: H5Type,
  shape: readonly number[],
  bytes: Uint8Array,
  heap: GlobalHeap,
): TensorData {
  const count = elementCount(source, shape)
  if (bytes.length !== count * type.bytes)
    throw source.damaged(`${count} elements of ${type.bytes} bytes`, `${bytes.length} bytes`)
  switch (type.kind) {
    case 'number': {
      const make = arrayConstructor(type.dtype)
      if (!make) throw source.unsupported(type.dtype)
      const own = bytes.slice()
      if (type.bigEndian) reverseEach(own, type.bytes)
      return { dtype: type.dtype, shape, data: new make(own.buffer, own.byteOffset, count) }
    }
    case 'text': {
      const data = Array.from({ length: count }, (_, i) =>
        trimmed(bytes.subarray(i * type.bytes, (i + 1) * type.bytes), type.padding),
      )
      return { dtype: 'string', shape, data }
    }
    case 'heapText': {
      const references = heap.referencesIn(bytes, count)
      return { dtype: 'string', shape, data: references.map(found => trimmed(heap.read(found, 1), 'zero')) }
    }
    case 'heapList': {
      const [only] = heap.referencesIn(bytes, count)
      if (count !== 1 || !only || type.element.kind === 'heapList')
        throw source.unsupported('several lists of different lengths in one array')
      return decodeElements(source, type.element, [only.length], heap.read(only, type.element.bytes), heap)
    }
    case 'opaque':
      return { dtype: 'uint8', shape: [...shape, type.bytes], data: bytes.slice() }
    case 'other':
      throw source.unsupported(`an array of ${type.name}`)
  }
}

function reverseEach(bytes: Uint8Array, size: number): void {
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse()
}

function trimmed(bytes: Uint8Array, padding: 'zero' | 'space'): string {
  const end = bytes.indexOf(0)
  const text = utf8(end < 0 ? bytes : bytes.subarray(0, end))
  return padding === 'space' ? text.replace(/ +$/, '') : text
}

interface HeapReference {
  /** Number of elements. */
  readonly length: number
  readonly collection: number
  readonly index: number
}

/** Objects of varying length, gathered in collections (HDF5 specification III.E). */
export class GlobalHeap {
  private readonly collections = new Map<number, ReadonlyMap<number, Uint8Array>>()

  constructor(private readonly source: H5Source) {}

  referencesIn(bytes: Uint8Array, count: number): HeapReference[] {
    const size = 4 + this.source.offsetSize + 4
    this.source.spend(bytes.length)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return Array.from({ length: count }, (_, i) => {
      const address = new Uint8Array(bytes.subarray(i * size + 4, i * size + 4 + this.source.offsetSize))
      return {
        length: view.getUint32(i * size, true),
        collection: address.reduceRight((sum, byte) => sum * 256 + byte, 0),
        index: view.getUint32((i + 1) * size - 4, true),
      }
    })
  }

  /** The bytes that a reference leads to: `length` elements of `size` bytes. */
  read({ length, collection, index }: HeapReference, size: number): Uint8Array {
    if (length === 0) return new Uint8Array()
    let objects = this.collections.get(collection)
    if (!objects) {
      objects = this.readCollection(this.source.at(collection))
      this.collections.set(collection, objects)
    }
    const found = objects.get(index)
    if (!found || found.length < length * size)
      throw this.source.damaged(
        `object ${index} of ${length * size} bytes in a heap`,
        found ? `${found.length}` : 'none',
      )
    // Many references may lead to one large object.
    this.source.spend(length * size)
    return found.subarray(0, length * size)
  }

  private readCollection(head: Cursor): ReadonlyMap<number, Uint8Array> {
    const before = head.left
    head.signature('GCOL')
    head.version(1)
    const size = head.skip(3).length()
    const body = head.part(size - (before - head.left))
    const objects = new Map<number, Uint8Array>()
    while (body.left >= 8 + this.source.lengthSize) {
      const index = body.u16()
      const length = body.skip(6).length()
      if (index === 0) break // the rest is free
      const room = Math.min(Math.ceil(length / 8) * 8, body.left)
      if (length > room) throw this.source.damaged(`an object of ${length} bytes in a heap`, `${body.left} bytes`)
      objects.set(index, body.bytes(room).subarray(0, length))
    }
    return objects
  }
}
