import { arrayConstructor, bytesPerElement, type DataArray, type DType } from '../../core/dtype.ts'
import { sizeOf } from '../../core/shape.ts'
import { allocate, type TensorData } from '../../core/tensor-data.ts'
import { findDType } from '../../ops/dtype-code.ts'
import { badFormat, quote } from './failure.ts'
import type { SparseTensorProto, TensorProto } from './proto/onnx_pb.ts'
import { TensorProto_DataLocation as Location } from './proto/onnx_pb.ts'

/** Bytes that a model keeps in a file beside it. `length` absent: to the end of that file. */
export interface ExternalData {
  readonly location: string
  readonly offset: number
  readonly length: number | undefined
}
/** Fetches external data; throws a typed error when it may not or cannot. */
export type ExternalReader = (data: ExternalData, where: string) => Uint8Array

/** Sparse tensors up to this many elements are made dense; larger ones are refused, since a few bytes could claim any size. */
const maxDenseElements = 1 << 26

export const isRepresentable = (proto: TensorProto): boolean => findDType(proto.dataType) !== undefined

/** A tensor's elements. Only for element types that Tenon has (`isRepresentable`). */
export function decodeTensor(proto: TensorProto, where: string, external: ExternalReader | undefined): TensorData {
  const dtype = findDType(proto.dataType)
  if (!dtype) throw badFormat(where, 'an element type that Tenon computes with', `ONNX data type ${proto.dataType}`)
  const shape = decodeDims(proto.dims, where)
  const size = sizeOf(shape)
  if (proto.segment) throw badFormat(where, 'a whole tensor', 'a segment of one')
  if (dtype === 'string') return { dtype, shape, data: decodeStrings(proto, size, where) }
  const raw = rawBytes(proto, where, external)
  const data = raw ? fromRaw(dtype, raw, size, where) : fromTyped(dtype, proto, size, where)
  return { dtype, shape, data }
}

/** Sizes, with their product within what a number counts exactly. */
export function decodeDims(dims: readonly bigint[], where: string): number[] {
  if (dims.length > 64) throw badFormat(where, 'a tensor of rank 64 at most', `rank ${dims.length}`)
  let size = 1n
  for (const dim of dims) {
    if (dim < 0n) throw badFormat(where, 'dimensions of 0 or more', `[${dims.join(', ')}]`)
    size *= dim
  }
  if (size > BigInt(Number.MAX_SAFE_INTEGER) || dims.some(dim => dim > BigInt(Number.MAX_SAFE_INTEGER))) {
    throw badFormat(where, 'a tensor of fewer than 2^53 elements', `shape [${dims.join(', ')}]`)
  }
  return dims.map(Number)
}

/** The bytes of a tensor kept raw, in the file or beside it; `undefined` when it lists its elements. */
export function rawBytes(
  proto: TensorProto,
  where: string,
  external: ExternalReader | undefined,
): Uint8Array | undefined {
  if (proto.dataLocation !== Location.EXTERNAL) return proto.rawData.length > 0 ? proto.rawData : undefined
  if (!external) {
    throw badFormat(where, 'elements inside the model', 'a reference to a file beside it')
  }
  return external(externalData(proto, where), where)
}

function externalData(proto: TensorProto, where: string): ExternalData {
  const entries = new Map(proto.externalData.map(({ key, value }) => [key, value]))
  const count = (key: string): number | undefined => {
    const text = entries.get(key)
    if (text === undefined) return undefined
    if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text)
    throw badFormat(where, `external data with '${key}' as a number`, quote(text))
  }
  const location = entries.get('location')
  if (!location) throw badFormat(where, "external data with a 'location'", 'none')
  return { location, offset: count('offset') ?? 0, length: count('length') }
}

function fromRaw(dtype: DType, raw: Uint8Array, size: number, where: string): DataArray {
  const width = bytesPerElement(dtype)
  const make = arrayConstructor(dtype)
  if (!make || raw.byteLength !== size * width)
    throw badFormat(where, `${size * width} bytes for ${size} elements of ${dtype}`, `${raw.byteLength}`)
  // Without a copy where the bytes happen to be aligned. ONNX is little-endian, and so is every platform JavaScript engines run on.
  if (raw.byteOffset % width === 0) return new make(raw.buffer, raw.byteOffset, size)
  // (A copy by the constructor: Node's Buffer has a `slice` that does not copy.)
  return new make(new Uint8Array(raw).buffer, 0, size)
}

/** Elements listed one by one: which field holds them depends on the type, and small ones are widened to int32. */
function fromTyped(dtype: DType, proto: TensorProto, size: number, where: string): DataArray {
  const source: readonly (number | bigint)[] =
    dtype === 'float32'
      ? proto.floatData
      : dtype === 'float64'
        ? proto.doubleData
        : dtype === 'int64'
          ? proto.int64Data
          : dtype === 'uint32' || dtype === 'uint64'
            ? proto.uint64Data
            : proto.int32Data
  if (source.length !== size) throw badFormat(where, `${size} elements of ${dtype}`, `${source.length}`)
  const data = allocate(dtype, size)
  if (data instanceof BigInt64Array || data instanceof BigUint64Array)
    for (let i = 0; i < size; i++) data[i] = BigInt(source[i] ?? 0)
  else if (!Array.isArray(data))
    for (let i = 0; i < size; i++) data[i] = dtype === 'bool' ? (source[i] ? 1 : 0) : Number(source[i])
  return data
}

function decodeStrings(proto: TensorProto, size: number, where: string): string[] {
  if (proto.stringData.length !== size) throw badFormat(where, `${size} strings`, `${proto.stringData.length}`)
  const text = new TextDecoder()
  return proto.stringData.map(bytes => text.decode(bytes))
}

/** A sparse tensor made dense, in the same type. Indices are linear ([nnz]) or by axis ([nnz, rank]). */
export function decodeSparse(
  proto: SparseTensorProto,
  where: string,
  external: ExternalReader | undefined,
): TensorData {
  if (!proto.values || !proto.indices) throw badFormat(where, 'a sparse tensor with values and indices', 'one without')
  const values = decodeTensor(proto.values, where, external)
  const indices = decodeTensor(proto.indices, where, external)
  const shape = decodeDims(proto.dims, where)
  const size = sizeOf(shape)
  if (size > maxDenseElements)
    throw badFormat(where, `a sparse tensor of at most ${maxDenseElements} elements`, `shape [${shape.join(', ')}]`)
  const count = values.data.length
  const byAxis = indices.shape.length === 2
  if (!(indices.data instanceof BigInt64Array) || indices.data.length !== count * (byAxis ? shape.length : 1)) {
    throw badFormat(where, `int64 indices for ${count} values`, `${indices.dtype}[${indices.shape.join(', ')}]`)
  }
  const data = allocate(values.dtype, size)
  for (let i = 0; i < count; i++) {
    let at = 0
    if (byAxis)
      for (let axis = 0; axis < shape.length; axis++)
        at = at * (shape[axis] ?? 1) + Number(indices.data[i * shape.length + axis])
    else at = Number(indices.data[i])
    if (!(at >= 0 && at < size))
      throw badFormat(where, `indices within shape [${shape.join(', ')}]`, `${at}`)
      // Both arrays are of the one dtype.
    ;(data as (number | bigint | string)[] | Float32Array)[at] = values.data[i] as number
  }
  return { dtype: values.dtype, shape, data }
}
