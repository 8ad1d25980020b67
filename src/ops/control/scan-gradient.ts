import { type DType, isFloat } from '../../core/dtype.ts'
import { NotDifferentiableError } from '../../core/errors.ts'
import { staticShape } from '../../core/shape.ts'
import { bodiesOf, Graph, usedBy } from '../../graph/graph.ts'
import type { Node } from '../../graph/node.ts'
import type { BodyRules, Walks } from '../../graph/operator.ts'
import type { Value } from '../../graph/value.ts'
import { ints, scalarLike } from '../constants.ts'
import { add } from '../math/add.ts'
import { concat } from '../shape/concat.ts'
import { expand } from '../shape/expand.ts'
import { slice } from '../shape/slice.ts'
import { unsqueeze } from '../shape/unsqueeze.ts'
import { recur } from './recur.ts'
import { scan } from './scan.ts'
import { copyBody, placeholder, planOf, type ScanPlan } from './scan-plan.ts'

/**
 * Backpropagation through time: a second Scan, from the last step to the first, that carries the gradients of the states. Only
 * what depends on those runs step by step. All else is done for all steps at once, as a batch of steps:
 * - the values of the forward pass that the gradient reads: taken from the scan's outputs where they are among them, else computed
 *   again from the states and entries (one large matrix product in place of one a step);
 * - gradients of what the body captures: each node that reads it gives out its own gradient of every step, and its rule is applied
 *   once to all of them (again one large product, and no sum carried along).
 */
export function scanGradient(
  node: Node,
  inputs: readonly (Value | undefined)[],
  outputs: readonly Value[],
  received: readonly (Value | undefined)[],
  active: ReadonlySet<Value>,
  walks: Walks,
): ReturnType<BodyRules['vjp']> {
  const plan = planOf(node)
  const { body, states, length } = plan
  const stacks = stacksOf(plan, inputs, outputs)

  // Gradients of the body, by symbols for those of its outputs.
  const carried = range(states).filter(j => isFloat(body.inputs[j]?.dtype ?? 'bool'))
  const seeds = new Map(carried.map(j => [j, placeholder(at(body.outputs, j), `d${j}`)]))
  const cotangents = body.outputs.map((output, i) => {
    if (i < states) return seeds.get(i)
    const grad = received[i]
    if (!grad) return undefined
    const entry = placeholder(output, `dy${i - states}`)
    stacks.set(entry, plan.entriesOfOutput(i - states, grad))
    return entry
  })
  const captures = body.captures.filter(value => active.has(value))
  const grads = walks.gradients(body.outputs, cotangents, [
    ...body.inputs.filter(({ dtype }) => isFloat(dtype)),
    ...captures,
  ])

  // What the backward scan has to give: next gradients of the states, sums of those of captures, and entries.
  const deferred = deferredReaders(body, captures, grads)
  const summed = captures.filter(value => grads.has(value) && !deferred.has(value))
  const sums = summed.map(value => placeholder(value, 'sum'))
  const next = [
    ...carried.map(j => grads.get(at(body.inputs, j)) ?? zeros(at(body.inputs, j))),
    ...summed.map((value, i) => add(at(sums, i), grads.get(value) ?? value)),
  ]
  const entries = new Map<number, Value>() // gradients of the scan inputs
  for (let i = states; i < inputs.length; i++) {
    const grad = grads.get(at(body.inputs, i))
    const input = node.inputs[i]
    if (grad && input && active.has(input)) entries.set(i, grad)
  }
  const made = new Set([...body.inputs, ...body.nodes.flatMap(({ outputs }) => outputs)])
  const readers = [...new Set([...deferred.values()].flat())]
  const wanted = [
    ...entries.values(),
    ...readers.flatMap(reader => [
      ...usedBy(reader).filter(value => made.has(value)),
      ...reader.outputs.flatMap(output => grads.get(output) ?? []),
    ]),
  ]
  const initial = [...carried.map(j => received[j] ?? zeros(at(body.outputs, j))), ...summed.map(value => zeros(value))]
  const { ends, stackOf } = recur(
    {
      name: `${body.name}_gradient`,
      length,
      reversed: !plan.reversed,
      entries: stacks,
      states: [...seeds.values(), ...sums],
      initial,
      next,
      outputs: [...new Set(wanted)].filter(value => !value.constant),
    },
    walks.batch,
  )

  return {
    inputs: inputs.map((_, i) => {
      const place = carried.indexOf(i)
      if (i < states) return place < 0 ? undefined : ends[place]
      const entry = entries.get(i)
      return entry && plan.inputOfEntries(i - states, stackOf(entry))
    }),
    captures: [
      ...summed.map((value, i) => [value, at(ends, carried.length + i)] as const),
      ...readers.flatMap(reader =>
        gradientsOfReader(reader, made, [...deferred.keys()], grads, stackOf, length, walks),
      ),
    ],
  }
}

/** The values of all steps, along axis 0, that are at hand: entries, states, and whatever the scan gives out. */
function stacksOf(plan: ScanPlan, inputs: readonly (Value | undefined)[], outputs: readonly Value[]) {
  const { body, states, length, reversed } = plan
  const stacks = new Map<Value, Value>()
  const made = new Set([...body.inputs, ...body.nodes.flatMap(node => node.outputs)])
  body.outputs.slice(states).forEach((output, k) => {
    if (made.has(output) && !stacks.has(output)) stacks.set(output, plan.entriesOfOutput(k, at(outputs, states + k)))
  })
  body.inputs.slice(states).forEach((entry, i) => {
    stacks.set(entry, plan.entriesOfInput(i, at(inputs, states + i)))
  })
  const missing: Value[] = []
  body.inputs.slice(0, states).forEach((state, j) => {
    if (stacks.has(state)) return
    const after = stacks.get(at(body.outputs, j))
    if (!after) {
      missing.push(state)
      return
    }
    // The state before each step is the one after the step before.
    const first = unsqueeze(at(inputs, j), ints([0]))
    const rest = reversed
      ? slice(after, ints([1]), ints([length]), ints([0]))
      : slice(after, ints([0]), ints([length - 1]), ints([0]))
    stacks.set(state, concat(reversed ? [rest, first] : [first, rest], { axis: 0 }))
  })
  if (missing.length > 0) {
    // The scan once more, for what it did not keep. If nothing turns out to read it, it is not part of the graph.
    const extended = new Graph({
      name: body.name,
      inputs: body.inputs,
      outputs: [...body.outputs.slice(0, states), ...missing],
      captures: body.captures,
    })
    const directions = (count: number) => new Array<number>(count).fill(reversed ? 1 : 0)
    const scanned = body.inputs.slice(states)
    const again = scan([...inputs.slice(0, states).map(given), ...scanned.map(entry => given(stacks.get(entry)))], {
      body: copyBody(extended),
      num_scan_inputs: scanned.length,
      scan_input_directions: directions(scanned.length),
      scan_output_directions: directions(missing.length),
    })
    missing.forEach((state, i) => {
      stacks.set(state, at(again, states + i))
    })
  }
  return stacks
}

/** Captured values whose readers can all be differentiated for all steps at once, with those readers. */
function deferredReaders(
  body: Graph,
  captures: readonly Value[],
  grads: ReadonlyMap<Value, Value>,
): ReadonlyMap<Value, readonly Node[]> {
  const made = new Set([...body.inputs, ...body.nodes.flatMap(({ outputs }) => outputs)])
  const deferred = new Map<Value, readonly Node[]>()
  for (const value of captures) {
    if (!grads.has(value) || body.outputs.includes(value)) continue
    const readers = body.nodes.filter(node => usedBy(node).includes(value))
    const fits = (node: Node) =>
      bodiesOf(node).length === 0 &&
      node.operator?.batchRule === 'rule' &&
      usedBy(node).some(input => made.has(input)) &&
      // What it gives has one gradient in all, which nothing else adds to.
      node.outputs.every(output => isFloat(output.dtype) || !grads.has(output))
    if (readers.every(fits)) deferred.set(value, readers)
  }
  return deferred
}

/** One application of a node to all steps, and its gradients by the captured values it reads. */
function gradientsOfReader(
  reader: Node,
  made: ReadonlySet<Value>,
  captures: readonly Value[],
  grads: ReadonlyMap<Value, Value>,
  stackOf: (value: Value) => Value,
  length: number,
  walks: Walks,
): (readonly [Value, Value])[] {
  const inputs = reader.inputs.map(
    value => value && (made.has(value) ? { value: stackOf(value), batched: true } : { value, batched: false }),
  )
  const all = reader.operator?.batch(reader, inputs, length) ?? []
  const cotangents = reader.outputs.map(output => {
    const grad = grads.get(output)
    return grad && (grad.constant ? repeated(grad, length) : stackOf(grad))
  })
  const wrt = inputs.flatMap(input => (input && !input.value.constant ? [input.value] : []))
  const found = walks.gradients(
    all,
    cotangents,
    wrt.filter(({ dtype }) => isFloat(dtype)),
  )
  return captures.flatMap(value => {
    const grad = reader.inputs.includes(value) ? found.get(value) : undefined
    return grad ? [[value, grad] as const] : []
  })
}

const repeated = (value: Value, length: number): Value =>
  expand(value, ints([length, ...staticShape(value.shape, 'gradient of Scan')]))

const zeros = (like: { readonly dtype: DType; readonly shape: Value['shape'] }): Value =>
  expand(scalarLike(0, like), ints(staticShape(like.shape, 'gradient of Scan')))

const range = (length: number): number[] => Array.from({ length }, (_, i) => i)

const at = (list: readonly (Value | undefined)[], i: number): Value => given(list[i])

function given(value: Value | undefined): Value {
  if (value) return value
  throw new NotDifferentiableError({
    where: 'Scan',
    expected: 'all values of the scan',
    received: 'one that is missing',
  })
}
