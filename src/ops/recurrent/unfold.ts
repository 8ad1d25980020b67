import { staticShape } from '../../core/shape.ts'
import type { Walks } from '../../graph/operator.ts'
import { Value } from '../../graph/value.ts'
import { constant, ints, scalarLike } from '../constants.ts'
import { recur } from '../control/recur.ts'
import { less } from '../logic/less.ts'
import { where } from '../logic/where.ts'
import { cast } from '../math/cast.ts'
import { concat } from '../shape/concat.ts'
import { expand } from '../shape/expand.ts'
import { reshapeTo } from '../shape/reshape.ts'
import { reverseSequence } from '../shape/reverse-sequence.ts'
import { slice } from '../shape/slice.ts'
import { squeeze } from '../shape/squeeze.ts'
import { transpose } from '../shape/transpose.ts'
import { unsqueeze } from '../shape/unsqueeze.ts'
import { type ActivationAttributes, refusal } from './activations.ts'

/**
 * RNN, GRU and LSTM as the Scan that they stand for. The fused kernels give out no gates, so backpropagation through time starts
 * from this form: the forward pass once more, gates kept (on the CPU engine as fast as the kernel), then the gradient of the Scan.
 */

export interface RecurrentValues {
  readonly x: Value
  readonly w: Value
  readonly r: Value
  readonly b?: Value | undefined
  readonly sequence_lens?: Value | undefined
  readonly initial_h?: Value | undefined
  readonly initial_c?: Value | undefined
  readonly p?: Value | undefined
}

export interface UnfoldAttributes extends ActivationAttributes {
  readonly clip: number | undefined
  readonly direction: string
  readonly layout: number
}

/** Weights of one direction, in ONNX's layouts without the axis of directions. */
export interface DirectionWeights {
  /** [gates · units, features], [gates · units, units]: used transposed. */
  readonly w: Value
  readonly r: Value
  /** For inputs and for states, [gates · units] each. */
  readonly biases: readonly [Value, Value] | undefined
  readonly peepholes: Value | undefined
}

/** One step of one direction: entry [batch, features] and states [batch, units] to new states, the first of which is the output. */
export type Step = (
  entry: Value,
  states: readonly Value[],
  weights: DirectionWeights,
  direction: number,
) => readonly Value[]

/** All states [steps, directions, batch, units], and each state after the last step, [directions, batch, units]. */
export function unfold(
  where: string,
  inputs: RecurrentValues,
  attributes: UnfoldAttributes,
  stateCount: number,
  step: Step,
  batch: Walks['batch'],
): { readonly y: Value; readonly last: readonly Value[] } {
  if (attributes.clip !== undefined) throw refusal(where, 'a clip')
  const batchFirst = attributes.layout === 1
  const timeFirst = (value: Value) => (batchFirst ? swapped(value) : value)
  const directions = attributes.direction === 'bidirectional' ? 2 : 1
  const given = { ...inputs, x: timeFirst(inputs.x) }
  const initial = [inputs.initial_h, inputs.initial_c].slice(0, stateCount)
  const runs = Array.from({ length: directions }, (_, d) =>
    run(
      where,
      given,
      initial.map(value => value && part(timeFirst(value), d)),
      d,
      {
        reversed: attributes.direction === 'reverse' || d === 1,
        stateCount,
        step,
        batch,
      },
    ),
  )
  const y = joined(
    runs.map(({ y }) => y),
    1,
  )
  return {
    y: batchFirst ? transpose(y, { perm: [2, 0, 1, 3] }) : y,
    last: Array.from({ length: stateCount }, (_, i) =>
      timeFirst(
        joined(
          runs.flatMap(({ ends }) => ends[i] ?? []),
          0,
        ),
      ),
    ),
  }
}

interface Run {
  readonly reversed: boolean
  readonly stateCount: number
  readonly step: Step
  readonly batch: Walks['batch']
}

function run(
  name: string,
  inputs: RecurrentValues,
  initial: readonly (Value | undefined)[],
  direction: number,
  { reversed, stateCount, step, batch }: Run,
) {
  const { x } = inputs
  const lengths = inputs.sequence_lens && cast(inputs.sequence_lens, { to: 'int64' })
  const [steps = 0, size = 0, features = 0] = staticShape(x.shape, `gradient of ${name}`)
  const units = staticShape(inputs.r.shape, `gradient of ${name}`)[2] ?? 0
  const weights = weightsOf(inputs, direction)
  // With lengths, each sequence is reversed within its own.
  const turned = reversed && lengths !== undefined
  const entries = turned ? reverseSequence(x, lengths) : x
  const entry = Value.input({ dtype: x.dtype, shape: [size, features] }, 'x')
  const states = Array.from({ length: stateCount }, (_, i) =>
    Value.input({ dtype: x.dtype, shape: [size, units] }, i === 0 ? 'h' : 'c'),
  )
  const after = step(entry, states, weights, direction)
  const zero = expand(scalarLike(0, x), ints([size, units]))
  const valid = lengths && Value.input({ dtype: 'bool', shape: [size, 1] }, 'valid')
  // A sequence that has ended keeps its states and gives zeros.
  const kept = valid ? after.map((state, i) => where(valid, state, states[i] ?? state)) : after
  const [h = entry] = after
  const output = valid ? where(valid, h, scalarLike(0, x)) : h
  const { ends, stackOf } = recur(
    {
      name,
      length: steps,
      reversed: reversed && !turned,
      entries: new Map([
        [entry, entries],
        ...(valid && lengths ? [[valid, validSteps(lengths, steps, size)] as const] : []),
      ]),
      states,
      initial: initial.map(value => value ?? zero),
      next: kept,
      outputs: [output, ...kept],
      keepProducts: true,
    },
    batch,
  )
  const y = stackOf(output)
  return { y: turned ? reverseSequence(y, lengths) : y, ends }
}

function weightsOf({ w, r, b, p }: RecurrentValues, direction: number): DirectionWeights {
  const bias = b && part(b, direction)
  const half = bias ? (staticShape(bias.shape, 'gradient of a recurrent operator')[0] ?? 0) / 2 : 0
  return {
    w: part(w, direction),
    r: part(r, direction),
    biases: bias && [slice(bias, ints([0]), ints([half])), slice(bias, ints([half]), ints([2 * half]))],
    peepholes: p && part(p, direction),
  }
}

/** Which sequences have not ended: bool [steps, batch, 1]. */
function validSteps(lengths: Value, steps: number, size: number): Value {
  const numbers = Array.from({ length: steps }, (_, t) => t)
  return less(constant(numbers, [steps, 1, 1], 'int64'), reshapeTo(lengths, [1, size, 1]))
}

/** One direction of weights or states. */
const part = (value: Value, direction: number): Value =>
  value.shape[0] === 1
    ? squeeze(value, ints([0]))
    : squeeze(slice(value, ints([direction]), ints([direction + 1]), ints([0])), ints([0]))

const swapped = (value: Value): Value => transpose(value, { perm: [1, 0, 2] })

function joined(parts: readonly Value[], axis: number): Value {
  return concat(
    parts.map(value => unsqueeze(value, ints([axis]))),
    { axis },
  )
}
