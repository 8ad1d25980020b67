import { type Graph, usedBy } from '../../../graph/graph.ts'
import type { Node } from '../../../graph/node.ts'
import type { Value } from '../../../graph/value.ts'
import { type Role, roleOf } from './roles.ts'
import { matrixShape } from './row-blocks.ts'

/**
 * What a region must hold to pay for the layout of its weights: a product of so many multiplications, in so many rows. 768 rows, 128 → 512
 * columns save 2 % of a step; 128 rows, 784 → 512 columns (as many multiplications) lose 2 %.
 */
const worthwhile = 4e7
const fewestRows = 512

export interface Regions {
  readonly roles: ReadonlyMap<Node, Role>
  /** Values that only products and elementwise operators make and read, and that therefore can lie in blocks from one product to the next. */
  readonly inside: (value: Value) => boolean
}

/**
 * Finds what can lie in blocks at no cost: sets of values connected by elementwise operators, such as the hidden layer of a transformer's
 * MLP in both directions, that begin and end in matrix products.
 */
export function findRegions(graph: Graph, block: number): Regions {
  const readers = new Map<Value, number>()
  const read = (value: Value) => readers.set(value, (readers.get(value) ?? 0) + 1)
  for (const node of graph.nodes) for (const value of usedBy(node)) read(value)
  for (const value of graph.outputs) read(value)

  const sets = new Sets()
  const roles = new Map<Node, Role>()
  for (const node of graph.nodes) {
    const role = roleOf(node, value => readers.get(value) ?? 0)
    roles.set(node, role)
    enter(sets, node, role, block)
  }
  for (const value of [...graph.inputs, ...graph.outputs]) sets.close(value)
  return { roles, inside: value => sets.open(value) }
}

function enter(sets: Sets, node: Node, role: Role, block: number): void {
  for (const value of limits(node, role, block)) sets.close(value)
  const [y] = node.outputs
  if (!y) return
  if (role.kind === 'product') {
    const [rows, inner] = matrixShape(role.left)
    sets.count(y, rows < fewestRows ? 0 : rows * inner * matrixShape(y)[1])
  }
  if (role.kind === 'bias') sets.join(role.product, y)
  if (role.kind === 'elementwise') for (const value of role.operands) sets.join(value, y)
}

/** Values of a node that must lie plain. */
function limits(node: Node, role: Role, block: number): readonly Value[] {
  const [y] = node.outputs
  if (role.kind === 'other' || !y) return [...usedBy(node), ...node.outputs]
  if (role.kind === 'elementwise') return []
  if (role.kind === 'bias') return [role.bias]
  if (role.kind === 'product') {
    const { left, right } = role
    return divides(block, y, left) ? [right] : [y, left, right]
  }
  if (role.kind === 'sum') return divides(block, role.matrix) ? [y, role.vector] : [y, role.vector, role.matrix]
  const { left, right } = role
  return divides(block, left, right) ? [y] : [y, left, right]
}

const divides = (block: number, ...values: readonly Value[]): boolean =>
  values.every(value => matrixShape(value).every(size => size % block === 0))

/** Disjoint sets of values; a set is open until something closes it, and must hold enough work. */
class Sets {
  private readonly parents = new Map<Value, Value>()
  private readonly closed = new Set<Value>()
  private readonly work = new Map<Value, number>()

  join(a: Value, b: Value): void {
    const [one, two] = [this.root(a), this.root(b)]
    if (one === two) return
    this.parents.set(one, two)
    if (this.closed.has(one)) this.closed.add(two)
    this.count(two, this.work.get(one) ?? 0)
  }

  close(value: Value): void {
    this.closed.add(this.root(value))
  }

  /** Multiplications of a product that makes a value. */
  count(value: Value, work: number): void {
    const root = this.root(value)
    this.work.set(root, Math.max(work, this.work.get(root) ?? 0))
  }

  open(value: Value): boolean {
    const root = this.root(value)
    return !this.closed.has(root) && (this.work.get(root) ?? 0) >= worthwhile
  }

  private root(value: Value): Value {
    let root = value
    for (let next = this.parents.get(root); next; next = this.parents.get(root)) root = next
    if (root !== value) this.parents.set(value, root)
    return root
  }
}
