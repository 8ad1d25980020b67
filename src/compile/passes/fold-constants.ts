import type { Graph } from '../../graph/graph.ts'
import type { Node } from '../../graph/node.ts'
import { rewrite } from '../../graph/rewrite.ts'
import { Value } from '../../graph/value.ts'

/**
 * Evaluates what can be known before the graph runs: shapes of static tensors, and the small integer arithmetic that imported
 * models compute new shapes with. Types are inferred again on the way, so a Reshape whose target becomes a constant gets a static
 * shape, and what follows from it too. Operators say themselves how they fold; large tensors are left to the runtime.
 */
export const foldConstants = (graph: Graph): Graph => rewrite(graph, foldNode)

/** The outputs of a node as constants, or `undefined` where they are not known. */
export function foldNode(node: Node, inputs: readonly (Value | undefined)[]): readonly Value[] | undefined {
  if (!node.operator || node.operator.traits.random) return undefined
  const folded = node.operator.fold(inputs, node.attributes)
  return folded?.map((data, i) => Value.constant(data, node.outputs[i]?.name))
}
