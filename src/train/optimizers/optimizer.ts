import type { Value } from '../../graph/value.ts'
import type { Schedule } from '../schedules/schedule.ts'
import type { ParameterGroup, PathMatch } from './match.ts'

/** Scalars that one step needs for many weights, computed once. */
export type Coefficients = Readonly<Record<string, Value>>

/** A weight, as an optimizer may know it. */
export interface WeightInfo {
  /** `dense_1/kernel`. */
  readonly path: string
  readonly shape: readonly number[]
}

/** What a rule remembers of a weight from step to step. */
export interface Slot {
  readonly name: string
  /** Default: the weight's. Others only for rules that take weights whole. */
  readonly shape?: readonly number[]
  /** First value of its elements, or 'weight' for a copy of the weight. Default 0. */
  readonly initial?: number | 'weight'
  /**
   * The new value may overwrite the old one in memory: right where an element of the old one is read no later than the element
   * of the new one is written. Default true; false where the old value is read again.
   */
  readonly inPlace?: boolean
}

/** A number that all weights share from step to step. */
export interface Shared {
  readonly name: string
  readonly initial: number
}

/** Arithmetic on a weight, its gradient and its slots, written as a graph. */
export interface Rule {
  readonly slots: readonly Slot[]
  /**
   * The update looks at the weight as a whole (norms, rows and columns), so it is given each weight in its own shape. Otherwise it
   * is elementwise, and the step may run it on a weight, on many laid end to end, or chunk by chunk. Default false.
   */
  readonly whole?: boolean
  /** Decoupled weight decay: before the update, weight −= rate · weightDecay · weight. Default: the optimizer's. */
  readonly weightDecay?: number | undefined
  /**
   * `rate`: the learning rate; `step`: finished updates (0 at first), both float32 scalars; `shared`: the optimizer's, already
   * advanced to this step.
   */
  coefficients(rate: Value, step: Value, shared: readonly Value[]): Coefficients
  update(
    weight: Value,
    gradient: Value,
    slots: readonly Value[],
    coefficients: Coefficients,
  ): { readonly weight: Value; readonly slots: readonly Value[] }
}

/** What all optimizers have in common. */
export interface Settings {
  readonly learningRate: number | Schedule
  readonly weightDecay: number | undefined
  readonly clipnorm: number | undefined
  readonly clipvalue: number | undefined
  readonly globalClipnorm: number | undefined
  readonly useEma: boolean
  readonly emaMomentum: number
  readonly emaOverwriteFrequency: number | undefined
  readonly lossScaleFactor: number | undefined
  readonly gradientAccumulationSteps: number | undefined
  readonly excludeFromWeightDecay: readonly PathMatch[]
  readonly parameterGroups: readonly ParameterGroup[]
}

/** Dynamic loss scaling: see `lossScaleOptimizer`. */
export interface LossScaling {
  readonly inner: Optimizer
  readonly initialScale: number
  readonly dynamicGrowthSteps: number
}

/** One of several optimizers, and the weights that it trains. */
export interface Member {
  readonly match: PathMatch | undefined
  readonly optimizer: Optimizer
}

/** An optimizer: settings, and for each weight the rule that updates it. */
export interface Optimizer extends Settings {
  readonly name: string
  /** Everything that made it, defaults filled in. */
  readonly config: Readonly<Record<string, unknown>>
  /** Numbers that all weights share, and how a step changes them. */
  readonly shared?: {
    readonly slots: readonly Shared[]
    advance(shared: readonly Value[], step: Value): readonly Value[]
  }
  readonly lossScaling?: LossScaling
  /** Optimizers that train weights of their own: see `multiOptimizer`. The last has no match and takes the rest. */
  readonly members?: readonly Member[]
  /** Weights of the same rule (the same object) and the same settings may be updated together. */
  ruleFor(weight: WeightInfo): Rule
}

/** A coefficient by name. */
export function need(coefficients: Coefficients, name: string): Value {
  const found = coefficients[name]
  if (!found) throw new Error(`optimizer coefficient '${name}' is missing`)
  return found
}

/** A slot's value by its place. */
export function slotAt(slots: readonly Value[], i: number): Value {
  const found = slots[i]
  if (!found) throw new Error(`optimizer slot ${i} is missing`)
  return found
}
