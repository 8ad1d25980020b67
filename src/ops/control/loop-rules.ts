import { NotBatchableError, NotDifferentiableError } from '../../core/errors.ts'
import { staticShape } from '../../core/shape.ts'
import { bodiesOf, Graph } from '../../graph/graph.ts'
import type { Node } from '../../graph/node.ts'
import type { Batched, BodyRules, Walks } from '../../graph/operator.ts'
import { substitute } from '../../graph/rewrite.ts'
import type { Value } from '../../graph/value.ts'
import { constant, constantInts, scalar } from '../constants.ts'
import { reshapeTo } from '../shape/reshape.ts'
import { copyOf } from './copy.ts'
import { scan } from './scan.ts'
import { scanBatching } from './scan-batching.ts'
import { scanGradient } from './scan-gradient.ts'
import { placeholder } from './scan-plan.ts'

/** How often a loop runs, where that is certain before it does: the number is a constant and no condition ends it earlier. */
export function certainTrips(trips: Value | undefined, condition: Value | undefined, body: Graph): number | undefined {
  const count = constantInts(trips)?.[0]
  const begins = condition === undefined || constantInts(condition)?.[0] === 1
  const [last] = body.outputs
  const goesOn = last && sourceOf(last)
  const ends = goesOn !== undefined && constantInts(goesOn)?.[0] !== 1 && goesOn !== body.inputs[1]
  return begins && !ends && count !== undefined ? Math.max(0, count) : undefined
}

/** What a value is a copy of: exporters put an Identity on the condition, as bodies may not hand an input out directly. */
function sourceOf(value: Value): Value {
  const [copied] = value.node?.operator?.traits.identity === true ? value.node.inputs : []
  return copied ? sourceOf(copied) : value
}

/**
 * A Loop that runs a certain number of times is a Scan over the numbers 0, 1, …, and has its gradient: a loop from the last iteration
 * to the first, over the states, which the Loop gives out or which are computed again.
 */
export function loopGradient(
  node: Node,
  inputs: readonly (Value | undefined)[],
  outputs: readonly Value[],
  received: readonly (Value | undefined)[],
  active: ReadonlySet<Value>,
  walks: Walks,
): ReturnType<BodyRules['vjp']> {
  const plan = planOf(node)
  if (plan === undefined) {
    throw new NotDifferentiableError({
      where: 'Loop',
      expected: "a constant number of 'trips' and no condition that ends the loop earlier, to differentiate it",
      received: 'a loop that may end at any time',
      remedy: 'Unroll it, or make it a Scan.',
    })
  }
  const [trips, condition, ...state] = inputs
  const states = state.flatMap(value => (value ? [value] : []))
  // A loop that never runs hands its states on.
  if (plan.count === 0) return { inputs: [undefined, undefined, ...received.slice(0, states.length)], captures: [] }
  const same = scanOf(plan.body, plan.count, states)
  const found = scanGradient(same, same.inputs, outputs, received, active, walks)
  const unused = [trips, condition].map(() => undefined)
  return { inputs: [...unused, ...found.inputs.slice(0, states.length)], captures: found.captures }
}

export function loopBatching(
  node: Node,
  batched: (value: Value) => Batched,
  size: number,
  batch: Walks['batch'],
): readonly Value[] {
  const plan = planOf(node)
  if (plan === undefined || plan.count === 0) {
    throw new NotBatchableError({
      where: 'vmap of Loop',
      expected: "a constant number of 'trips', at least 1, and no condition that ends the loop earlier",
      received: plan ? '0' : 'a loop whose entries may end at different times',
    })
  }
  const states = node.inputs.slice(2).flatMap(value => (value ? [value] : []))
  return scanBatching(scanOf(plan.body, plan.count, states), batched, size, batch)
}

function planOf(node: Node): { readonly body: Graph; readonly count: number } | undefined {
  const [body] = bodiesOf(node)
  const count = body && certainTrips(node.inputs[0], node.inputs[1], body)
  return body && count !== undefined ? { body, count } : undefined
}

/** The Scan that does the same: states first, then the numbers of the iterations. */
function scanOf(body: Graph, count: number, states: readonly Value[]): Node {
  const copy = copyOf(body)
  const [number, condition, ...entries] = copy.inputs
  if (!number || !condition) throw new NotDifferentiableError({ where: 'Loop', expected: 'a body', received: 'none' })
  // Each iteration begins because the condition holds.
  const holds = reshapeTo(scalar(1, 'bool'), staticShape(condition.shape, 'Loop'))
  const replaced = new Map<Value, Value>([
    [condition, holds],
    ...[number, ...entries].map(value => [value, placeholder(value)] as const),
  ])
  const inside = substitute(
    new Graph({ name: body.name, inputs: copy.inputs, outputs: copy.outputs.slice(1), nodes: copy.nodes }),
    replaced,
  )
  const get = (value: Value) => replaced.get(value) ?? value
  const numbers = Array.from({ length: count }, (_, i) => i)
  const steps = reshapeTo(constant(numbers, [count], 'int64'), [count, ...staticShape(number.shape, 'Loop')])
  const [made] = scan([...states, steps], {
    body: new Graph({
      name: body.name,
      inputs: [...entries, number].map(get),
      outputs: inside.outputs,
      nodes: inside.nodes,
    }),
    num_scan_inputs: 1,
  })
  if (made?.node) return made.node
  throw new NotDifferentiableError({ where: 'Loop', expected: 'outputs', received: 'none' })
}
