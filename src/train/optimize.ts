import { Graph } from '../graph/graph.ts'
import { withScope } from '../graph/scope.ts'
import { Value } from '../graph/value.ts'
import { ints, scalar } from '../ops/constants.ts'
import { ifOp } from '../ops/control/if.ts'
import { equal } from '../ops/logic/equal.ts'
import { where } from '../ops/logic/where.ts'
import { add } from '../ops/math/add.ts'
import { cast } from '../ops/math/cast.ts'
import { div } from '../ops/math/div.ts'
import { mod } from '../ops/math/mod.ts'
import { mul } from '../ops/math/mul.ts'
import { sub } from '../ops/math/sub.ts'
import { reshape } from '../ops/shape/reshape.ts'
import { slice } from '../ops/shape/slice.ts'
import { clipGradients } from './gradients.ts'
import { allFinite, lossScale } from './loss-scaling.ts'
import { firstState, type GroupState, type State, slabsOf, values, withValues } from './optimizer-state.ts'
import type { Coefficients, Optimizer } from './optimizers/optimizer.ts'
import { rateAt } from './schedules/schedule.ts'
import type { Slab } from './state.ts'
import { endToEnd, type Group, layOut, onGroup, type Trained } from './update.ts'

/** An optimizer's part of a step graph. */
export interface OptimizerStep {
  /** What gradients are to be taken of: the loss, scaled up where the optimizer asks for it. */
  scaled(loss: Value): Value
  /** The weights' gradients → the slabs of weights and optimizer, with their next values. */
  apply(gradients: readonly Value[]): Slab[]
}

/**
 * What Keras's optimizers do in one step, in their order: undo the scaling of the loss, accumulate gradients, clip them, decay the
 * weights, update them, average them, hold them to their constraints. `counter`: [finished steps, seed].
 */
export function optimizerStep(optimizer: Optimizer, trained: readonly Trained[], counter: Value): OptimizerStep {
  const { learningRate, lossScaleFactor, lossScaling } = optimizer
  const dynamic = lossScaling && lossScale(lossScaling)
  const scale = dynamic?.scale ?? (lossScaleFactor === undefined ? undefined : scalar(lossScaleFactor))
  // A rate that is a number is part of the state, so that it can be changed while training runs.
  const rateInput =
    typeof learningRate === 'number' ? Value.input({ dtype: 'float32', shape: [] }, 'learning_rate') : undefined
  return {
    scaled: loss => (scale ? mul(loss, scale) : loss),
    apply: gradients =>
      withScope('optimizer', () => {
        const groups = layOut(optimizer, trained)
        const before = firstState(optimizer, groups)
        const finished = dynamic?.finished ?? reshape(slice(counter, ints([0]), ints([1])), ints([]))
        const given: Given = {
          optimizer,
          groups,
          finished,
          gradients: new Map(trained.map(({ input }, i) => [input, gradients[i] ?? input])),
          rate: rateInput ?? rateAt(learningRate, cast(finished, { to: 'float32' })),
        }
        const step = (): State => advance(unscaled(given, scale), before)
        const finite = dynamic && allFinite(gradients)
        const after = finite
          ? choose(finite, [...gradients, dynamic.scale, finished, given.rate], before, step)
          : step()
        return [
          ...(rateInput && typeof learningRate === 'number' ? [rateSlab(rateInput, learningRate)] : []),
          ...(dynamic && finite ? dynamic.slabs(finite) : []),
          ...slabsOf(optimizer, groups, before, after),
        ]
      }),
  }
}

/** What one step works with. */
interface Given {
  readonly optimizer: Optimizer
  readonly groups: readonly Group[]
  /** Steps that this optimizer has finished, int64 scalar. */
  readonly finished: Value
  /** By the input that stands for the weight. */
  readonly gradients: ReadonlyMap<Value, Value>
  readonly rate: Value
}

const unscaled = (given: Given, scale: Value | undefined): Given => ({
  ...given,
  gradients: new Map([...given.gradients].map(([input, g]) => [input, scale ? div(g, scale) : g])),
})

/** One step with gradients of the loss itself. */
function advance(given: Given, before: State): State {
  const { optimizer, finished, groups } = given
  const steps = optimizer.gradientAccumulationSteps
  const updates = steps === undefined ? finished : div(finished, scalar(steps, 'int64'))
  const average = averaging(optimizer, updates)
  if (steps === undefined) return constrained(groups, update(given, updates, before, average))
  const phase = mod(finished, scalar(steps, 'int64'))
  const gradients = [...given.gradients.values()]
  const accumulated = choose(
    equal(phase, scalar(steps - 1, 'int64')),
    [...gradients, updates, given.rate],
    before,
    () => update(mean(given, before, steps), updates, before, undefined),
    // Starting from the first gradient, rather than from zero, leaves nothing to clear after an update.
    () => accumulate(given, equal(phase, scalar(0, 'int64')), before),
    [phase],
  )
  return constrained(groups, average ? averaged(groups, accumulated, average) : accumulated)
}

/** The mean of the accumulated gradients and the present ones. */
function mean(given: Given, { groups }: State, steps: number): Given {
  const sums = new Map<Value, Value>()
  for (const [i, group] of given.groups.entries())
    for (const [k, { input }] of group.members.entries()) {
      const g = given.gradients.get(input)
      const sum = groups[i]?.accumulated[k]
      if (g && sum) sums.set(input, div(add(g, sum), scalar(steps)))
    }
  return { ...given, gradients: sums }
}

function accumulate(given: Given, first: Value, before: State): State {
  const groups = before.groups.map((state, i): GroupState => {
    const accumulated = state.accumulated.map((sum, k) => {
      const member = given.groups[i]?.members[k]
      const g = member && given.gradients.get(member.input)
      return g ? where(first, g, add(sum, g)) : sum
    })
    return { ...state, accumulated }
  })
  return { ...before, groups }
}

/** What becomes of a weight and its running average after an update. */
type Average = (weight: Value, average: Value) => readonly [Value, Value]

function averaging({ useEma, emaMomentum, emaOverwriteFrequency }: Optimizer, updates: Value): Average | undefined {
  if (!useEma) return undefined
  // The first average is the weight itself.
  const kept = where(equal(updates, scalar(0, 'int64')), scalar(0), scalar(emaMomentum))
  const fresh = sub(scalar(1), kept)
  const frequency = scalar(emaOverwriteFrequency ?? 1, 'int64')
  const overwrites = equal(mod(add(updates, scalar(1, 'int64')), frequency), scalar(0, 'int64'))
  return (weight, average) => {
    const next = add(mul(average, kept), mul(weight, fresh))
    return [emaOverwriteFrequency === undefined ? weight : where(overwrites, next, weight), next]
  }
}

function averaged(groups: readonly Group[], state: State, average: Average): State {
  return {
    ...state,
    groups: state.groups.map((one, i): GroupState => {
      const group = groups[i]
      if (!group || !one.average) return one
      const [weight, next] = onGroup(group, [one.weight, one.average], ([w, a]) => (w && a ? average(w, a) : []))
      return weight && next ? { ...one, weight, average: next } : one
    }),
  }
}

/** Clips, decays and updates; averages in the same go, if there is an average. */
function update(given: Given, updates: Value, before: State, average: Average | undefined): State {
  const { optimizer, groups, rate } = given
  const step = cast(updates, { to: 'float32' })
  const members = [...given.gradients]
  const clipped = clipGradients(
    members.map(([, g]) => g),
    optimizer,
  )
  const gradients = new Map(members.map(([input], i) => [input, clipped[i] ?? input]))
  const shared = optimizer.shared ? optimizer.shared.advance(before.shared, step) : []
  const known = new Map<string, Coefficients>()
  const coefficientsOf = ({ rule, multiplier, weightDecay }: Group): Coefficients => {
    const own = multiplier === 1 ? rate : mul(rate, scalar(multiplier))
    const decay = weightDecay === 0 ? {} : { decay: mul(own, scalar(weightDecay)) }
    return { ...rule.coefficients(own, step, shared), ...decay }
  }
  const next = before.groups.map((state, i): GroupState => {
    const group = groups[i]
    if (!group) return state
    return withScope(`${optimizer.name}/${group.name}`, () => {
      const { rule, multiplier, weightDecay, members } = group
      const key = `${ruleNumber(groups, rule)} ${multiplier} ${weightDecay}`
      const coefficients = known.get(key) ?? coefficientsOf(group)
      known.set(key, coefficients)
      const g = endToEnd(
        group,
        members.map(({ input }) => gradients.get(input) ?? input),
      )
      const own = average && state.average ? [state.average] : []
      const results = onGroup(group, [state.weight, g, ...own, ...state.slots], ([w, g, ...rest]) => {
        if (!w || !g) throw new Error('an update needs a weight and its gradient')
        const { decay } = coefficients
        const result = rule.update(decay ? sub(w, mul(w, decay)) : w, g, rest.slice(own.length), coefficients)
        const [old] = rest
        return own.length > 0 && average && old
          ? [...average(result.weight, old), ...result.slots]
          : [result.weight, ...result.slots]
      })
      const [weight = state.weight, ...others] = results
      return { ...state, weight, average: own.length > 0 ? others[0] : state.average, slots: others.slice(own.length) }
    })
  })
  return { groups: next, shared: optimizer.shared ? shared : before.shared }
}

const ruleNumber = (groups: readonly Group[], rule: Group['rule']): number =>
  groups.findIndex(group => group.rule === rule)

function constrained(groups: readonly Group[], state: State): State {
  const next = state.groups.map((one, i): GroupState => {
    const constraint = groups[i]?.members[0]?.variable.constraint
    return constraint ? { ...one, weight: constraint.call(one.weight) } : one
  })
  return { ...state, groups: next }
}

/**
 * One of two next states, by a condition; otherwise the state stays by default. Only the branch taken is computed. `given`: what
 * is computed before, as opposed to in the branches.
 */
function choose(
  condition: Value,
  given: readonly Value[],
  before: State,
  then: () => State,
  otherwise: () => State = () => before,
  more: readonly Value[] = [],
): State {
  const [yes, no] = [then(), otherwise()]
  const [a, b] = [values(yes), values(no)]
  const changed = a.flatMap((value, i) => (value === b[i] ? [] : [i]))
  const captures = [...given, ...more, ...values(before)]
  const branch = (name: string, all: readonly Value[]): Graph =>
    new Graph({ name, inputs: [], outputs: changed.map(i => all[i] ?? condition), captures })
  const outputs = ifOp(condition, { then_branch: branch('then', a), else_branch: branch('else', b) })
  const next = [...a]
  changed.forEach((i, k) => {
    const output = outputs[k]
    if (output) next[i] = output
  })
  return withValues(yes, next)
}

const rateSlab = (input: Value, rate: number): Slab => ({
  name: 'learningRate',
  dtype: 'float32',
  length: 1,
  views: [{ input, offset: 0, shape: [] }],
  output: undefined,
  inPlace: false,
  initialize: data => void data.fill(rate),
})
