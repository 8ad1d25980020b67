import { sizeOf } from '../core/shape.ts'
import { Graph } from '../graph/graph.ts'
import { Value } from '../graph/value.ts'
import type { Variable } from '../nn/variable.ts'
import { ints } from '../ops/constants.ts'
import { ifOp } from '../ops/control/if.ts'
import { concat } from '../ops/shape/concat.ts'
import { reshape } from '../ops/shape/reshape.ts'
import type { Optimizer } from './optimizers/optimizer.ts'
import type { Slab, View } from './state.ts'
import { endToEnd, type Group, slotShape, weightViews } from './update.ts'

/** The values of everything that an optimizer changes: of the graph's inputs at first, of its outputs after a step. */
export interface State {
  readonly groups: readonly GroupState[]
  /** Numbers that all weights share. */
  readonly shared: readonly Value[]
}

/** Values of a group of weights, in the group's shape. */
export interface GroupState {
  readonly weight: Value
  /** In the rule's order. */
  readonly slots: readonly Value[]
  /** The running average of the weights, if the optimizer keeps one. */
  readonly average: Value | undefined
  /** Sums of gradients, if the optimizer accumulates them: one for each weight, in its shape. */
  readonly accumulated: readonly Value[]
}

/** Values that layers gave to weights which are trained, by the weight. */
export type Replaced = ReadonlyMap<Variable, Value>

/** Graph inputs for everything that the optimizer remembers, and the weights as the layers left them. */
export function firstState(optimizer: Optimizer, groups: readonly Group[], replaced: Replaced): State {
  const input = (shape: readonly number[], name: string): Value => Value.input({ dtype: 'float32', shape }, name)
  return {
    groups: groups.map(group => ({
      weight: left(group, replaced),
      slots: group.rule.slots.map(slot => input(slotShape(group, slot), `${group.name}:${slot.name}`)),
      average: optimizer.useEma ? input(group.shape, `${group.name}:average`) : undefined,
      accumulated:
        optimizer.gradientAccumulationSteps === undefined
          ? []
          : group.members.map(({ variable }) => input(variable.shape, `${variable.path}:gradient`)),
    })),
    shared: (optimizer.shared?.slots ?? []).map(({ name }) => input([], name)),
  }
}

/**
 * A group's weights: the graph's input, or what a layer replaced them by (spectral normalisation divides its kernel). As in Keras the
 * layers come first and the optimizer works on what they leave.
 */
function left(group: Group, replaced: Replaced): Value {
  const { members, input } = group
  if (!members.some(({ variable }) => replaced.has(variable))) return input
  return endToEnd(
    group,
    members.map(member => replaced.get(member.variable) ?? member.input),
  )
}

/** All values of a state, in an order of their own. */
const values = ({ groups, shared }: State): Value[] => [
  ...groups.flatMap(({ weight, slots, average, accumulated }) => [
    weight,
    ...slots,
    ...(average ? [average] : []),
    ...accumulated,
  ]),
  ...shared,
]

/** The state with other values, in the order of `values`. */
function withValues(state: State, all: readonly Value[]): State {
  let at = 0
  const next = (old: Value): Value => all[at++] ?? old
  const groups = state.groups.map(
    (one): GroupState => ({
      weight: next(one.weight),
      slots: one.slots.map(next),
      average: one.average && next(one.average),
      accumulated: one.accumulated.map(next),
    }),
  )
  return { groups, shared: state.shared.map(next) }
}

/** How a state lies in memory, and what replaces it. `suffix` sets its names apart from those of other optimizers. */
export function slabsOf(
  optimizer: Optimizer,
  groups: readonly Group[],
  before: State,
  after: State,
  suffix: string,
): Slab[] {
  const slabs = groups.flatMap((group, i) => {
    const old = before.groups[i]
    const next = after.groups[i]
    return old && next ? groupSlabs(group, old, next) : []
  })
  const shared = optimizer.shared?.slots ?? []
  if (shared.length > 0) {
    slabs.push({
      name: `shared${suffix}`,
      dtype: 'float32',
      length: shared.length,
      views: before.shared.map((input, offset) => ({ input, offset, shape: [] })),
      output: {
        value: concat(
          after.shared.map(value => reshape(value, ints([1]))),
          { axis: 0 },
        ),
        shape: [shared.length],
      },
      inPlace: false,
      initialize: data => {
        shared.forEach(({ initial }, k) => {
          data[k] = initial
        })
      },
    })
  }
  return slabs
}

function groupSlabs(group: Group, old: GroupState, next: GroupState): Slab[] {
  const { name, shape } = group
  const slab = (title: string, views: readonly View[], value: Value, inPlace: boolean): Slab => ({
    name: `${title}:${name}`,
    dtype: 'float32',
    length: sizeOf(value.shape),
    views,
    // What no step changes is only read.
    output: views.some(({ input }) => input === value) ? undefined : { value, shape: value.shape.map(Number) },
    inPlace,
    resident: true,
  })
  // The backward pass reads the old weights.
  const slabs = [slab('weights', weightViews(group), next.weight, false)]
  group.rule.slots.forEach((slot, k) => {
    const { initial = 0, inPlace = true } = slot
    const input = old.slots[k]
    const value = next.slots[k]
    if (!input || !value) throw new Error(`the update of ${name} has no slot '${slot.name}'`)
    const view = { input, offset: 0, shape: slotShape(group, slot) }
    slabs.push({
      ...slab(slot.name, [view], value, inPlace),
      ...(initial === 0 ? {} : { initialize: first(group, initial) }),
    })
  })
  if (old.average && next.average)
    slabs.push(slab('average', [{ input: old.average, offset: 0, shape }], next.average, true))
  if (next.accumulated.length > 0) {
    const views = weightViews(group).slice(0, group.members.length)
    slabs.push(
      slab(
        'gradients',
        views.map(({ offset, shape }, k) => ({ input: old.accumulated[k] ?? group.input, offset, shape })),
        endToEnd(group, next.accumulated),
        true,
      ),
    )
  }
  return slabs
}

/** Fills a slot's memory with its first values. */
const first =
  (group: Group, initial: number | 'weight'): NonNullable<Slab['initialize']> =>
  data => {
    if (initial !== 'weight') {
      data.fill(initial)
      return
    }
    for (const { variable, offset } of weightViews(group)) if (variable) data.set(variable.value.data, offset)
  }

/**
 * One of two next states, by a condition; otherwise the state stays by default. Only the branch taken is computed. `given`: what
 * is computed before, as opposed to in the branches.
 */
export function choose(
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
