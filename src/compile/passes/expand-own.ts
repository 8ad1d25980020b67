import { bodiesOf, type Graph } from '../../graph/graph.ts'
import { rewrite } from '../../graph/rewrite.ts'

/** Puts ONNX's operators in place of Tenon's own: for files, and for engines that no other pass has served better. */
export const expandOwn = (graph: Graph): Graph =>
  hasOwn(graph) ? rewrite(graph, (node, inputs) => node.operator?.expand?.(inputs, node.attributes)) : graph

const hasOwn = (graph: Graph): boolean =>
  graph.nodes.some(node => node.operator?.expand !== undefined || bodiesOf(node).some(hasOwn))
