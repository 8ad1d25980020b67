import { toBinary } from '@bufbuild/protobuf'
import type { Attribute } from '../../graph/attribute.ts'
import type { Graph } from '../../graph/graph.ts'
import { decodeTensor, type ExternalReader, isRepresentable } from './decode-tensor.ts'
import { largestInt64 } from './int64.ts'
import {
  type AttributeProto,
  AttributeProtoSchema,
  type GraphProto,
  AttributeProto_AttributeType as Kind,
} from './proto/onnx_pb.ts'

/** How to read what an attribute holds: bodies need the scope they stand in. */
export interface AttributeContext {
  readonly external: ExternalReader | undefined
  readonly body: (proto: GraphProto) => Graph
}

/** What Tenon reads of an attribute; the rest is kept as encoded bytes. */
export function decodeAttribute(proto: AttributeProto, where: string, context: AttributeContext): Attribute {
  switch (kindOf(proto)) {
    case Kind.INT:
      return isExact(proto.i) ? { kind: 'int', value: Number(proto.i) } : raw(proto)
    case Kind.FLOAT:
      return { kind: 'float', value: proto.f }
    case Kind.STRING: {
      const value = text(proto.s)
      return value === undefined ? raw(proto) : { kind: 'string', value }
    }
    case Kind.TENSOR:
      return proto.t && isRepresentable(proto.t)
        ? { kind: 'tensor', value: decodeTensor(proto.t, where, context.external) }
        : raw(proto)
    case Kind.GRAPH:
      return proto.g ? { kind: 'graph', value: context.body(proto.g) } : raw(proto)
    case Kind.INTS:
      return proto.ints.every(isExact) ? { kind: 'ints', value: proto.ints.map(Number) } : raw(proto)
    case Kind.FLOATS:
      return { kind: 'floats', value: proto.floats }
    case Kind.STRINGS: {
      const values = proto.strings.map(text)
      return values.every(value => value !== undefined) ? { kind: 'strings', value: values } : raw(proto)
    }
    case Kind.TENSORS:
      return proto.tensors.every(isRepresentable)
        ? { kind: 'tensors', value: proto.tensors.map(t => decodeTensor(t, where, context.external)) }
        : raw(proto)
    case Kind.GRAPHS:
      return { kind: 'graphs', value: proto.graphs.map(context.body) }
    default:
      return raw(proto)
  }
}

/** Attributes are numbers in memory. The largest int64, which files use for "to the end", comes back whole by `toInt64`. */
const isExact = (value: bigint): boolean => BigInt(Number(value)) === value || value === largestInt64

export const raw = (proto: AttributeProto): Attribute => ({ kind: 'raw', value: toBinary(AttributeProtoSchema, proto) })

/** Models from before IR version 2 leave the type out; it is the field that is filled. */
function kindOf(proto: AttributeProto): Kind {
  if (proto.type !== Kind.UNDEFINED) return proto.type
  if (proto.ints.length > 0) return Kind.INTS
  if (proto.floats.length > 0) return Kind.FLOATS
  if (proto.strings.length > 0) return Kind.STRINGS
  if (proto.s.length > 0) return Kind.STRING
  if (proto.t) return Kind.TENSOR
  if (proto.g) return Kind.GRAPH
  if (proto.tensors.length > 0) return Kind.TENSORS
  if (proto.graphs.length > 0) return Kind.GRAPHS
  if (Object.hasOwn(proto, 'f')) return Kind.FLOAT
  if (Object.hasOwn(proto, 'i')) return Kind.INT
  return Kind.UNDEFINED
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** `undefined` for bytes that are not text, which some operators keep in strings. */
function text(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}
