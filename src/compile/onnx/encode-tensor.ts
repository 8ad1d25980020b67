import { create, toBinary } from '@bufbuild/protobuf'
import type { TensorData } from '../../core/tensor-data.ts'
import { codeOfDType } from '../../ops/dtype-code.ts'
import type { ExternalData } from './decode-tensor.ts'
import { TensorProto_DataLocation as Location, type TensorProto, TensorProtoSchema } from './proto/onnx_pb.ts'

const text = new TextEncoder()

/** Elements as little-endian raw bytes, without a copy. */
export function encodeTensor(tensor: TensorData, name = ''): TensorProto {
  const raw = bytesOf(tensor)
  return create(TensorProtoSchema, {
    ...header(tensor, name),
    ...(raw ? { rawData: raw } : { stringData: (tensor.data as string[]).map(s => text.encode(s)) }),
  })
}

const header = ({ shape, dtype }: TensorData, name: string) => ({
  name,
  dims: shape.map(BigInt),
  dataType: codeOfDType(dtype),
})

/** The bytes of a tensor's elements; `undefined` for strings, which are kept one by one. */
export function bytesOf({ data }: TensorData): Uint8Array<ArrayBuffer> | undefined {
  // The engine refuses SharedArrayBuffers, so tensors have none.
  return Array.isArray(data) ? undefined : new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength)
}

/**
 * An encoded GraphProto.initializer field in pieces, of which the last is the tensor's own memory: protobuf's writer would
 * copy the weights once for each level of nesting.
 */
export function initializerPieces(
  tensor: TensorData,
  name: string,
  external: ExternalData | undefined,
): Uint8Array<ArrayBuffer>[] {
  if (external) return field(graphInitializer, [toBinary(TensorProtoSchema, externalTensor(tensor, name, external))])
  const raw = bytesOf(tensor)
  if (!raw) return field(graphInitializer, [toBinary(TensorProtoSchema, encodeTensor(tensor, name))])
  const head = toBinary(TensorProtoSchema, create(TensorProtoSchema, header(tensor, name)))
  return field(graphInitializer, [head, ...field(tensorRawData, [raw])])
}

function externalTensor(tensor: TensorData, name: string, { location, offset, length }: ExternalData): TensorProto {
  const entries = { location, offset: String(offset), length: String(length) }
  return create(TensorProtoSchema, {
    ...header(tensor, name),
    dataLocation: Location.EXTERNAL,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
  })
}

const graphInitializer = 5
const tensorRawData = 9

/** A length-delimited field around pieces of its content. */
export function field(number: number, content: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer>[] {
  const bytes: number[] = [(number << 3) | 2]
  let length = content.reduce((n, piece) => n + piece.length, 0)
  // Not by shifts, which are 32 bits wide.
  for (; length >= 128; length = Math.floor(length / 128)) bytes.push((length % 128) | 128)
  bytes.push(length)
  return [Uint8Array.from(bytes), ...content]
}
