import type { DecodedModel } from '../compile/onnx/decode.ts'
import { bytesPerElement, type DType, isFloat } from '../core/dtype.ts'
import { TenonError } from '../core/errors.ts'
import { bodiesOf, type Graph, usedBy } from '../graph/graph.ts'
import type { Node } from '../graph/node.ts'
import { formatType, type Value } from '../graph/value.ts'

/** What `tenon inspect` tells of a model. */
export interface ModelSummary {
  readonly name: string
  readonly producer: string
  readonly irVersion: number
  readonly opsets: Readonly<Record<string, number>>
  readonly doc?: string
  readonly metadata: Readonly<Record<string, string>>
  readonly inputs: readonly NamedType[]
  readonly outputs: readonly NamedType[]
  /** Elements and bytes of the constants. */
  readonly parameters: {
    readonly count: number
    readonly bytes: number
    readonly byDType: Readonly<Record<string, { readonly count: number; readonly bytes: number }>>
  }
  /** Nodes, those of bodies included, functions inlined. */
  readonly nodes: number
  readonly operators: readonly { readonly type: string; readonly count: number; readonly inTable: boolean }[]
  /** Floating-point operations of one run, symbolic dimensions taken as 1; `unknown` nodes have no rule or no type to count by. */
  readonly flops: { readonly count: number; readonly unknown: number }
  /** Operators through which no gradient passes from inputs and weights to the outputs, with the reason; none if differentiable. */
  readonly gradientStops: readonly { readonly type: string; readonly count: number; readonly reason: string }[]
}

interface NamedType {
  readonly name: string
  readonly type: string
}

export function summarize({ graph, producer, producerVersion, irVersion, opsets }: DecodedModel): ModelSummary {
  const nodes = [...allNodes(graph)]
  return {
    name: graph.name,
    producer: [producer, producerVersion].filter(Boolean).join(' ') || 'unknown',
    irVersion,
    opsets: Object.fromEntries([...opsets].map(([domain, version]) => [domain || 'ai.onnx', version])),
    ...(graph.doc === undefined ? {} : { doc: graph.doc }),
    metadata: graph.metadata,
    inputs: graph.inputs.map(named),
    outputs: graph.outputs.map((value, i) => ({ ...named(value), name: graph.outputNames[i] ?? value.name ?? '' })),
    parameters: countParameters(graph),
    nodes: nodes.length,
    operators: countOperators(nodes),
    flops: countFlops(nodes),
    gradientStops: findGradientStops(graph),
  }
}

const named = (value: Value): NamedType => ({ name: value.name ?? '', type: formatType(value.type) })

function* allNodes(graph: Graph): Generator<Node> {
  for (const node of graph.nodes) {
    yield node
    for (const body of bodiesOf(node)) yield* allNodes(body)
  }
}

function countParameters(graph: Graph): ModelSummary['parameters'] {
  const byDType: Partial<Record<DType, { count: number; bytes: number }>> = {}
  for (const { constant } of graph.constants) {
    if (!constant) continue
    const sum = byDType[constant.dtype] ?? { count: 0, bytes: 0 }
    byDType[constant.dtype] = sum
    sum.count += constant.data.length
    sum.bytes += constant.data.length * bytesPerElement(constant.dtype)
  }
  const sums = Object.values(byDType)
  const total = (key: 'count' | 'bytes') => sums.reduce((n, sum) => n + sum[key], 0)
  return { count: total('count'), bytes: total('bytes'), byDType }
}

const fullName = ({ domain, type }: Node): string => (domain === '' ? type : `${domain}.${type}`)

function countOperators(nodes: readonly Node[]): ModelSummary['operators'] {
  const found = new Map<string, { type: string; count: number; inTable: boolean }>()
  for (const node of nodes) {
    const type = fullName(node)
    const entry = found.get(type) ?? { type, count: 0, inTable: true }
    found.set(type, { ...entry, count: entry.count + 1, inTable: entry.inTable && node.operator !== undefined })
  }
  return [...found.values()].sort((a, b) => b.count - a.count)
}

function countFlops(nodes: readonly Node[]): ModelSummary['flops'] {
  let count = 0
  let unknown = 0
  for (const node of nodes) {
    const flops = flopsOf(node)
    if (flops === undefined) unknown++
    else count += flops
  }
  return { count, unknown }
}

function flopsOf(node: Node): number | undefined {
  const { operator } = node
  if (!operator || node.outputs.some(output => !output.type)) return undefined
  if (!operator.traits.flops) {
    if (!operator.traits.elementwise || operator.traits.identity) return 0
    return node.outputs[0]?.shape.reduce<number>((n, dim) => n * (typeof dim === 'number' ? dim : 1), 1) ?? 0
  }
  try {
    return operator.traits.flops(node)
  } catch (error) {
    // A count that depends on what is known only when the graph runs.
    if (error instanceof TenonError) return undefined
    throw error
  }
}

/** Nodes on a path of floating-point values from inputs or weights to the outputs that pass no gradient. */
function findGradientStops(graph: Graph): ModelSummary['gradientStops'] {
  // A value of unknown type may well be a number that somebody wants a gradient for.
  const flows = (value: Value) => !value.type || isFloat(value.type.dtype)
  const active = new Set<Value>([...graph.inputs, ...graph.constants].filter(flows))
  for (const node of graph.nodes) {
    if (!usedBy(node).some(value => active.has(value))) continue
    for (const output of node.outputs) if (flows(output)) active.add(output)
  }
  const needed = new Set<Value>(graph.outputs.filter(value => active.has(value)))
  const stops = new Map<string, { type: string; count: number; reason: string }>()
  for (const node of graph.nodes.toReversed()) {
    const inputs = usedBy(node).filter(value => active.has(value))
    if (inputs.length === 0 || !node.outputs.some(output => needed.has(output))) continue
    for (const input of inputs) needed.add(input)
    const reason = reasonAgainst(node)
    if (reason === undefined) continue
    const type = fullName(node)
    stops.set(type, { type, reason, count: (stops.get(type)?.count ?? 0) + 1 })
  }
  return [...stops.values()]
}

function reasonAgainst(node: Node): string | undefined {
  if (!node.operator) return 'it is not in the table of operators'
  return node.operator.nondifferentiable
}
