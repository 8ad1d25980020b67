import { withScope } from '../graph/scope.ts'
import type { Value } from '../graph/value.ts'
import { scalar } from '../ops/constants.ts'
import { equal } from '../ops/logic/equal.ts'
import { where } from '../ops/logic/where.ts'
import { add } from '../ops/math/add.ts'
import { cast } from '../ops/math/cast.ts'
import { div } from '../ops/math/div.ts'
import { mod } from '../ops/math/mod.ts'
import { mul } from '../ops/math/mul.ts'
import { sub } from '../ops/math/sub.ts'
import { clipGradients } from './gradients.ts'
import { choose, type GroupState, type State } from './optimizer-state.ts'
import type { Coefficients, Optimizer } from './optimizers/optimizer.ts'
import { endToEnd, type Group, onGroup } from './update.ts'

/** What one step works with. */
export interface Given {
  readonly optimizer: Optimizer
  readonly groups: readonly Group[]
  /** Steps that this optimizer has finished, int64 scalar. */
  readonly finished: Value
  /** Of the loss itself, by the input that stands for the weight; those of weights that are idle are not among them. */
  readonly gradients: ReadonlyMap<Value, Value>
  readonly rate: Value
}

/**
 * What Keras's optimizers do in one step, in their order: accumulate gradients, clip them, decay the weights, update them, average
 * them, hold them to their constraints.
 */
export function advance(given: Given, before: State): State {
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
      return group ? averagedOne(group, one, average) : one
    }),
  }
}

function averagedOne(group: Group, one: GroupState, average: Average): GroupState {
  if (!one.average) return one
  const [weight, next] = onGroup(group, [one.weight, one.average], ([w, a]) => (w && a ? average(w, a) : []))
  return weight && next ? { ...one, weight, average: next } : one
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
    if (group.idle) return average ? averagedOne(group, state, average) : state
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
    const group = groups[i]
    const constraint = group?.members[0]?.variable.constraint
    return constraint && !group.idle ? { ...one, weight: constraint.call(one.weight) } : one
  })
  return { ...state, groups: next }
}
