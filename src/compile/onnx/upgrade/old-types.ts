import { TensorProto_DataType as DataType } from '../proto/onnx_pb.ts'

/** Before opset 6, Cast named its target by the name in the schema: `FLOAT`, `INT64`. */
export function dtypeByOldName(name: string): number | undefined {
  const code: unknown = Object.entries(DataType).find(([key]) => key === name.toUpperCase())?.[1]
  return typeof code === 'number' ? code : undefined
}
