import { create, toBinary } from '@bufbuild/protobuf'
import type { DType } from '../../core/dtype.ts'
import type { TensorData } from '../../core/tensor-data.ts'
import type { Attribute } from '../../graph/attribute.ts'
import type { Graph } from '../../graph/graph.ts'
import type { Node } from '../../graph/node.ts'
import type { Value } from '../../graph/value.ts'
import { codeOfDType } from '../../ops/dtype-code.ts'
import { Naming } from './naming.ts'
import {
  type AttributeProto,
  AttributeProto_AttributeType as Kind,
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './proto/onnx_pb.ts'

/** Lowest opset written: the one the table follows. Newer operators raise it. */
const baseOpset = 21
/** IR version 10 goes with opset 21 and is read by every ONNX Runtime since 1.18. */
const irVersion = 10n

/** Writes a graph as an ONNX model. Input, output and weight names are kept; the rest are numbered. */
export function encodeModel(graph: Graph): Uint8Array<ArrayBuffer> {
  const naming = new Naming()
  const opsets = new Map<string, number>([['', baseOpset]])
  for (const node of allNodes(graph)) {
    const domain = node.domain === 'ai.onnx' ? '' : node.domain
    opsets.set(domain, Math.max(opsets.get(domain) ?? 1, node.operator?.since ?? 1))
  }
  const model = create(ModelProtoSchema, {
    irVersion,
    producerName: 'tenon',
    graph: encodeGraph(graph, naming),
    opsetImport: [...opsets].map(([domain, version]) => ({ domain, version: BigInt(version) })),
    metadataProps: Object.entries(graph.metadata).map(([key, value]) => ({ key, value })),
    ...(graph.doc === undefined ? {} : { docString: graph.doc }),
  })
  return toBinary(ModelProtoSchema, model)
}

function* allNodes(graph: Graph): Generator<Node> {
  for (const node of graph.nodes) {
    yield node
    for (const attribute of Object.values(node.attributes)) {
      if (attribute.kind === 'graph') yield* allNodes(attribute.value)
      else if (attribute.kind === 'graphs') for (const body of attribute.value) yield* allNodes(body)
    }
  }
}

function encodeGraph(graph: Graph, naming: Naming, outer?: ReadonlySet<Value>): GraphProto {
  for (const input of graph.inputs) naming.claim(input, input.name)
  graph.outputs.forEach((output, i) => naming.claim(output, graph.outputNames[i] ?? output.name))
  const used = countUses(graph)
  const constants = graph.constants.filter(value => !outer?.has(value))
  const inner = new Set([...(outer ?? []), ...constants])
  const outputs = graph.outputs.map((output, i) => ({ output, name: naming.output(output, graph.outputNames[i], i) }))
  const nodes = graph.nodes.map(node => encodeNode(node, naming, used, inner))
  // An output that is an input, a constant or another output under a second name goes through an Identity.
  for (const { output, name } of outputs) {
    if (name !== naming.of(output)) nodes.push(create(NodeProtoSchema, { opType: 'Identity', input: [naming.of(output)], output: [name] }))
  }
  return create(GraphProtoSchema, {
    name: graph.name,
    input: graph.inputs.map(input => encodeType(input, naming.of(input))),
    output: outputs.map(({ output, name }) => encodeType(output, name)),
    initializer: constants.flatMap(value => (value.constant ? [encodeTensor(value.constant, naming.of(value))] : [])),
    node: nodes,
  })
}

/** Outputs that somebody reads; an optional output that nobody does is left unnamed, so that the engine skips it. */
function countUses(graph: Graph): ReadonlySet<Value> {
  const used = new Set<Value>(graph.outputs)
  const visit = (inner: Graph) => {
    for (const output of inner.outputs) used.add(output)
    for (const node of inner.nodes) {
      for (const input of node.inputs) if (input) used.add(input)
      for (const attribute of Object.values(node.attributes)) {
        if (attribute.kind === 'graph') visit(attribute.value)
        else if (attribute.kind === 'graphs') attribute.value.forEach(visit)
      }
    }
  }
  visit(graph)
  return used
}

function encodeNode(node: Node, naming: Naming, used: ReadonlySet<Value>, outer: ReadonlySet<Value>): NodeProto {
  const outputs = node.outputs.map((output, i) => {
    const optional = node.operator?.outputs[i]?.kind === 'optional'
    return optional && !used.has(output) ? '' : naming.of(output)
  })
  while (outputs.length > 1 && outputs.at(-1) === '') outputs.pop()
  return create(NodeProtoSchema, {
    opType: node.type,
    domain: node.domain,
    name: node.name ?? naming.node(node),
    input: node.inputs.map(input => (input ? naming.of(input) : '')),
    output: outputs,
    attribute: Object.entries(node.attributes).map(([name, attribute]) => encodeAttribute(name, attribute, naming, outer)),
  })
}

function encodeAttribute(name: string, attribute: Attribute, naming: Naming, outer: ReadonlySet<Value>): AttributeProto {
  const proto = create(AttributeProtoSchema, { name })
  const text = new TextEncoder()
  switch (attribute.kind) {
    case 'int':
      proto.type = Kind.INT
      proto.i = BigInt(attribute.value)
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
      proto.g = encodeGraph(attribute.value, naming, outer)
      break
    case 'ints':
      proto.type = Kind.INTS
      proto.ints = attribute.value.map(BigInt)
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
      proto.graphs = attribute.value.map(g => encodeGraph(g, naming, outer))
      break
    case 'raw':
      break
  }
  return proto
}

function encodeType(value: Value, name: string): ValueInfoProto {
  const { type } = value
  return create(ValueInfoProtoSchema, {
    name,
    ...(type ? { type: { value: { case: 'tensorType', value: { elemType: codeOfDType(type.dtype), shape: { dim: type.shape.map(encodeDim) } } } } } : {}),
  })
}

const encodeDim = (dim: number | string) =>
  typeof dim === 'number'
    ? { value: { case: 'dimValue' as const, value: BigInt(dim) } }
    : { value: { case: 'dimParam' as const, value: dim } }

/** Elements as little-endian raw bytes, without a copy where the platform allows. */
export function encodeTensor(tensor: TensorData, name = ''): TensorProto {
  const { data } = tensor
  const dtype: DType = tensor.dtype
  const base = { name, dims: tensor.shape.map(BigInt), dataType: codeOfDType(dtype) }
  if (Array.isArray(data)) return create(TensorProtoSchema, { ...base, stringData: data.map(s => new TextEncoder().encode(s)) })
  return create(TensorProtoSchema, { ...base, rawData: new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength) })
}
