/** Element types: ONNX's, by their NumPy names. */

export type FloatDType = 'float32' | 'float16' | 'bfloat16' | 'float64'
export type IntDType = 'int8' | 'int16' | 'int32' | 'int64' | 'uint8' | 'uint16' | 'uint32' | 'uint64'
export type DType = FloatDType | IntDType | 'bool' | 'string'

/**
 * The array that holds elements of a type in JavaScript. float16 and bfloat16 are kept as their bits in a
 * Uint16Array (Node 20 has no Float16Array), bool as 0 and 1 in a Uint8Array.
 */
export interface ArrayOf {
  float32: Float32Array
  float64: Float64Array
  float16: Uint16Array
  bfloat16: Uint16Array
  int8: Int8Array
  int16: Int16Array
  int32: Int32Array
  int64: BigInt64Array
  uint8: Uint8Array
  uint16: Uint16Array
  uint32: Uint32Array
  uint64: BigUint64Array
  bool: Uint8Array
  string: string[]
}
export type DataArray = ArrayOf[DType]
export type NumericArray = Exclude<DataArray, string[]>

interface NumericArrayConstructor {
  new (length: number): NumericArray
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): NumericArray
}

interface DTypeInfo {
  readonly kind: 'float' | 'int' | 'uint' | 'bool' | 'string'
  /** Bytes per element; 0 for strings, whose length varies. */
  readonly bytes: number
  readonly array: NumericArrayConstructor | undefined
}

const info: Readonly<Record<DType, DTypeInfo>> = {
  float32: { kind: 'float', bytes: 4, array: Float32Array },
  float16: { kind: 'float', bytes: 2, array: Uint16Array },
  bfloat16: { kind: 'float', bytes: 2, array: Uint16Array },
  float64: { kind: 'float', bytes: 8, array: Float64Array },
  int8: { kind: 'int', bytes: 1, array: Int8Array },
  int16: { kind: 'int', bytes: 2, array: Int16Array },
  int32: { kind: 'int', bytes: 4, array: Int32Array },
  int64: { kind: 'int', bytes: 8, array: BigInt64Array },
  uint8: { kind: 'uint', bytes: 1, array: Uint8Array },
  uint16: { kind: 'uint', bytes: 2, array: Uint16Array },
  uint32: { kind: 'uint', bytes: 4, array: Uint32Array },
  uint64: { kind: 'uint', bytes: 8, array: BigUint64Array },
  bool: { kind: 'bool', bytes: 1, array: Uint8Array },
  string: { kind: 'string', bytes: 0, array: undefined },
}

export const dtypes: readonly DType[] = [
  'float32',
  'float16',
  'bfloat16',
  'float64',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'bool',
  'string',
]

export const isFloat = (dtype: DType): dtype is FloatDType => info[dtype].kind === 'float'
export const isInt = (dtype: DType): dtype is IntDType => info[dtype].kind === 'int' || info[dtype].kind === 'uint'
export const isNumeric = (dtype: DType): dtype is FloatDType | IntDType => isFloat(dtype) || isInt(dtype)
export const bytesPerElement = (dtype: DType): number => info[dtype].bytes
export const arrayConstructor = (dtype: DType): NumericArrayConstructor | undefined => info[dtype].array
