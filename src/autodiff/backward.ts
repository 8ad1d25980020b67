import { isFloat } from '../core/dtype.ts'
import { GraphError, NotDifferentiableError, ShapeError } from '../core/errors.ts'
import { formatShape, sameShape, staticShape } from '../core/shape.ts'
import { bodiesOf, nodesBetween } from '../graph/graph.ts'
import type { Node } from '../graph/node.ts'
import { NoGradient, type Walks } from '../graph/operator.ts'
import { inScope, Scope } from '../graph/scope.ts'
import type { Value } from '../graph/value.ts'
import { ints, scalarLike } from '../ops/constants.ts'
import { add } from '../ops/math/add.ts'
import { expand } from '../ops/shape/expand.ts'
import { batchOf } from './batching.ts'
import { Recomputation } from './remat.ts'

/**
 * Reverse-mode differentiation: gradients of Σ outputs·cotangents with respect to `wrt`, as new values of the same graph.
 * The walk knows no operator; every rule sits with its operator in `ops/`. A value that the outputs do not depend on
 * gets `undefined`. Gradients of gradients come from calling it again.
 */
export function vjpOf(
  outputs: readonly Value[],
  cotangents: readonly Value[],
  wrt: readonly Value[],
): (Value | undefined)[] {
  const grads = allGradients(outputs, cotangents, wrt)
  return wrt.map(value => grads.get(value))
}

/** The same, for every value on the way: a rule may want the gradient of something in the middle. */
function allGradients(
  outputs: readonly Value[],
  cotangents: readonly (Value | undefined)[],
  wrt: readonly Value[],
): ReadonlyMap<Value, Value> {
  const grads = new Map<Value, Value>()
  outputs.forEach((output, i) => {
    const cotangent = cotangents[i]
    if (!cotangent) return
    if (!sameShape(cotangent.shape, output.shape)) {
      throw new ShapeError({
        where: 'vjp',
        expected: `a cotangent of shape ${formatShape(output.shape)}`,
        received: formatShape(cotangent.shape),
      })
    }
    accumulate(grads, output, cotangent)
  })

  const nodes = nodesBetween(wrt, outputs)
  const active = new Set<Value>(wrt)
  for (const node of nodes)
    for (const output of node.outputs) if (output.type && isFloat(output.dtype)) active.add(output)

  const recomputation = new Recomputation(nodes)
  const scopes = new Map<Scope, Scope>()
  for (const node of nodes.toReversed()) {
    const received = node.outputs.map(output => grads.get(output))
    if (received.some(grad => grad !== undefined))
      inScope(backwardScope(node.scope, scopes), () => pullBack(node, received, active, grads, recomputation))
  }
  return grads
}

/** The scope under its own name, but kept in memory: what a gradient rule makes and differentiates on its way is computed once. */
function backwardScope(scope: Scope | undefined, known: Map<Scope, Scope>): Scope | undefined {
  if (!scope?.rematRegion) return scope
  const kept = known.get(scope) ?? new Scope(scope.name, backwardScope(scope.parent, known))
  known.set(scope, kept)
  return kept
}

const walks: Walks = { gradients: allGradients, batch: batchOf }

/** Gradients of a scalar with respect to values; zeros where it does not depend on them. */
export function gradientsOf(loss: Value, wrt: readonly Value[]): Value[] {
  if (loss.shape.length !== 0) {
    throw new ShapeError({
      where: 'grad',
      expected: 'a scalar loss',
      received: `shape ${formatShape(loss.shape)}`,
      remedy: 'Reduce it, e.g. by its mean.',
    })
  }
  for (const value of wrt) {
    if (!isFloat(value.dtype))
      throw new NotDifferentiableError({ where: 'grad', expected: 'floating-point variables', received: value.dtype })
  }
  return vjpOf([loss], [scalarLike(1, loss)], wrt).map((grad, i) => grad ?? zerosLike(wrt[i] ?? loss))
}

/** A zero of the value's shape (static) and dtype. */
export const zerosLike = (value: Value): Value => expand(scalarLike(0, value), ints(staticShape(value.shape, 'zeros')))

function pullBack(
  node: Node,
  received: readonly (Value | undefined)[],
  active: ReadonlySet<Value>,
  grads: Map<Value, Value>,
  recomputation: Recomputation,
): void {
  const wanted = node.inputs.map(input => input !== undefined && active.has(input))
  const captured = bodiesOf(node).some(body => body.captures.some(value => active.has(value)))
  if (!captured && !wanted.includes(true)) return
  const { operator } = node
  if (!operator) throw refusal(node, 'it is not in the table of operators')
  if (operator.nondifferentiable) throw refusal(node, operator.nondifferentiable)
  if (captured && !operator.bodies) throw refusal(node, 'gradients do not pass into its bodies')
  const [inputs, outputs] = recomputation.operands(node, received)
  if (operator.bodies) {
    const found = operator.bodies.vjp(node, inputs, outputs, received, active, walks)
    for (const [value, grad] of found.captures) accumulate(grads, value, grad, node)
    node.inputs.forEach((input, i) => {
      const grad = found.inputs[i]
      if (input && wanted[i] && grad) accumulate(grads, input, grad, node)
    })
    return
  }
  const results = operator.vjp(node, inputs, outputs, received, walks)
  node.inputs.forEach((input, i) => {
    if (!input || !wanted[i]) return
    const result = results[i]
    if (result instanceof NoGradient) {
      if (!result.zero) throw refusal(node, `input '${operator.inputs[i]?.name ?? i}': ${result.reason}`)
    } else if (result) accumulate(grads, input, result, node)
  })
}

function accumulate(grads: Map<Value, Value>, value: Value, grad: Value, node?: Node): void {
  if (grad.dtype !== value.dtype || !sameShape(grad.shape, value.shape)) {
    throw new GraphError({
      where: `gradient rule of ${node?.type ?? 'the output'}`,
      expected: `a gradient of type ${value.dtype}${formatShape(value.shape)}`,
      received: `${grad.dtype}${formatShape(grad.shape)}`,
    })
  }
  const before = grads.get(value)
  grads.set(value, before ? add(before, grad) : grad)
}

const refusal = (node: Node, reason: string) =>
  new NotDifferentiableError({
    where: node.scope ? `${node.type} in ${node.scope.path}` : node.type,
    expected: 'an operator with a gradient on the path from the variables to the loss',
    received: `${node.type}, which has none: ${reason}`,
    remedy: 'Take it off that path, or stop the gradient before it.',
    details: { operator: node.type, reason },
  })
