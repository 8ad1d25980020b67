import { NotBatchableError, NotDifferentiableError } from '../../core/errors.ts'
import { sameShape, staticShape } from '../../core/shape.ts'
import { bodiesOf, type Graph } from '../../graph/graph.ts'
import type { Node } from '../../graph/node.ts'
import type { Batched, BodyRules, Walks } from '../../graph/operator.ts'
import type { Value } from '../../graph/value.ts'
import { ints, scalarLike } from '../constants.ts'
import { where } from '../logic/where.ts'
import { expand } from '../shape/expand.ts'
import { reshapeTo } from '../shape/reshape.ts'
import { bodyOf, copyOf } from './copy.ts'
import { ifOp } from './if.ts'

/**
 * The gradient of an If is an If of the branches' gradients: each branch gives those of all that either of them captures, zeros for
 * what it does not read. What the gradient reads of the forward pass is computed again inside.
 */
export function ifGradient(
  node: Node,
  inputs: readonly (Value | undefined)[],
  _outputs: readonly Value[],
  received: readonly (Value | undefined)[],
  active: ReadonlySet<Value>,
  walks: Walks,
): ReturnType<BodyRules['vjp']> {
  const [condition] = inputs
  const branches = branchesOf(node)
  const captures = [...new Set(branches.flatMap(branch => branch.captures))].filter(value => active.has(value))
  if (!condition || captures.length === 0) return { inputs: [], captures: [] }
  const gradientOf = (branch: Graph) =>
    bodyOf(`${branch.name}_gradient`, () => {
      const copy = copyOf(branch)
      const grads = walks.gradients(copy.outputs, received, captures)
      return captures.map(value => grads.get(value) ?? zeros(value))
    })
  const [then_branch, else_branch] = [gradientOf(branches[0]), gradientOf(branches[1])]
  const results = ifOp(condition, { then_branch, else_branch })
  return {
    inputs: [],
    captures: captures.flatMap((value, i) => {
      const grad = results[i]
      return grad ? [[value, grad] as const] : []
    }),
  }
}

/** With one condition for all entries, an If of batched branches; with one for each, both branches and a choice among their entries. */
export function ifBatching(
  node: Node,
  batched: (value: Value) => Batched,
  size: number,
  batch: Walks['batch'],
): readonly Value[] {
  const [given] = node.inputs
  if (!given) throw new NotBatchableError({ where: 'vmap of If', expected: 'a condition', received: 'none' })
  const condition = batched(given)
  const outputsOf = (branch: Graph): readonly Value[] => {
    const read = branch.captures.filter(value => batched(value).batched)
    return batch(
      copyOf(branch).outputs,
      read,
      read.map(value => batched(value).value),
      size,
    )
  }
  const [yes, no] = branchesOf(node)
  if (!condition.batched) {
    return ifOp(condition.value, {
      then_branch: bodyOf(yes.name, () => outputsOf(yes)),
      else_branch: bodyOf(no.name, () => outputsOf(no)),
    })
  }
  const others = outputsOf(no)
  return outputsOf(yes).map((a, i) => {
    const b = others[i]
    if (!b || !sameShape(a.shape, b.shape)) {
      throw new NotBatchableError({
        where: 'vmap of If',
        expected: 'branches that give the same shapes, where each entry of a batch has a condition of its own',
        received: 'others',
      })
    }
    return where(reshapeTo(condition.value, [size, ...a.shape.slice(1).map(() => 1)]), a, b)
  })
}

function branchesOf(node: Node): readonly [Graph, Graph] {
  const [yes, no] = ['then_branch', 'else_branch'].map(key => {
    const attribute = node.attributes[key]
    return attribute?.kind === 'graph' ? attribute.value : undefined
  })
  if (yes && no) return [yes, no]
  throw new NotDifferentiableError({
    where: 'If',
    expected: 'two branches',
    received: `${bodiesOf(node).length}`,
  })
}

const zeros = (like: Value): Value => expand(scalarLike(0, like), ints(staticShape(like.shape, 'gradient of If')))
