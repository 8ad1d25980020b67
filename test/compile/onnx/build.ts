import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import {
  type AttributeProto,
  AttributeProtoSchema,
  type FunctionProtoSchema,
  type GraphProtoSchema,
  AttributeProto_AttributeType as Kind,
  ModelProtoSchema,
  type NodeProtoSchema,
  type TensorProtoSchema,
  type ValueInfoProtoSchema,
} from '../../../src/compile/onnx/proto/onnx_pb.ts'

/** Models as other tools would write them, for tests. */

export type NodeInit = MessageInitShape<typeof NodeProtoSchema>
export type TensorInit = MessageInitShape<typeof TensorProtoSchema>

export const node = (
  opType: string,
  input: string[],
  output: string[],
  attributes: Record<string, AttributeProto> = {},
  domain = '',
): NodeInit => ({
  opType,
  domain,
  input,
  output,
  attribute: Object.entries(attributes).map(([name, attribute]) => ({ ...attribute, name })),
})

const attribute = (init: MessageInitShape<typeof AttributeProtoSchema>): AttributeProto =>
  create(AttributeProtoSchema, init)
export const int = (value: number) => attribute({ type: Kind.INT, i: BigInt(value) })
export const ints = (...values: number[]) => attribute({ type: Kind.INTS, ints: values.map(BigInt) })
export const float = (value: number) => attribute({ type: Kind.FLOAT, f: value })
export const floats = (...values: number[]) => attribute({ type: Kind.FLOATS, floats: values })
export const string = (value: string) => attribute({ type: Kind.STRING, s: new TextEncoder().encode(value) })
export const tensor = (value: TensorInit) => attribute({ type: Kind.TENSOR, t: value })
export const body = (value: MessageInitShape<typeof GraphProtoSchema>) => attribute({ type: Kind.GRAPH, g: value })
export const reference = (to: string) => attribute({ refAttrName: to })

/** A value of float32 (1) or another ONNX type code. */
export const value = (
  name: string,
  dims: readonly (number | string)[] | undefined,
  elemType = 1,
): MessageInitShape<typeof ValueInfoProtoSchema> => ({
  name,
  type: {
    value: {
      case: 'tensorType',
      value: {
        elemType,
        ...(dims && {
          shape: {
            dim: dims.map(dim =>
              typeof dim === 'number'
                ? { value: { case: 'dimValue', value: BigInt(dim) } }
                : { value: dim === '' ? { case: undefined } : { case: 'dimParam', value: dim } },
            ),
          },
        }),
      },
    },
  },
})

export const floatTensor = (name: string, dims: readonly number[], values: number[]): TensorInit => ({
  name,
  dims: dims.map(BigInt),
  dataType: 1,
  floatData: values,
})
export const intTensor = (name: string, values: number[], dims: readonly number[] = [values.length]): TensorInit => ({
  name,
  dims: dims.map(BigInt),
  dataType: 7,
  int64Data: values.map(BigInt),
})

export interface ModelParts {
  readonly opset?: number
  readonly opsets?: Readonly<Record<string, number>>
  readonly ir?: number
  readonly nodes: NodeInit[]
  readonly inputs?: MessageInitShape<typeof ValueInfoProtoSchema>[]
  readonly outputs: MessageInitShape<typeof ValueInfoProtoSchema>[]
  readonly initializers?: TensorInit[]
  readonly graph?: Partial<Extract<MessageInitShape<typeof GraphProtoSchema>, { $typeName?: never }>>
  readonly functions?: MessageInitShape<typeof FunctionProtoSchema>[]
}

export function model(parts: ModelParts): Uint8Array<ArrayBuffer> {
  const opsets = { '': parts.opset ?? 21, ...parts.opsets }
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: BigInt(parts.ir ?? 8),
      producerName: 'test',
      opsetImport: Object.entries(opsets).map(([domain, version]) => ({ domain, version: BigInt(version) })),
      graph: {
        name: 'g',
        node: parts.nodes,
        input: parts.inputs ?? [value('x', [2, 3])],
        output: parts.outputs,
        initializer: parts.initializers ?? [],
        ...parts.graph,
      },
      functions: parts.functions ?? [],
    }),
  )
}

/** An output whose type the file does not tell. */
export const untyped = (name: string): MessageInitShape<typeof ValueInfoProtoSchema> => ({ name })
