import { type Graph, usedBy } from '../../../graph/graph.ts'
import type { Node } from '../../../graph/node.ts'
import type { Value } from '../../../graph/value.ts'

/** Who reads the values of a graph. */
export class Uses {
  private readonly readers = new Map<Value, (Node | undefined)[]>()

  constructor(graph: Graph) {
    for (const node of graph.nodes) for (const value of usedBy(node)) this.read(value, node)
    for (const value of graph.outputs) this.read(value, undefined)
  }

  /** The node that reads the value, if nothing else does. */
  soleReader(value: Value): Node | undefined {
    const [first, ...others] = this.readers.get(value) ?? []
    return others.length === 0 ? first : undefined
  }

  /** Nothing reads the value after this node: its memory can take the node's result. Inputs and constants are there to stay. */
  endsAt(value: Value, node: Node): boolean {
    return value.node !== undefined && this.readers.get(value)?.at(-1) === node
  }

  private read(value: Value, by: Node | undefined): void {
    const known = this.readers.get(value)
    if (known) known.push(by)
    else this.readers.set(value, [by])
  }
}
