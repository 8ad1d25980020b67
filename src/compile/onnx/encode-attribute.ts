import { create, fromBinary } from '@bufbuild/protobuf'
import type { Attribute } from '../../graph/attribute.ts'
import type { Graph } from '../../graph/graph.ts'
import { encodeTensor } from './encode-tensor.ts'
import { toInt64 } from './int64.ts'
import {
  type AttributeProto,
  AttributeProtoSchema,
  type GraphProto,
  AttributeProto_AttributeType as Kind,
} from './proto/onnx_pb.ts'

const text = new TextEncoder()

export function encodeAttribute(
  name: string,
  attribute: Attribute,
  body: (graph: Graph) => GraphProto,
): AttributeProto {
  if (attribute.kind === 'raw') {
    const proto = fromBinary(AttributeProtoSchema, attribute.value)
    // A function's attribute may have been passed on under another name.
    proto.name = name
    return proto
  }
  const proto = create(AttributeProtoSchema, { name })
  switch (attribute.kind) {
    case 'int':
      proto.type = Kind.INT
      proto.i = toInt64(attribute.value)
      break
    case 'float':
      proto.type = Kind.FLOAT
      proto.f = attribute.value
      break
    case 'string':
      proto.type = Kind.STRING
      proto.s = text.encode(attribute.value)
      break
    case 'tensor':
      proto.type = Kind.TENSOR
      proto.t = encodeTensor(attribute.value)
      break
    case 'graph':
      proto.type = Kind.GRAPH
      proto.g = body(attribute.value)
      break
    case 'ints':
      proto.type = Kind.INTS
      proto.ints = attribute.value.map(toInt64)
      break
    case 'floats':
      proto.type = Kind.FLOATS
      proto.floats = [...attribute.value]
      break
    case 'strings':
      proto.type = Kind.STRINGS
      proto.strings = attribute.value.map(s => text.encode(s))
      break
    case 'tensors':
      proto.type = Kind.TENSORS
      proto.tensors = attribute.value.map(t => encodeTensor(t))
      break
    case 'graphs':
      proto.type = Kind.GRAPHS
      proto.graphs = attribute.value.map(body)
      break
  }
  return proto
}
