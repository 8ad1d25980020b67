import { toBinary } from '@bufbuild/protobuf'
import type { Dim } from '../../core/shape.ts'
import type { TensorType } from '../../graph/value.ts'
import { findDType } from '../../ops/dtype-code.ts'
import { badFormat } from './failure.ts'
import { type TypeProto, TypeProtoSchema } from './proto/onnx_pb.ts'

/**
 * A declared type, where Tenon has one: a tensor of known rank and a dtype it computes with. `symbol` names a dimension
 * that the file leaves open.
 */
export function decodeType(
  proto: TypeProto | undefined,
  where: string,
  symbol: (axis: number) => string,
): TensorType | undefined {
  if (proto?.value.case !== 'tensorType') return undefined
  const { elemType, shape } = proto.value.value
  const dtype = findDType(elemType)
  if (!dtype || !shape) return undefined
  if (shape.dim.length > maxRank)
    throw badFormat(where, `a tensor of rank ${maxRank} at most`, `rank ${shape.dim.length}`)
  return { dtype, shape: shape.dim.map((dim, axis) => decodeDim(dim.value, where, () => symbol(axis))) }
}

/** No engine goes beyond; hostile files do. */
const maxRank = 64

type DimProto =
  | { case: 'dimValue'; value: bigint }
  | { case: 'dimParam'; value: string }
  | { case: undefined; value?: undefined }

function decodeDim(dim: DimProto, where: string, symbol: () => string): Dim {
  if (dim.case === 'dimParam') return dim.value || symbol()
  if (dim.case === undefined) return symbol()
  // Some exporters write −1 for "any".
  if (dim.value === -1n) return symbol()
  if (dim.value < 0n || dim.value > Number.MAX_SAFE_INTEGER)
    throw badFormat(where, 'dimensions from 0 to 2^53', String(dim.value))
  return Number(dim.value)
}

/** What to keep of a declared type that Tenon has no name for. */
export const encodedType = (proto: TypeProto | undefined): Uint8Array | undefined =>
  proto?.value.case === undefined ? undefined : toBinary(TypeProtoSchema, proto)
