import { ArgumentError } from '../../../core/errors.ts'
import { sizeOf } from '../../../core/shape.ts'
import { fromNumbers, toNumbers } from '../../../core/tensor-data.ts'
import type { Value } from '../../../graph/value.ts'
import { ints, scalarLike } from '../../../ops/constants.ts'
import { matMul } from '../../../ops/math/mat-mul.ts'
import { mul } from '../../../ops/math/mul.ts'
import { bernoulliMask } from '../../../ops/random/bits.ts'
import { concat } from '../../../ops/shape/concat.ts'
import { split } from '../../../ops/shape/split.ts'
import { type Activation, resolveActivation } from '../../activations.ts'
import type { Initializer } from '../../initializers.ts'
import type { LayerScope } from '../../layer.ts'
import { positiveInt } from '../arguments.ts'
import {
  type CommonOptions,
  type ConstraintOption,
  type InitializerOption,
  type RegularizerOption,
  weightRules,
} from '../options.ts'
import { type SeedOption, seededKey, seedOf } from '../seeded.ts'

/** What all gated cells share: options of their weights, dropout, and products with one mask for each gate. */

export interface RecurrentWeightOptions extends CommonOptions, SeedOption {
  /** Applied to what the gates let in, and to the output. Default tanh. */
  readonly activation?: Activation
  readonly useBias?: boolean
  readonly kernelInitializer?: InitializerOption
  readonly recurrentInitializer?: InitializerOption
  readonly biasInitializer?: InitializerOption
  readonly kernelRegularizer?: RegularizerOption
  readonly recurrentRegularizer?: RegularizerOption
  readonly biasRegularizer?: RegularizerOption
  readonly kernelConstraint?: ConstraintOption
  readonly recurrentConstraint?: ConstraintOption
  readonly biasConstraint?: ConstraintOption
  /**
   * Share of the inputs' elements that are dropped in training, the same ones at every step: with `recurrentDropout` this is
   * variational dropout (Gal & Ghahramani, "A Theoretically Grounded Application of Dropout in Recurrent Neural Networks", 2016).
   */
  readonly dropout?: number
  /**
   * Share of the state's elements that are dropped before the recurrent product, the same ones at every step. As in Keras each gate
   * then has masks of its own, for inputs too (Gal & Ghahramani's "untied weights").
   */
  readonly recurrentDropout?: number
}

/** The shared part of a cell's configuration, defaults filled in and checked. */
export function recurrentConfig(where: string, options: RecurrentWeightOptions) {
  return {
    activation: options.activation ?? 'tanh',
    useBias: options.useBias ?? true,
    kernelInitializer: options.kernelInitializer ?? 'glorotUniform',
    recurrentInitializer: options.recurrentInitializer ?? 'orthogonal',
    biasInitializer: options.biasInitializer ?? 'zeros',
    kernelRegularizer: options.kernelRegularizer ?? null,
    recurrentRegularizer: options.recurrentRegularizer ?? null,
    biasRegularizer: options.biasRegularizer ?? null,
    kernelConstraint: options.kernelConstraint ?? null,
    recurrentConstraint: options.recurrentConstraint ?? null,
    biasConstraint: options.biasConstraint ?? null,
    dropout: share(where, 'dropout', options.dropout ?? 0),
    recurrentDropout: share(where, 'recurrentDropout', options.recurrentDropout ?? 0),
    seed: seedOf(where, options),
  }
}
type RecurrentConfig = ReturnType<typeof recurrentConfig>

export const unitsOf = (where: string, units: number): number => positiveInt(where, 'units', units)

/** Keras cuts shares to [0, 1]; here a share outside is a mistake. */
function share(where: string, name: string, value: number): number {
  if (value >= 0 && value <= 1) return value
  throw new ArgumentError({ where, expected: `'${name}' to be from 0 to 1`, received: String(value) })
}

/** Resolves names once, when the cell is made. */
export function resolveRecurrent(where: string, config: RecurrentConfig) {
  return {
    activation: resolveActivation(config.activation, where),
    kernel: weightRules(where, config.kernelInitializer, config.kernelRegularizer, config.kernelConstraint),
    recurrent: weightRules(where, config.recurrentInitializer, config.recurrentRegularizer, config.recurrentConstraint),
    bias: weightRules(where, config.biasInitializer, config.biasRegularizer, config.biasConstraint),
  }
}

/** Masks for dropout, kept elements scaled up. `count` > 1: one for each gate. None where nothing is dropped. */
export function dropoutMasks(
  scope: LayerScope,
  config: RecurrentConfig,
  kind: 'dropout' | 'recurrentDropout',
  like: Value,
  count: number,
): readonly Value[] | undefined {
  const rate = config[kind]
  // As in Keras, a share of 1 drops nothing.
  if (!scope.training || rate === 0 || rate === 1) return undefined
  const shape = like.shape.map(dim => sizeOf([dim]))
  const key = seededKey(scope, config.seed, kind)
  return Array.from({ length: count }, (_, i) =>
    mul(bernoulliMask(key, shape, 1 - rate, { stream: i }), scalarLike(1 / (1 - rate), like)),
  )
}

/**
 * x · kernel, the kernel holding `gates` matrices side by side along `kernelAxis`; with masks, x is masked first, for each gate by
 * its own. `product` may be a convolution: gates are on axis 1 of its result.
 */
export function maskedProduct(
  x: Value,
  kernel: Value,
  gates: number,
  masks: readonly Value[] | undefined,
  product: (x: Value, kernel: Value) => Value = matMul,
  kernelAxis = 1,
): Value {
  const [mask, ...others] = masks ?? []
  if (!mask) return product(x, kernel)
  if (others.length === 0) return product(mul(x, mask), kernel)
  const parts = cut(kernel, gates, kernelAxis).map((part, i) => product(mul(x, masks?.[i] ?? mask), part))
  return concat(parts, { axis: 1 })
}

/** Equal parts along an axis. */
export function cut(value: Value, count: number, axis: number): readonly Value[] {
  const size = sizeOf([value.shape.at(axis) ?? 0]) / count
  return split(value, ints(new Array<number>(count).fill(size)), { axis })
}

/** Jozefowicz et al., 2015: the forget gate, second of the four, starts open. */
export const openForgetGate = (rest: Initializer): Initializer => ({
  name: 'openForgetGate',
  config: { rest: { name: rest.name, config: rest.config } },
  init(shape, rng) {
    const [size = 0] = shape
    const quarter = size / 4
    const drawn = toNumbers(rest.init([size - quarter], rng))
    const ones = new Array<number>(quarter).fill(1)
    const values = [...drawn.slice(0, quarter), ...ones, ...drawn.slice(quarter)]
    return fromNumbers('float32', shape, values)
  },
})
