import { type DType, dtypes } from '../core/dtype.ts'
import { UnsupportedError } from '../core/errors.ts'

/** TensorProto.DataType numbers, which ONNX also uses in attributes (Cast's `to`). */
const codes: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
}
const byCode = new Map(dtypes.map(dtype => [codes[dtype], dtype]))

export const codeOfDType = (dtype: DType): number => codes[dtype]

/** `undefined` for types Tenon does not compute with (complex, float8, int4). */
export const findDType = (code: number): DType | undefined => byCode.get(code)

export function dtypeOfCode(code: number): DType {
  const dtype = byCode.get(code)
  if (dtype) return dtype
  throw new UnsupportedError({
    where: 'dtype',
    expected: `one of ${dtypes.join(', ')}`,
    received: `ONNX data type ${code}`,
  })
}
