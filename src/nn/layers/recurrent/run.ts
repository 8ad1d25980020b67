import { batchOf } from '../../../autodiff/batching.ts'
import { ArgumentError, ShapeError } from '../../../core/errors.ts'
import { formatShape, sameShape, sizeOf } from '../../../core/shape.ts'
import { Value } from '../../../graph/value.ts'
import { constant, constantLike, ints, scalar, scalarLike } from '../../../ops/constants.ts'
import { recur } from '../../../ops/control/recur.ts'
import { gather } from '../../../ops/index/gather.ts'
import { where } from '../../../ops/logic/where.ts'
import { concat } from '../../../ops/shape/concat.ts'
import { expand } from '../../../ops/shape/expand.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import { slice } from '../../../ops/shape/slice.ts'
import { squeeze } from '../../../ops/shape/squeeze.ts'
import { transpose } from '../../../ops/shape/transpose.ts'
import { unsqueeze } from '../../../ops/shape/unsqueeze.ts'

/** A recurrence over the steps of a batch, as Keras runs it. */
export interface Run {
  readonly name: string
  /** [batch, steps, …] */
  readonly x: Value
  /** Which steps count: bool [batch, steps]. */
  readonly mask: Value | undefined
  /** `undefined`: zeros. */
  readonly initial: readonly Value[] | undefined
  readonly stateShapes: readonly (readonly number[])[]
  readonly backwards: boolean
  readonly zeroOutputForMask: boolean
  readonly unroll: boolean
  /** Whether the outputs of all steps are wanted. */
  readonly sequences: boolean
  /** Keeps what a gradient will read. */
  readonly training: boolean
  readonly step: (
    entry: Value,
    states: readonly Value[],
  ) => { readonly output: Value; readonly states: readonly Value[] }
}

export interface RunResult {
  /** All outputs [steps, batch, …], in the order of the inputs, if they are wanted. */
  readonly outputs: Value | undefined
  /** The output of the step that ran last, if those of all steps are not wanted. */
  readonly last: Value | undefined
  readonly states: readonly Value[]
}

/** Steps first: [batch, steps, …] ↔ [steps, batch, …]. Undoes itself, so that recurrent layers in a row do not transpose twice. */
export function swapSteps(x: Value): Value {
  const perm = [1, 0, ...x.shape.slice(2).map((_, i) => i + 2)]
  const { node } = x
  const done = node?.attributes['perm']
  const [before] = node?.inputs ?? []
  const undone = node?.operator === transpose && done?.kind === 'ints' && done.value.join() === perm.join()
  return undone && before ? before : transpose(x, { perm })
}

/** Zeros for the states, also where the batch size is open. */
export function zeroStates(x: Value, shapes: readonly (readonly number[])[]): readonly Value[] {
  const [batch] = x.shape
  return shapes.map(shape => {
    if (typeof batch === 'number') return expand(scalarLike(0, x), ints([batch, ...shape]))
    // One element of each sample, of which nothing is taken but the batch axis.
    let one = gather(x, scalar(0, 'int64'), { axis: 1 })
    const axes = one.shape.map((_, i) => i).slice(1)
    one = slice(one, ints(axes.map(() => 0)), ints(axes.map(() => 1)), ints(axes))
    const flat = reshape(one, ints([0, ...shape.map(() => 1)]))
    const size = sizeOf(shape)
    return where(constant([0], [1], 'bool'), flat, constantLike(new Array<number>(size).fill(0), [1, ...shape], x))
  })
}

export function runSteps(run: Run): RunResult {
  const entries = swapSteps(run.x)
  const mask = run.mask && swapSteps(run.mask)
  const initial = run.initial ?? zeroStates(run.x, run.stateShapes)
  return run.unroll ? unrolled(run, entries, mask, initial) : scanned(run, entries, mask, initial)
}

function scanned(run: Run, entries: Value, mask: Value | undefined, initial: readonly Value[]): RunResult {
  const [steps, ...shape] = entries.shape
  const entry = Value.input({ dtype: entries.dtype, shape }, 'x')
  const valid = mask && Value.input({ dtype: mask.dtype, shape: mask.shape.slice(1) }, 'valid')
  const states = initial.map((state, i) => Value.input({ dtype: state.dtype, shape: state.shape }, `state${i}`))
  const after = checkedStep(run, entry, states)
  // The output is carried along as one state more, unless it is one already, or nobody asks for the one before.
  const before = Value.input({ dtype: after.output.dtype, shape: after.output.shape }, 'output')
  const { output, states: next } = masked(run, after, valid, states, before)
  const place = next.indexOf(output)
  const extra = place < 0 && (valid !== undefined || !run.sequences)
  const { ends, stackOf } = recur(
    {
      name: run.name,
      length: typeof steps === 'number' ? steps : 0,
      reversed: run.backwards,
      entries: new Map([[entry, entries], ...(valid && mask ? [[valid, mask] as const] : [])]),
      states: extra ? [...states, before] : states,
      initial: extra ? [...initial, ...zeroStates(run.x, [sizes(output)])] : initial,
      next: extra ? [...next, output] : next,
      outputs: [...(run.sequences ? [output] : []), ...(run.training ? next : [])],
      keepProducts: run.training,
    },
    batchOf,
  )
  return {
    outputs: run.sequences ? stackOf(output) : undefined,
    last: ends[extra ? next.length : place],
    states: ends.slice(0, next.length),
  }
}

/** The same steps one after the other, without a loop. */
function unrolled(run: Run, entries: Value, mask: Value | undefined, initial: readonly Value[]): RunResult {
  const [steps] = entries.shape
  if (typeof steps !== 'number') {
    throw new ArgumentError({
      where: run.name,
      expected: "a known number of steps, to 'unroll' them",
      received: `shape ${formatShape(run.x.shape)}`,
      remedy: 'Declare it in the shape of the input.',
    })
  }
  const at = (value: Value, t: number) => squeeze(slice(value, ints([t]), ints([t + 1]), ints([0])), ints([0]))
  const outputs: Value[] = []
  let states = initial
  let last: Value | undefined
  for (let i = 0; i < steps; i++) {
    const t = run.backwards ? steps - 1 - i : i
    const after = checkedStep(run, at(entries, t), states)
    const before = last ?? zeroStates(run.x, [sizes(after.output)])[0] ?? after.output
    const step = masked(run, after, mask && at(mask, t), states, before)
    states = step.states
    last = step.output
    outputs.push(unsqueeze(step.output, ints([0])))
  }
  return {
    outputs: run.sequences ? concat(run.backwards ? outputs.toReversed() : outputs, { axis: 0 }) : undefined,
    last,
    states,
  }
}

interface StepResult {
  readonly output: Value
  readonly states: readonly Value[]
}

/** A masked step keeps the states, and gives the output of the step before (zeros at first), or zeros. */
function masked(
  run: Run,
  after: StepResult,
  valid: Value | undefined,
  states: readonly Value[],
  before: Value,
): StepResult {
  if (!valid) return after
  const against = (value: Value) => reshape(valid, ints([0, ...value.shape.slice(1).map(() => 1)]))
  const kept = after.states.map((state, i) => where(against(state), state, states[i] ?? state))
  if (!run.zeroOutputForMask && !run.initial) {
    // The output is a state that began with zeros too: it is kept with it.
    const same = kept[after.states.indexOf(after.output)]
    if (same) return { output: same, states: kept }
  }
  const instead = run.zeroOutputForMask ? scalarLike(0, before) : before
  return { output: where(against(after.output), after.output, instead), states: kept }
}

function checkedStep(run: Run, entry: Value, states: readonly Value[]): StepResult {
  const after = run.step(entry, states)
  const misfit = states.findIndex((state, i) => !sameShape(state.shape, after.states[i]?.shape ?? []))
  if (misfit < 0 && after.states.length === states.length) return after
  throw new ShapeError({
    where: run.name,
    expected: `a cell that gives states of the shapes it takes, ${states.map(({ shape }) => formatShape(shape)).join(', ')}`,
    received: after.states.map(({ shape }) => formatShape(shape)).join(', ') || 'none',
  })
}

const sizes = (value: Value): readonly number[] => value.shape.slice(1).map(Number)
