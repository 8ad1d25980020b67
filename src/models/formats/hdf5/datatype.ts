import type { DType } from '../../../core/dtype.ts'
import { type Cursor, type H5Source, latin1, padded } from './source.ts'

/** The types of elements that are read; `bytes` is what one takes in the file. */
export type H5Type =
  | { readonly kind: 'number'; readonly bytes: number; readonly dtype: NumberType; readonly bigEndian: boolean }
  /** Text of a fixed size, filled up with zeros or spaces. */
  | { readonly kind: 'text'; readonly bytes: number; readonly padding: 'zero' | 'space' }
  /** Text of any length, kept in the global heap. */
  | { readonly kind: 'heapText'; readonly bytes: number }
  /** A list of any length, kept in the global heap. */
  | { readonly kind: 'heapList'; readonly bytes: number; readonly element: H5Type }
  /** Bytes with a meaning that only their writer knows. */
  | { readonly kind: 'opaque'; readonly bytes: number }
  /** A type that is skipped unless somebody asks for its elements. */
  | { readonly kind: 'other'; readonly bytes: number; readonly name: string }

export type NumberType = Exclude<DType, 'string'>

const classes = [
  'integers',
  'floating point',
  'time',
  'text',
  'bit fields',
  'opaque',
  'compound',
  'references',
  'enumerations',
  'variable length',
  'arrays',
]

/** Reads a datatype message (HDF5 specification IV.A.2.d). */
export function readDatatype(source: H5Source, cursor: Cursor, depth = 0): H5Type {
  if (depth > 4) throw source.damaged('a type nested at most four deep', 'a deeper one')
  const head = cursor.u8()
  const bits = cursor.u8() | (cursor.u8() << 8) | (cursor.u8() << 16)
  const bytes = cursor.u32()
  const kind = head & 0xf
  const name = classes[kind]
  if (name === undefined || bytes === 0) throw source.damaged('a datatype', `class ${kind} of ${bytes} bytes`)
  switch (kind) {
    case 0:
      return integer(cursor, bits, bytes)
    case 1:
      return float(cursor, bits, bytes)
    case 3:
      return { kind: 'text', bytes, padding: (bits & 0xf) === 2 ? 'space' : 'zero' }
    case 5:
      return { kind: 'opaque', bytes }
    case 8:
      return enumeration(source, cursor, { count: bits & 0xffff, version: head >> 4, bytes, depth })
    case 9: {
      const size = 4 + source.offsetSize + 4
      if (bytes !== size) throw source.damaged(`heap references of ${size} bytes`, `${bytes}`)
      if ((bits & 0xf) === 1) return { kind: 'heapText', bytes }
      return { kind: 'heapList', bytes, element: readDatatype(source, cursor, depth + 1) }
    }
    default:
      return { kind: 'other', bytes, name }
  }
}

function integer(cursor: Cursor, bits: number, bytes: number): H5Type {
  const offset = cursor.u16()
  const precision = cursor.u16()
  const prefix = bits & 8 ? 'int' : 'uint'
  if (offset !== 0 || precision !== bytes * 8 || ![1, 2, 4, 8].includes(bytes))
    return { kind: 'other', bytes, name: `integers of ${precision} bits` }
  const byBytes: Readonly<Record<number, NumberType>> =
    prefix === 'int'
      ? { 1: 'int8', 2: 'int16', 4: 'int32', 8: 'int64' }
      : { 1: 'uint8', 2: 'uint16', 4: 'uint32', 8: 'uint64' }
  return { kind: 'number', bytes, dtype: byBytes[bytes] ?? 'int8', bigEndian: (bits & 1) === 1 }
}

function float(cursor: Cursor, bits: number, bytes: number): H5Type {
  cursor.skip(4) // bit offset and precision, implied by the exponent and mantissa below
  const layout = Array.from({ length: 4 }, () => cursor.u8()).join(' ')
  const bias = cursor.u32()
  // Exponent's position and size, mantissa's position and size, exponent's bias: IEEE 754's and bfloat16.
  const known: Readonly<Record<string, { dtype: NumberType; bytes: number }>> = {
    '10 5 0 10, 15': { dtype: 'float16', bytes: 2 },
    '7 8 0 7, 127': { dtype: 'bfloat16', bytes: 2 },
    '23 8 0 23, 127': { dtype: 'float32', bytes: 4 },
    '52 11 0 52, 1023': { dtype: 'float64', bytes: 8 },
  }
  const found = known[`${layout}, ${bias}`]
  if (!found || found.bytes !== bytes || bits & 0x40)
    return { kind: 'other', bytes, name: `floating point numbers of ${bytes} bytes in an unusual layout` }
  return { kind: 'number', bytes, dtype: found.dtype, bigEndian: (bits & 1) === 1 }
}

/** h5py stores bool as the enumeration FALSE, TRUE over int8; other enumerations are read as their numbers. */
function enumeration(
  source: H5Source,
  cursor: Cursor,
  { count, version, bytes, depth }: { count: number; version: number; bytes: number; depth: number },
): H5Type {
  const base = readDatatype(source, cursor, depth + 1)
  if (base.kind !== 'number' || base.bytes !== bytes)
    throw source.damaged('an enumeration over integers', `over ${base.kind}`)
  if (bytes !== 1 || count !== 2) return base
  const names: string[] = []
  for (let i = 0; i < count; i++) {
    const name = cursor.terminated()
    if (version < 3) cursor.skip(padded(name.length + 1) - name.length - 1)
    names.push(name)
  }
  const values = latin1(cursor.bytes(2))
  return names.join() === 'FALSE,TRUE' && values === '\0\x01' ? { ...base, dtype: 'bool' } : base
}

/** Reads a dataspace message (IV.A.2.b): the shape; `undefined` stands for the null dataspace, which has no elements. */
export function readDataspace(source: H5Source, cursor: Cursor): readonly number[] | undefined {
  const version = cursor.version(1, 2)
  const rank = cursor.u8()
  if (rank > 32) throw source.damaged('at most 32 axes', `${rank}`)
  cursor.skip(1) // whether greatest sizes follow: they do not matter to who reads
  if (version === 1) cursor.skip(5)
  else if (cursor.u8() === 2) return undefined
  return Array.from({ length: rank }, () => cursor.length())
}
