import { GraphError, NotDifferentiableError } from '../../core/errors.ts'
import { isStatic } from '../../core/shape.ts'
import { Graph, nodesBetween, usedBy } from '../../graph/graph.ts'
import type { Node } from '../../graph/node.ts'
import type { Walks } from '../../graph/operator.ts'
import { substitute } from '../../graph/rewrite.ts'
import type { Value } from '../../graph/value.ts'
import { scan } from './scan.ts'
import { placeholder } from './scan-plan.ts'

/** A recurrence as one step of it, traced on symbols. */
export interface Recurrence {
  readonly name: string
  /** How many steps; not read where sizes are open. */
  readonly length: number
  /** From the last entry to the first. */
  readonly reversed?: boolean
  /** Symbols of what differs from step to step and is known beforehand, each with all its entries along axis 0. */
  readonly entries: ReadonlyMap<Value, Value>
  /** Symbols of the states, their values before the first step, and after each. */
  readonly states: readonly Value[]
  readonly initial: readonly Value[]
  readonly next: readonly Value[]
  /** Values of a step that are wanted for all of them. */
  readonly outputs: readonly Value[]
  /** Gives out the results of matrix products too, so that a gradient does not compute them again: for training. */
  readonly keepProducts?: boolean
}

export interface Recurred {
  /** The states after the last step. */
  readonly ends: readonly Value[]
  /** All entries of an output, along axis 0, in the order of the entries given. */
  readonly stackOf: (output: Value) => Value
}

/**
 * Runs a recurrence. What depends on no state is done for all steps at once, as a batch of steps: the projection of the inputs of
 * an LSTM becomes one large product without the author of the cell doing anything for it. The rest is a Scan.
 *
 * `batch` is the walk of `vmap`.
 */
export function recur(recurrence: Recurrence, batch: Walks['batch']): Recurred {
  const { entries, states, initial, next, outputs, length, reversed = false } = recurrence
  const known = [...entries.keys()]
  const { steps, inOrder, varying } = divide(recurrence)
  const wanted = [
    ...outputs,
    ...(recurrence.keepProducts ? steps.flatMap(node => (isProduct(node) ? node.outputs : [])) : []),
  ]
  const read = new Set([...steps.flatMap(usedBy), ...next])
  const frontier = [...read].filter(value => varying.has(value))
  // A Scan needs something to scan.
  if (frontier.length === 0) frontier.push(...known.slice(0, 1))
  const atOnce = [...new Set([...frontier, ...outputs.filter(value => !inOrder.has(value))])]
  const batches = batch(atOnce, known, [...entries.values()], length)
  const stacked = new Map(atOnce.map((value, i) => [value, batches[i]]))

  const scanned = [...new Set(wanted)].filter(value => inOrder.has(value))
  const draft = new Graph({
    name: recurrence.name,
    inputs: [...states, ...frontier],
    outputs: [...next, ...scanned],
    nodes: steps,
  })
  const directions = (count: number) => new Array<number>(count).fill(reversed ? 1 : 0)
  const results = scan([...initial, ...frontier.map(value => given(stacked.get(value)))], {
    body: substitute(draft, new Map([...states, ...frontier].map(value => [value, placeholder(value)]))),
    num_scan_inputs: frontier.length,
    scan_input_directions: directions(frontier.length),
    scan_output_directions: directions(scanned.length),
  })
  scanned.forEach((value, i) => {
    stacked.set(value, results[states.length + i])
  })
  return { ends: results.slice(0, states.length), stackOf: output => given(stacked.get(output)) }
}

/** Nodes that have to run in order, the values they make, and the values that only differ from step to step. */
function divide({ entries, states, next, outputs }: Recurrence) {
  const known = [...entries.keys()]
  const inOrder = new Set<Value>(states)
  const varying = new Set<Value>(known)
  const steps: Node[] = []
  // Batching wants sizes. With open ones (a model that is exported for any batch size) all of it is done in order.
  const open = [...entries].flat().some(value => !isStatic(value.shape))
  for (const node of nodesBetween([...known, ...states], [...next, ...outputs])) {
    // An entry may be a value inside of the step, which then need not be computed.
    if (node.outputs.every(output => entries.has(output))) continue
    if (node.operator?.traits.random) throw drawsAgain(node)
    const sequential = open || node.operator?.batchRule !== 'rule' || usedBy(node).some(value => inOrder.has(value))
    if (sequential) steps.push(node)
    for (const output of node.outputs) if (!varying.has(output)) (sequential ? inOrder : varying).add(output)
  }
  return { steps, inOrder, varying }
}

/** Costs more than a pass over its result. */
const isProduct = ({ operator }: Node): boolean =>
  operator?.traits.flops !== undefined && operator.traits.elementwise !== true

function given(value: Value | undefined): Value {
  if (value) return value
  throw new GraphError({
    where: 'a recurrence',
    expected: 'an output that it was asked for',
    received: 'another value',
  })
}

const drawsAgain = (node: Node) =>
  new NotDifferentiableError({
    where: `${node.type} in a step of a recurrence`,
    expected: 'a step that computes the same when it is computed again',
    received: 'an operator that draws anew',
    remedy: 'Draw before the recurrence, or for gradients give the result out as a scan output.',
  })
