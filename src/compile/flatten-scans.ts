import { sameShape } from '../core/shape.ts'
import type { Graph } from '../graph/graph.ts'
import { type NodeRule, rewrite, substitute } from '../graph/rewrite.ts'
import type { Value } from '../graph/value.ts'
import { scan } from '../ops/control/scan.ts'

/**
 * Puts elementwise arithmetic that a Scan does entry by entry on whole tensors. The entries of an optimizer's update fit into a
 * processor's cache (decision 15). A graphics card computes on all of them at once, and ONNX Runtime has no kernel for Scan there: it
 * would bring the whole state to the processor and back in every step.
 */
export const flattenScans = (graph: Graph): Graph => rewrite(graph, flattened)

function flattened(...[node, inputs, now]: Parameters<NodeRule>): readonly Value[] | undefined {
  if (node.operator !== scan) return undefined
  const { body, num_scan_inputs, ...order } = scan.read(node.attributes)
  const given = inputs.filter(value => value !== undefined)
  // With state, an entry depends on the one before it.
  if (num_scan_inputs !== given.length || Object.values(order).some(isSpecial)) return undefined
  if (!body.nodes.every(({ operator }) => operator?.traits.elementwise)) return undefined
  const rank = body.inputs[0]?.shape.length ?? 0
  // Broadcasting aligns last axes: what has an entry's rank gets the axis of the entries in front, and smaller values are for all entries.
  const aligned = [...body.inputs, ...body.outputs].every(({ shape }) => shape.length === rank)
  if (!aligned || body.captures.some(({ shape }) => shape.length > rank)) return undefined
  const entries = body.inputs.map((input, i) => [input, given[i] ?? input] as const)
  const { outputs } = substitute(
    body,
    new Map([...entries, ...body.captures.map(value => [value, now(value)] as const)]),
  )
  // An output that depends on no entry has not become as many.
  return outputs.every(({ shape }, i) => sameShape(shape, node.outputs[i]?.shape ?? [])) ? outputs : undefined
}

/** Another axis than the first, or the opposite direction. */
const isSpecial = (order: readonly number[] | undefined): boolean => order?.some(number => number !== 0) ?? false
