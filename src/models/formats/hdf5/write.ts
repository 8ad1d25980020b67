import { bytesPerElement, isFloat } from '../../../core/dtype.ts'
import { ArgumentError } from '../../../core/errors.ts'
import type { TensorData } from '../../../core/tensor-data.ts'
import { lookup3 } from './checksum.ts'
import { concatenated, Fields } from './fields.ts'
import { messageType } from './header.ts'

/** What is written: folders of arrays. Attributes are text, or small arrays (an array of text has dtype string). */
export interface H5GroupToWrite {
  readonly attributes?: Readonly<Record<string, string | TensorData>>
  readonly members: Readonly<Record<string, H5GroupToWrite | H5DatasetToWrite>>
}
export interface H5DatasetToWrite {
  readonly attributes?: Readonly<Record<string, string | TensorData>>
  readonly data: TensorData
}

const superblockSize = 48
const undefinedAddress = 0xff
/** A message's size has 16 bits. */
export const maxAttributeBytes = 64_512

/**
 * Writes an HDF5 file in the format of version 1.8 (2008), which every HDF5 library reads: new-style groups with their links in the
 * header, arrays in one piece. Equal trees give equal bytes: no times are kept. Returns pieces to be written one after the other.
 */
export function encodeH5(root: H5GroupToWrite): Uint8Array[] {
  return new Writer().write(root)
}

class Writer {
  private readonly pieces: Uint8Array[] = []
  private position = superblockSize
  private readonly heap = new Map<string, { address: number; index: number; bytes: number }>()

  write(root: H5GroupToWrite): Uint8Array[] {
    this.writeHeap([...new Set(texts(root))])
    const address = this.object(root, '/')
    const superblock = new Fields()
      .bytes(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a)
      .bytes(2, 8, 8, 0) // version, sizes of addresses and lengths, flags
      .u64(0) // base
      .fill(8, undefinedAddress) // no extension
      .u64(this.position)
      .u64(address)
      .done()
    return [withChecksum(superblock), ...this.pieces]
  }

  /** Adds a piece at the next multiple of eight; returns its address. */
  private put(bytes: Uint8Array): number {
    const gap = -this.position & 7
    if (gap > 0) this.pieces.push(new Uint8Array(gap))
    const address = this.position + gap
    this.pieces.push(bytes)
    this.position = address + bytes.length
    return address
  }

  private object(node: H5GroupToWrite | H5DatasetToWrite, path: string): number {
    const attributes = Object.entries(node.attributes ?? {}).map(([name, value]) =>
      message(messageType.attribute, this.attribute(name, value, path), path),
    )
    const own = 'data' in node ? this.dataset(node.data, path) : this.group(node, path)
    const messages = concatenated([...own, ...attributes])
    // Flags: the size of what follows has four bytes.
    const head = new Fields().text('OHDR').bytes(2, 2).u32(messages.length).done()
    return this.put(withChecksum(concatenated([head, messages])))
  }

  private group({ members }: H5GroupToWrite, path: string): Uint8Array[] {
    const links = Object.entries(members).map(([name, member]) => {
      if (name === '' || name === '.' || name.includes('/') || name.includes('\0'))
        throw new ArgumentError({ where: path, expected: 'a name without slashes', received: JSON.stringify(name) })
      const address = this.object(member, `${path}${name}/`)
      const text = new TextEncoder().encode(name)
      // Version, flags (a length of two bytes, character set given), UTF-8.
      const link = new Fields()
        .bytes(1, 0x11, 1)
        .u16(text.length)
        .bytes(...text)
        .u64(address)
        .done()
      return message(messageType.link, link, path)
    })
    const info = new Fields().bytes(0, 0).fill(16, undefinedAddress).done()
    return [
      message(messageType.linkInfo, info, path),
      message(messageType.groupInfo, new Uint8Array(2), path),
      ...links,
    ]
  }

  private dataset(data: TensorData, path: string): Uint8Array[] {
    const bytes = this.elements(data, path)
    const layout = new Fields().bytes(3, 1) // version, in one piece
    if (bytes.length === 0) layout.fill(8, undefinedAddress)
    else layout.u64(this.put(bytes))
    return [
      message(messageType.dataspace, dataspace(data.shape), path),
      message(messageType.datatype, this.datatype(data), path),
      message(messageType.fillValue, new Uint8Array([3, 0x0a]), path), // zeros
      message(messageType.layout, layout.u64(bytes.length).done(), path),
    ]
  }

  private attribute(name: string, value: string | TensorData, path: string): Uint8Array {
    const text = new TextEncoder().encode(`${name}\0`)
    const known = typeof value === 'string' ? this.heap.get(value) : undefined
    const type = known ? heapText : this.datatype(typeof value === 'string' ? one(value) : value)
    const space = dataspace(typeof value === 'string' ? [] : value.shape)
    const data = known
      ? new Fields().u32(known.bytes).u64(known.address).u32(known.index).done()
      : this.elements(typeof value === 'string' ? one(value) : value, path)
    return new Fields()
      .bytes(3, 0) // version, flags
      .u16(text.length)
      .u16(type.length)
      .u16(space.length)
      .bytes(1) // UTF-8
      .append(text, type, space, data)
      .done()
  }

  private elements(tensor: TensorData, path: string): Uint8Array {
    if (!Array.isArray(tensor.data)) {
      const { buffer, byteOffset, byteLength } = tensor.data
      return new Uint8Array(buffer, byteOffset, byteLength)
    }
    const size = textSize(tensor.data)
    const out = new Uint8Array(size * tensor.data.length)
    for (const [i, text] of tensor.data.entries()) {
      if (text.includes('\0'))
        throw new ArgumentError({ where: path, expected: 'text without zero characters', received: 'one with' })
      out.set(new TextEncoder().encode(text), i * size)
    }
    return out
  }

  private datatype(tensor: TensorData): Uint8Array {
    return Array.isArray(tensor.data) ? fixedText(textSize(tensor.data)) : numberType(tensor.dtype)
  }

  /** Text of varying length: collections of at most 1000 objects, since an object's number has 16 bits. */
  private writeHeap(all: readonly string[]): void {
    for (let from = 0; from < all.length; from += 1000) {
      const part = all.slice(from, from + 1000)
      const objects = part.map((text, i) => {
        const bytes = new TextEncoder().encode(text)
        return { text, bytes, index: i + 1 }
      })
      const body = new Fields()
      for (const { bytes, index } of objects)
        body
          .u16(index)
          .u16(1)
          .u32(0)
          .u64(bytes.length)
          .append(bytes)
          .fill(-bytes.length & 7, 0)
      // The library expects collections of 4096 bytes or more; what is free is object 0.
      const used = 16 + body.length
      const free = used + 16 > 4096 ? 0 : 4096 - used
      if (free > 0)
        body
          .u16(0)
          .u16(0)
          .u32(0)
          .u64(free)
          .fill(free - 16, 0)
      const head = new Fields()
        .text('GCOL')
        .bytes(1, 0, 0, 0)
        .u64(16 + body.length)
        .done()
      const address = this.put(concatenated([head, body.done()]))
      for (const { text, bytes, index } of objects) this.heap.set(text, { address, index, bytes: bytes.length })
    }
  }
}

const one = (text: string): TensorData => ({ dtype: 'string', shape: [], data: [text] })
const encoder = new TextEncoder()
const textSize = (list: readonly string[]): number =>
  list.reduce((size, text) => Math.max(size, encoder.encode(text).length), 1)

/** All attributes of text in a tree, but the empty ones, for which the heap has no place. */
function* texts(node: H5GroupToWrite | H5DatasetToWrite): Generator<string> {
  for (const value of Object.values(node.attributes ?? {})) if (typeof value === 'string' && value !== '') yield value
  if ('members' in node) for (const member of Object.values(node.members)) yield* texts(member)
}

function message(type: number, body: Uint8Array, path: string): Uint8Array {
  if (body.length > 0xffff) {
    throw new ArgumentError({
      where: path,
      expected: `attributes of at most ${maxAttributeBytes} bytes`,
      received: `${body.length} bytes`,
      remedy: 'Write large arrays as datasets.',
    })
  }
  return new Fields().bytes(type).u16(body.length).bytes(0).append(body).done()
}

function withChecksum(bytes: Uint8Array): Uint8Array {
  return new Fields().append(bytes).u32(lookup3(bytes)).done()
}

function dataspace(shape: readonly number[]): Uint8Array {
  const fields = new Fields().bytes(2, shape.length, 0, shape.length === 0 ? 0 : 1)
  for (const dim of shape) fields.u64(dim)
  return fields.done()
}

/** A datatype message of version 1: class, 24 bits of flags, size, then what the class needs. */
function numberType(dtype: TensorData['dtype']): Uint8Array {
  const bytes = bytesPerElement(dtype)
  if (dtype === 'bool') {
    // As h5py: an enumeration over int8.
    return new Fields()
      .bytes(0x18, 2, 0, 0)
      .u32(1)
      .append(numberType('int8'))
      .text('FALSE\0\0\0TRUE\0\0\0\0')
      .bytes(0, 1)
      .done()
  }
  if (!isFloat(dtype)) {
    const signed = dtype.startsWith('int') ? 8 : 0
    return new Fields()
      .bytes(0x10, signed, 0, 0)
      .u32(bytes)
      .u16(0)
      .u16(bytes * 8)
      .done()
  }
  const [exponent, mantissa] = { float16: [5, 10], bfloat16: [8, 7], float32: [8, 23], float64: [11, 52] }[dtype] as [
    number,
    number,
  ]
  return new Fields()
    .bytes(0x11, 0x20, exponent + mantissa, 0) // a leading 1 is implied; where the sign is
    .u32(bytes)
    .u16(0)
    .u16(bytes * 8)
    .bytes(mantissa, exponent, 0, mantissa)
    .u32(2 ** (exponent - 1) - 1)
    .done()
}

/** Text of a fixed size, in UTF-8, filled up with zeros. */
const fixedText = (size: number): Uint8Array => new Fields().bytes(0x13, 0x11, 0, 0).u32(size).done()

/** Text of varying length: a list of bytes, marked as text in UTF-8. */
const heapText = new Fields().bytes(0x19, 0x01, 0x01, 0).u32(16).append(numberType('uint8')).done()
