import { UnsupportedError } from '../../../core/errors.ts'
import type { TensorData } from '../../../core/tensor-data.ts'
import { type H5Type, readDataspace, readDatatype } from './datatype.ts'
import { type Message, messageType, readMessages } from './header.ts'
import { type Links, readLinks } from './links.ts'
import { type Cursor, H5Source, padded, utf8 } from './source.ts'
import { readElements, readFillValue, readFilters, readLayout, type Stores } from './storage.ts'
import { decodeElements, elementCount, GlobalHeap } from './values.ts'

/** An attribute: a small array, or text (dtype string), beside a group or dataset. */
export type Attributes = ReadonlyMap<string, TensorData>

interface Reading {
  readonly source: H5Source
  readonly heap: GlobalHeap
  readonly objects: Map<number, H5Group | H5Dataset>
}

/** An array in a file. Its elements are read when they are asked for. */
export class H5Dataset {
  private constructor(
    private readonly reading: Reading,
    readonly attributes: Attributes,
    private readonly type: H5Type,
    private readonly stores: Stores,
  ) {}

  get shape(): readonly number[] {
    return this.stores.shape
  }

  /** What the elements are read as; undefined where they cannot be. */
  get dtype(): TensorData['dtype'] | undefined {
    const { type } = this
    if (type.kind === 'number') return type.dtype
    return type.kind === 'text' || type.kind === 'heapText' ? 'string' : undefined
  }

  static read(reading: Reading, messages: readonly Message[], attributes: Attributes): H5Dataset {
    const { source } = reading
    const one = (type: number) => messages.find(message => message.type === type)?.body
    const dataspace = one(messageType.dataspace)
    const datatype = one(messageType.datatype)
    const layout = one(messageType.layout)
    if (!dataspace || !datatype || !layout) throw source.damaged('a group or a dataset', 'an object that is neither')
    if (one(messageType.externalFiles)) throw source.unsupported('a dataset whose data are in another file')
    const type = readDatatype(source, datatype)
    const shape = readDataspace(source, dataspace) ?? [0]
    elementCount(source, [...shape, type.bytes])
    const filters = one(messageType.filters)
    return new H5Dataset(reading, attributes, type, {
      layout: readLayout(source, layout),
      filters: filters ? readFilters(source, filters) : [],
      fill: readFillValue(messages),
      shape,
      elementBytes: type.bytes,
    })
  }

  /** The elements, as a copy. */
  async read(): Promise<TensorData> {
    const { source, heap } = this.reading
    return decodeElements(source, this.type, this.shape, await readElements(source, this.stores), heap)
  }
}

/** A folder of groups and datasets. Members are read when they are asked for. */
export class H5Group {
  constructor(
    private readonly reading: Reading,
    readonly attributes: Attributes,
    private readonly links: Links,
  ) {}

  /** Names of the members, in the file's order. */
  get names(): readonly string[] {
    return [...this.links.keys()]
  }

  has(path: string): boolean {
    const [name = '', ...rest] = path.split('/')
    if (!this.links.has(name)) return false
    if (rest.length === 0) return true
    const member = this.member(name)
    return member instanceof H5Group && member.has(rest.join('/'))
  }

  /** The group at a path such as `layers/dense`. */
  group(path: string): H5Group {
    const found = this.find(path)
    if (found instanceof H5Group) return found
    throw this.reading.source.damaged(`a group '${path}'`, 'a dataset')
  }

  dataset(path: string): H5Dataset {
    const found = this.find(path)
    if (found instanceof H5Dataset) return found
    throw this.reading.source.damaged(`a dataset '${path}'`, 'a group')
  }

  /** All members, in the file's order. */
  *members(): Generator<readonly [string, H5Group | H5Dataset]> {
    for (const name of this.links.keys()) yield [name, this.member(name)]
  }

  private find(path: string): H5Group | H5Dataset {
    let found: H5Group | H5Dataset = this
    for (const name of path.split('/')) {
      if (!(found instanceof H5Group) || !found.links.has(name))
        throw this.reading.source.damaged(`'${path}'`, `nothing of this name`)
      found = found.member(name)
    }
    return found
  }

  private member(name: string): H5Group | H5Dataset {
    const address = this.links.get(name)
    if (address === undefined) throw this.reading.source.damaged(`a member '${name}'`, 'none')
    return readObject(this.reading, address)
  }
}

function readObject(reading: Reading, address: number): H5Group | H5Dataset {
  const known = reading.objects.get(address)
  if (known) return known
  const { source, heap } = reading
  const messages = readMessages(source, address)
  const attributes = readAttributes(source, heap, messages)
  const links = readLinks(source, messages)
  const object = links ? new H5Group(reading, attributes, links) : H5Dataset.read(reading, messages, attributes)
  reading.objects.set(address, object)
  return object
}

function readAttributes(source: H5Source, heap: GlobalHeap, messages: readonly Message[]): Attributes {
  const attributes = new Map<string, TensorData>()
  for (const { type, body } of messages) {
    if (type === messageType.attributeInfo) {
      body.version(0)
      if (body.u8() & 1) body.skip(2)
      if (body.address() !== undefined) throw source.unsupported('attributes that are kept in a fractal heap')
    }
    if (type !== messageType.attribute) continue
    const [name, value] = readAttribute(source, heap, body)
    if (value) attributes.set(name, value)
  }
  return attributes
}

/** An attribute message (HDF5 specification IV.A.2.m). A value of a type that is not read is left out. */
function readAttribute(source: H5Source, heap: GlobalHeap, body: Cursor): [string, TensorData | undefined] {
  const version = body.version(1, 2, 3)
  const flags = body.u8()
  if (version > 1 && flags & 3) throw source.unsupported('an attribute of a named datatype')
  const sizes = [body.u16(), body.u16(), body.u16()] as const
  if (version === 3) body.skip(1) // character set
  const part = (size: number) => body.part(version === 1 ? padded(size) : size)
  const [nameSize, typeSize, spaceSize] = sizes
  const name = utf8(part(nameSize).bytes(nameSize)).replace(/\0.*$/s, '')
  const type = readDatatype(source, part(typeSize))
  const shape = readDataspace(source, part(spaceSize))
  if (!shape) return [name, undefined]
  const bytes = body.bytes(elementCount(source, [...shape, type.bytes]))
  try {
    return [name, decodeElements(source, type, shape, bytes, heap)]
  } catch (error) {
    if (error instanceof UnsupportedError) return [name, undefined]
    throw error
  }
}

/**
 * Opens an HDF5 file (https://docs.hdfgroup.org/hdf5/develop/_f_m_t3.html) and returns its root group. Read is what h5py and Keras
 * write: groups of both styles, arrays in one piece or in chunks (gzip, shuffle), attributes with text of fixed or varying size.
 * Everything is checked against the bytes at hand before memory is taken; links to other files are refused.
 *
 * The bytes must not be changed while the file is in use.
 * @throws {FormatError} for damaged or hostile files.
 * @throws {UnsupportedError} for parts of HDF5 outside of this.
 */
export function openH5(bytes: Uint8Array, where: string): H5Group {
  const source = new H5Source(bytes, where)
  const root = readSuperblock(source)
  const object = readObject({ source, heap: new GlobalHeap(source), objects: new Map() }, root)
  if (object instanceof H5Group) return object
  throw source.damaged('a group at the root', 'a dataset')
}

const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]

/** Whether bytes begin as an HDF5 file does. */
export const isH5 = (bytes: Uint8Array): boolean => signature.every((byte, i) => bytes[i] === byte)

/** Reads the superblock (II.A), which may stand behind a block of the user's; returns the root group's address. */
function readSuperblock(source: H5Source): number {
  let start = 0
  while (!isH5(source.bytes.subarray(start, start + 8))) {
    start = start === 0 ? 512 : start * 2
    if (start >= source.bytes.length) throw source.damaged('an HDF5 file', 'something else')
  }
  const head = source.at(start + 8)
  const version = head.version(0, 1, 2, 3)
  if (version < 2) head.skip(4)
  source.offsetSize = sizeOf(source, head.u8())
  source.lengthSize = sizeOf(source, head.u8())
  if (version < 2) head.skip(version === 0 ? 9 : 13)
  else head.skip(1)
  const base = head.requiredAddress()
  head.skip(source.offsetSize) // free space, or the superblock's extension
  const end = head.requiredAddress()
  if (version < 2) head.skip(2 * source.offsetSize) // driver, and the root's name
  const root = head.requiredAddress()
  source.base = base
  if (end > source.bytes.length) throw source.damaged(`${end} bytes, as the file says`, `${source.bytes.length}`)
  return root
}

function sizeOf(source: H5Source, size: number): number {
  if (size === 4 || size === 8) return size
  throw source.damaged('addresses of 4 or 8 bytes', `${size}`)
}
