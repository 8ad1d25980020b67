import { GraphError } from '../core/errors.ts'
import type { Attribute } from './attribute.ts'
import type { Node } from './node.ts'
import type { Value } from './value.ts'

export interface GraphInit {
  readonly name?: string
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
  /**
   * Nodes in topological order. Left out, they are found: everything that the outputs need, up to the inputs and `captures`.
   */
  readonly nodes?: readonly Node[]
  /**
   * For the body of a control-flow node, the values that it takes from outside. `'invariant'`: whatever does not depend on
   * the body's inputs stays outside, which is right for a traced loop body.
   */
  readonly captures?: readonly Value[] | 'invariant'
  readonly outputNames?: readonly (string | undefined)[]
  readonly doc?: string
  readonly metadata?: Readonly<Record<string, string>>
}

/** A closed piece of dataflow: an ONNX graph. Immutable. */
export class Graph {
  readonly name: string
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
  readonly outputNames: readonly (string | undefined)[]
  readonly nodes: readonly Node[]
  readonly doc: string | undefined
  readonly metadata: Readonly<Record<string, string>>

  constructor(init: GraphInit) {
    this.name = init.name ?? 'graph'
    this.inputs = init.inputs
    this.outputs = init.outputs
    this.outputNames = init.outputNames ?? []
    this.nodes =
      init.nodes ??
      (init.captures === 'invariant'
        ? nodesBetween(init.inputs, init.outputs)
        : nodesFor([...init.inputs, ...(init.captures ?? [])], init.outputs, this.name))
    this.doc = init.doc
    this.metadata = init.metadata ?? {}
  }

  // Remembered, since every level of nested bodies asks for those of the levels below.
  private foundConstants: readonly Value[] | undefined
  private foundCaptures: readonly Value[] | undefined

  /** Constants the nodes and outputs use, in order of first use, those inside bodies included. */
  get constants(): readonly Value[] {
    this.foundConstants ??= this.findConstants()
    return this.foundConstants
  }

  /** Values that are read here but made outside: what a body captures. Constants do not count. */
  get captures(): readonly Value[] {
    this.foundCaptures ??= this.findCaptures()
    return this.foundCaptures
  }

  private findConstants(): readonly Value[] {
    const found = new Set<Value>()
    const visit = (value: Value | undefined) => value?.constant && found.add(value)
    for (const node of this.nodes) for (const value of usedBy(node)) visit(value)
    for (const value of this.outputs) visit(value)
    return [...found]
  }

  private findCaptures(): readonly Value[] {
    const local = new Set<Value>(this.inputs)
    for (const node of this.nodes) for (const output of node.outputs) local.add(output)
    const found = new Set<Value>()
    const visit = (value: Value | undefined) => {
      if (value && !value.constant && !local.has(value)) found.add(value)
    }
    for (const node of this.nodes) for (const value of usedBy(node)) visit(value)
    for (const value of this.outputs) visit(value)
    return [...found]
  }
}

const bodies = (attribute: Attribute): readonly Graph[] =>
  attribute.kind === 'graph' ? [attribute.value] : attribute.kind === 'graphs' ? attribute.value : []

/** Bodies of control-flow nodes (If, Loop, Scan). */
export const bodiesOf = (node: Node): readonly Graph[] => Object.values(node.attributes).flatMap(bodies)

/** Everything a node reads: its inputs, and what its bodies capture (or hold as constants). */
export function usedBy(node: Node): Value[] {
  const used = node.inputs.filter((value): value is Value => value !== undefined)
  for (const body of bodiesOf(node)) used.push(...body.captures, ...body.constants)
  return used
}

/** All nodes that `outputs` need, oldest first; throws if they need an input that is not listed. */
function nodesFor(inputs: readonly Value[], outputs: readonly Value[], name: string): Node[] {
  const given = new Set(inputs)
  const found = new Set<Node>()
  const stack = [...outputs]
  for (let value = stack.pop(); value; value = stack.pop()) {
    if (given.has(value) || value.constant) continue
    if (!value.node) {
      throw new GraphError({
        where: `graph '${name}'`,
        expected: 'every value to come from a listed input, a constant or a node',
        received: `the unlisted input ${value.name ?? `#${value.id}`}`,
        remedy: 'List it among the inputs of the graph.',
      })
    }
    if (!found.has(value.node)) {
      found.add(value.node)
      stack.push(...usedBy(value.node))
    }
  }
  return [...found].sort((a, b) => a.id - b.id)
}

/** Nodes on a path from `inputs` to `outputs`, oldest first. */
export function nodesBetween(inputs: readonly Value[], outputs: readonly Value[]): Node[] {
  const given = new Set(inputs)
  const oldest = inputs.reduce((least, value) => Math.min(least, value.id), Number.POSITIVE_INFINITY)
  const reached = new Set<Node>()
  const stack = [...outputs]
  for (let value = stack.pop(); value; value = stack.pop()) {
    const node = value.node
    // An older node cannot depend on the inputs.
    if (given.has(value) || !node || node.id < oldest || reached.has(node)) continue
    reached.add(node)
    stack.push(...usedBy(node))
  }
  const depends = new Set<Value>(given)
  const between: Node[] = []
  for (const node of [...reached].sort((a, b) => a.id - b.id)) {
    if (!usedBy(node).some(value => depends.has(value))) continue
    between.push(node)
    for (const output of node.outputs) depends.add(output)
  }
  return between
}
