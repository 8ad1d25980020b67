import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { ArgumentError, UnsupportedError } from '../../core/errors.ts'
import type { TensorData } from '../../core/tensor-data.ts'
import { bodiesOf, type Graph } from '../../graph/graph.ts'
import type { Node } from '../../graph/node.ts'
import type { Value } from '../../graph/value.ts'
import { codeOfDType } from '../../ops/dtype-code.ts'
import { expandOwn } from '../passes/expand-own.ts'
import type { ExternalData } from './decode-tensor.ts'
import { encodeAttribute } from './encode-attribute.ts'
import { bytesOf, encodeTensor, field, initializerPieces } from './encode-tensor.ts'
import { Naming } from './naming.ts'
import {
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './proto/onnx_pb.ts'
import { newestOpset, targetOpset } from './upgrade/target.ts'

/** The IR version that goes with an opset: 10 with opset 21, read by every ONNX Runtime since 1.18; older opsets with older ones. */
const irVersionOf = (opset: number): bigint => {
  const newest: readonly (readonly [number, bigint])[] = [
    [14, 7n],
    [18, 8n],
    [20, 9n],
    [22, 10n],
    [23, 11n],
    [24, 12n],
  ]
  return newest.find(([last]) => opset <= last)?.[1] ?? 13n
}

/** Protobuf messages end at 2 GiB. */
export const maxModelBytes = 2 ** 31 - 1

export interface EncodeOptions {
  /** Version of ONNX's operator set, at most the newest that Tenon knows. Default: 21, or what the operators need. */
  readonly opset?: number
  /** Where the elements of a constant are kept, if not in the model. */
  readonly external?: (tensor: TensorData) => ExternalData | undefined
}

/** Writes a graph as an ONNX model. Names of inputs, outputs, weights and values are kept where they are unique; the rest are numbered. */
export function encodeModel(graph: Graph, options: EncodeOptions = {}): Uint8Array<ArrayBuffer> {
  const pieces = encodePieces(graph, options)
  const [only] = pieces
  if (pieces.length === 1 && only) return only
  const model = new Uint8Array(pieces.reduce((n, piece) => n + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    model.set(piece, at)
    at += piece.length
  }
  return model
}

/** The model as pieces to be written one after the other; weights are views of the constants' own memory. */
export function encodePieces(given: Graph, options: EncodeOptions = {}): readonly Uint8Array<ArrayBuffer>[] {
  const graph = expandOwn(given)
  const opsets = opsetsOf(graph, options.opset)
  const { proto, constants } = new GraphEncoder().model(graph)
  const head = create(ModelProtoSchema, {
    irVersion: irVersionOf(opsets.get('') ?? targetOpset),
    producerName: 'tenon',
    opsetImport: [...opsets].map(([domain, version]) => ({ domain, version: BigInt(version) })),
    metadataProps: Object.entries(graph.metadata).map(([key, value]) => ({ key, value })),
    ...(graph.doc === undefined ? {} : { docString: graph.doc }),
  })
  const initializers: Uint8Array<ArrayBuffer>[] = []
  for (const { data, name } of constants) {
    const external = options.external?.(data)
    // Many small tensors are written fastest with the rest, large ones without a copy.
    if (external || (bytesOf(data)?.length ?? 0) >= copiedBelow)
      initializers.push(...initializerPieces(data, name, external))
    else proto.initializer.push(encodeTensor(data, name))
  }
  const pieces = [
    toBinary(ModelProtoSchema, head),
    ...field(modelGraph, [toBinary(GraphProtoSchema, proto), ...initializers]),
  ]
  const size = pieces.reduce((n, piece) => n + piece.length, 0)
  if (size <= maxModelBytes) return pieces
  throw new UnsupportedError({
    where: `graph '${graph.name}'`,
    expected: 'a model of less than 2 GiB',
    received: `${size} bytes`,
    remedy: 'Write it to a file with external data.',
  })
}

/** The number of ModelProto.graph. */
const modelGraph = 7
const copiedBelow = 4096

/** The highest version that a node asks for, by domain. `wanted` is for ONNX's own domain; without it, the usual one or higher. */
function opsetsOf(graph: Graph, wanted: number | undefined): Map<string, number> {
  const opsets = new Map<string, number>([['', wanted === undefined ? targetOpset : 1]])
  let newest = ''
  const visit = (inner: Graph): void => {
    for (const node of inner.nodes) {
      const domain = node.domain === 'ai.onnx' ? '' : node.domain
      const version = Math.max(node.operator?.since ?? 1, node.opset ?? 1)
      if (domain === '' && version > (opsets.get('') ?? 1)) newest = node.type
      opsets.set(domain, Math.max(opsets.get(domain) ?? 1, version))
      for (const body of bodiesOf(node)) visit(body)
    }
  }
  visit(graph)
  if (wanted === undefined) return opsets
  const least = opsets.get('') ?? 1
  if (!Number.isSafeInteger(wanted) || wanted < least || wanted > newestOpset) {
    throw new ArgumentError({
      where: 'ONNX export',
      expected: `'opset' from ${least}${newest === '' ? '' : ` (for ${newest})`} to ${newestOpset}`,
      received: String(wanted),
    })
  }
  return opsets.set('', wanted)
}

class GraphEncoder {
  private readonly naming = new Naming()
  private readonly used = new Set<Value>()

  /** The graph, and apart from it its constants (those of bodies too), which it lists as initializers. */
  model(graph: Graph): {
    readonly proto: GraphProto
    readonly constants: readonly { readonly data: TensorData; readonly name: string }[]
  } {
    this.findUses(graph)
    const proto = this.graph(graph)
    return {
      proto,
      constants: graph.constants.flatMap(value =>
        value.constant ? [{ data: value.constant, name: this.naming.of(value) }] : [],
      ),
    }
  }

  /** Outputs that somebody reads; an optional output that nobody does is left unnamed, so that the engine skips it. */
  private findUses(graph: Graph): void {
    for (const output of graph.outputs) this.used.add(output)
    for (const node of graph.nodes) {
      for (const input of node.inputs) if (input) this.used.add(input)
      for (const body of bodiesOf(node)) this.findUses(body)
    }
  }

  private readonly graph = (graph: Graph): GraphProto => {
    const { naming } = this
    for (const input of graph.inputs) naming.claim(input, input.name)
    const own = new Set(graph.nodes.flatMap(node => node.outputs))
    // An output that is an input, a constant, taken from outside, or listed before goes through an Identity.
    const outputs = graph.outputs.map((value, i) => {
      const wish = graph.outputNames[i] ?? value.name
      if (!own.delete(value)) return { value, name: naming.reserve(wish, `output${i}_`), copied: true }
      naming.claim(value, wish)
      return { value, name: naming.of(value), copied: false }
    })
    const nodes = graph.nodes.map(node => this.node(node))
    for (const { value, name, copied } of outputs) {
      if (copied) nodes.push(create(NodeProtoSchema, { opType: 'Identity', input: [naming.of(value)], output: [name] }))
    }
    return create(GraphProtoSchema, {
      name: graph.name,
      input: graph.inputs.map(input => encodeType(input, naming.of(input))),
      output: outputs.map(({ value, name }) => encodeType(value, name)),
      node: nodes,
      valueInfo: graph.nodes.flatMap(node => this.foreignStrings(node, graph)),
    })
  }

  /** Types of strings that ONNX's own shape inference (1.23) cannot tell, and without which its rule of RegexFullMatch crashes. */
  private foreignStrings(node: Node, { outputs }: Graph): readonly ValueInfoProto[] {
    if (node.domain === '' || node.domain === 'ai.onnx') return []
    return node.outputs
      .filter(value => value.type?.dtype === 'string' && !outputs.includes(value) && this.used.has(value))
      .map(value => encodeType(value, this.naming.of(value)))
  }

  private node(node: Node): NodeProto {
    const { naming, used } = this
    const outputs = node.outputs.map((output, i) => {
      const optional = node.operator ? node.operator.outputs[i]?.kind === 'optional' : output.name === undefined
      return optional && !used.has(output) ? '' : naming.of(output)
    })
    while (outputs.length > 1 && outputs.at(-1) === '') outputs.pop()
    const inputs = node.inputs.map(input => (input ? naming.of(input) : ''))
    // Not only tidy: a LayerNormalization whose last input is empty crashes the fusions of ONNX Runtime 1.30.
    while (inputs.at(-1) === '') inputs.pop()
    return create(NodeProtoSchema, {
      opType: node.type,
      domain: node.domain,
      name: node.name ?? naming.node(node),
      input: inputs,
      output: outputs,
      attribute: Object.entries(node.attributes).map(([name, attribute]) =>
        encodeAttribute(name, attribute, this.graph),
      ),
    })
  }
}

function encodeType(value: Value, name: string): ValueInfoProto {
  const { type, declared } = value
  if (!type)
    return create(ValueInfoProtoSchema, { name, ...(declared ? { type: fromBinary(TypeProtoSchema, declared) } : {}) })
  const tensor = { elemType: codeOfDType(type.dtype), shape: { dim: type.shape.map(encodeDim) } }
  return create(ValueInfoProtoSchema, { name, type: { value: { case: 'tensorType', value: tensor } } })
}

const encodeDim = (dim: number | string) =>
  typeof dim === 'number'
    ? { value: { case: 'dimValue' as const, value: BigInt(dim) } }
    : { value: { case: 'dimParam' as const, value: dim } }
