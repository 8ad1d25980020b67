import type { Attribute, Attributes } from './attribute.ts'
import { Graph } from './graph.ts'
import { inferTypes } from './inference.ts'
import { Node } from './node.ts'
import { inScope } from './scope.ts'
import { Value } from './value.ts'

/**
 * What a rewrite puts in place of a node: its new outputs, or `undefined` to keep the node (with rewritten inputs). `now` tells what has
 * become of any older value, such as one that the node's body captures.
 */
export type NodeRule = (
  node: Node,
  inputs: readonly (Value | undefined)[],
  now: (value: Value) => Value,
) => readonly Value[] | undefined

/**
 * Rebuilds a graph node by node: the engine of every pass. `rule` sees each node with its inputs already rewritten.
 * Nodes that neither the rule nor their inputs change are kept as they are, so an idle pass returns an equal graph.
 */
export function rewrite(graph: Graph, rule: NodeRule): Graph {
  return rewriteWith(graph, rule, new Map())
}

/**
 * Gives symbolic dimensions a size, e.g. `{ batch: 32 }`, and infers all types anew: what gradients and batching need
 * of a model that was read with an open batch size.
 */
export function specialize(graph: Graph, sizes: Readonly<Record<string, number>>): Graph {
  const inputs = new Map<Value, Value>()
  for (const input of graph.inputs) {
    if (!input.type?.shape.some(dim => typeof dim === 'string' && dim in sizes)) continue
    const shape = input.shape.map(dim => (typeof dim === 'string' ? (sizes[dim] ?? dim) : dim))
    inputs.set(input, Value.input({ dtype: input.dtype, shape }, input.name))
  }
  return rewriteWith(graph, () => undefined, inputs)
}

/** The graph with other values in place of some of its inputs and captures: where those differ, a copy. */
export const substitute = (graph: Graph, replacements: ReadonlyMap<Value, Value>): Graph =>
  rewriteWith(graph, () => undefined, replacements)

function rewriteWith(graph: Graph, rule: NodeRule, outer: ReadonlyMap<Value, Value>): Graph {
  const map = new Map(outer)
  const get = (value: Value): Value => map.get(value) ?? value
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(value => value && get(value))
    const outputs = inScope(node.scope, () => rule(node, inputs, get)) ?? withInputs(node, inputs, map, rule)
    node.outputs.forEach((old, i) => {
      const now = outputs[i]
      if (now && now !== old) map.set(old, now)
    })
  }
  const outputs = graph.outputs.map(get)
  // Collected again from its outputs, which drops dead nodes.
  return new Graph({
    name: graph.name,
    inputs: graph.inputs.map(get),
    outputs,
    outputNames: graph.outputNames.length > 0 ? graph.outputNames : graph.outputs.map(value => value.name),
    captures: graph.captures.map(get),
    ...(graph.doc === undefined ? {} : { doc: graph.doc }),
    metadata: graph.metadata,
  })
}

/** The node with other inputs (and bodies rewritten); the node itself if nothing changed. */
function withInputs(
  node: Node,
  inputs: readonly (Value | undefined)[],
  map: ReadonlyMap<Value, Value>,
  rule: NodeRule,
): readonly Value[] {
  let changed = inputs.some((value, i) => value !== node.inputs[i])
  const attributes: Record<string, Attribute> = {}
  for (const [key, attribute] of Object.entries(node.attributes)) {
    attributes[key] = rewriteBodies(attribute, body => rewriteWith(body, rule, map))
    changed ||= attributes[key] !== attribute
  }
  return changed ? rebuild(node, inputs, attributes).outputs : node.outputs
}

function rewriteBodies(attribute: Attribute, f: (body: Graph) => Graph): Attribute {
  if (attribute.kind === 'graph') return { kind: 'graph', value: f(attribute.value) }
  if (attribute.kind === 'graphs') return { kind: 'graphs', value: attribute.value.map(f) }
  return attribute
}

/** A copy of a node with other inputs: types inferred anew where the table has the operator, kept otherwise. */
export function rebuild(
  node: Node,
  inputs: readonly (Value | undefined)[],
  attributes: Attributes = node.attributes,
): Node {
  // A rule that cannot tell (an input it needs is known only when the graph runs) leaves the types as they are.
  const inferred = node.operator && inferTypes(node.operator, inputs, attributes, node.outputs.length)
  return new Node({
    type: node.type,
    domain: node.domain,
    inputs,
    attributes,
    outputs: node.outputs.map((output, i) => inferred?.[i] ?? output.type),
    outputNames: node.outputs.map(output => output.name),
    operator: node.operator,
    name: node.name,
    scope: node.scope,
    opset: node.opset,
  })
}
