import { sizeOf } from '../core/shape.ts'
import { Graph } from '../graph/graph.ts'
import { Value } from '../graph/value.ts'
import type { Variable } from '../nn/variable.ts'
import { constant, ints } from '../ops/constants.ts'
import { scan } from '../ops/control/scan.ts'
import { concat } from '../ops/shape/concat.ts'
import { reshape } from '../ops/shape/reshape.ts'
import { matches } from './optimizers/match.ts'
import type { Optimizer, Rule, Slot } from './optimizers/optimizer.ts'
import type { View } from './state.ts'

/**
 * Optimizer updates, arranged for memory. Where an update is elementwise, the step is free to choose the shape it runs on:
 * - weights lie end to end in one slab and are updated together, since a chain of kernels per weight costs more than its arithmetic;
 *   where they are many, large ones stay apart, since putting their gradients into the slab costs more than a chain;
 * - what is larger than the caches is updated in chunks by a Scan, so that the chain's intermediate results stay in them (measured when
 *   this was designed: 44 → 24 ms for 10.2 M weights under Adam).
 * Weights that a rule or a constraint looks at as a whole are on their own, in their own shape.
 */

/** Up to this many elements, everything that an update touches stays in the last cache: it runs on all of them at once. */
const many = 800_000
/** Where there are more, they are updated in chunks of at most this many elements, and no fewer than a quarter of it … */
const chunk = 262_144
/** … and weights from this many elements on are on their own. */
const large = 393_216

/** One weight in a graph under construction. */
export interface Trained {
  readonly variable: Variable
  /** The graph input that stands for it. */
  readonly input: Value
  /** The loss does not depend on it, so that it has no gradient: as in Keras it stays, without decay and constraint. Default false. */
  readonly idle?: boolean
}

/** How a weight is trained, besides its optimizer's settings. */
interface Treatment {
  readonly rule: Rule
  /** Factor of the learning rate. */
  readonly multiplier: number
  /** 0: none. */
  readonly weightDecay: number
  readonly idle: boolean
}

/** Weights that are updated together. */
export interface Group extends Treatment {
  readonly name: string
  readonly members: readonly Trained[]
  /** The shape the update runs on: the weight's own, flat, or [chunks, chunk]. */
  readonly shape: readonly number[]
  readonly chunked: boolean
  /** The graph input that stands for all of them in that shape. */
  readonly input: Value
}

/**
 * Lays out the weights: which of them share a slab, and in what shape they are updated. `suffix` sets the slabs' names apart from
 * those of other optimizers.
 */
export function layOut(optimizer: Optimizer, trained: readonly Trained[], suffix = ''): Group[] {
  const treated = trained.map(one => ({ one, ...treatmentOf(optimizer, one) }))
  const together = new Map<string, typeof treated>()
  const apart: typeof treated = []
  const rules = new Map<Rule, number>()
  for (const item of treated) {
    const { rule, multiplier, weightDecay, idle, one } = item
    if (rule.whole || one.variable.constraint) apart.push(item)
    else {
      rules.set(rule, rules.get(rule) ?? rules.size)
      const key = `${rules.get(rule)} ${multiplier} ${weightDecay} ${idle}`
      together.set(key, [...(together.get(key) ?? []), item])
    }
  }
  const shared = [...together.values()].flatMap((items, i) => {
    const few = items.reduce((sum, { one }) => sum + one.variable.size, 0) < many
    const [own, small] = partition(items, ({ one }) => !few && one.variable.size >= large)
    apart.push(...own)
    return grouped(`small${suffix}${i === 0 ? '' : `:group${i}`}`, small)
  })
  return [...shared, ...apart.flatMap(item => grouped(item.one.variable.path, [item]))]
}

/** What a test holds for, and the rest. */
function partition<T>(items: readonly T[], test: (item: T) => boolean): readonly [yes: T[], no: T[]] {
  return [items.filter(test), items.filter(item => !test(item))]
}

function treatmentOf(optimizer: Optimizer, { variable: { path, shape }, idle = false }: Trained): Treatment {
  const rule = optimizer.ruleFor({ path, shape })
  const special = optimizer.parameterGroups.find(group => matches(group.match, path))
  const excluded = optimizer.excludeFromWeightDecay.some(match => matches(match, path))
  const decay =
    special?.weightDecay ?? (special?.weightDecay === null ? 0 : (rule.weightDecay ?? optimizer.weightDecay))
  return { rule, multiplier: special?.learningRateMultiplier ?? 1, weightDecay: excluded ? 0 : (decay ?? 0), idle }
}

function grouped(name: string, items: readonly (Treatment & { readonly one: Trained })[]): Group[] {
  const [first] = items
  if (!first) return []
  const members = items.map(({ one }) => one)
  const { rule, multiplier, weightDecay, idle, one } = first
  const { variable } = one
  const shape =
    members.length > 1 ? sharedShape(members) : rule.whole || variable.constraint ? variable.shape : workShape(variable)
  const own = members.length === 1 && shape === variable.shape
  const title = members.length === 1 ? variable.path : name
  const input = own ? one.input : Value.input({ dtype: 'float32', shape }, `${title}:flat`)
  return [
    { name: title, members, shape, chunked: !own && shape.length > 1, input, rule, multiplier, weightDecay, idle },
  ]
}

/** The graph inputs that look into a group's slab of weights: each weight's, and the one for all of them. */
export function weightViews({ members, input, shape }: Group): View[] {
  let offset = 0
  const views = members.map(({ variable, input }): View => {
    const view = { input, offset, shape: variable.shape, variable }
    offset += variable.size
    return view
  })
  return members.some(member => member.input === input) ? views : [...views, { input, offset: 0, shape }]
}

/** A slot's shape for a group. */
export const slotShape = ({ rule, shape }: Group, slot: Slot): readonly number[] =>
  rule.whole ? (slot.shape ?? shape) : shape

/** The shape of a slab that several weights share: flat, or [chunks, chunk], padded so that it divides evenly. */
function sharedShape(members: readonly Trained[]): readonly number[] {
  const length = members.reduce((n, { variable }) => n + variable.size, 0)
  if (length < many) return [length]
  const count = Math.ceil(length / chunk)
  return [count, Math.ceil(length / count)]
}

/** The shape an update runs on: the weight's own, or [chunks, chunk] where that pays and divides evenly. */
function workShape(variable: Variable): readonly number[] {
  const { size } = variable
  if (size < many) return variable.shape
  for (let count = Math.ceil(size / chunk); count <= (4 * size) / chunk; count++) {
    if (size % count === 0) return [count, size / count]
  }
  return variable.shape
}

/** Values of a group's weights, each in the weight's shape, one after the other in the group's; zeros in the padding. */
export function endToEnd({ members, shape, input }: Group, values: readonly Value[]): Value {
  const [only] = values
  if (only && members[0]?.input === input) return only
  const flat = values.map((value, i) => reshape(value, ints([members[i]?.variable.size ?? 0])))
  const rest = sizeOf(shape) - members.reduce((n, { variable }) => n + variable.size, 0)
  if (rest > 0) flat.push(constant(new Array<number>(rest).fill(0), [rest]))
  const [first] = flat
  const all = flat.length === 1 && first ? first : concat(flat, { axis: 0 })
  return shape.length === 1 ? all : reshape(all, ints(shape))
}

/**
 * Applies elementwise arithmetic to values of a group's shape: at once, or as the body of a Scan over the chunks. Scalars that it
 * reads besides are captured from outside.
 */
export function onGroup(
  { chunked }: Group,
  values: readonly Value[],
  apply: (values: readonly Value[]) => readonly Value[],
): readonly Value[] {
  if (!chunked) return apply(values)
  const parts = values.map((value, i) => Value.input({ dtype: value.dtype, shape: value.shape.slice(1) }, `part${i}`))
  const body = new Graph({ name: 'update', inputs: parts, outputs: apply(parts), captures: 'invariant' })
  return scan([...values], { body, num_scan_inputs: values.length })
}
