import { ShapeError } from '../../../core/errors.ts'
import { formatShape, sizeOf } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { ints } from '../../../ops/constants.ts'
import { add } from '../../../ops/math/add.ts'
import { matMul } from '../../../ops/math/mat-mul.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import type { LayerScope } from '../../layer.ts'
import {
  activityPenalty,
  type CommonOptions,
  type ConstraintOption,
  type InitializerOption,
  type RegularizerOption,
  weightRules,
} from '../options.ts'

/** The dense layers inside of attention, with the weights that Keras's EinsumDense layers have. */

export interface ProjectionOptions extends CommonOptions {
  /** Default true. */
  readonly useBias?: boolean
  /** Default glorotUniform. */
  readonly kernelInitializer?: InitializerOption
  /** Default zeros. */
  readonly biasInitializer?: InitializerOption
  readonly kernelRegularizer?: RegularizerOption
  readonly biasRegularizer?: RegularizerOption
  /** A penalty on the outputs of the projections. */
  readonly activityRegularizer?: RegularizerOption
  readonly kernelConstraint?: ConstraintOption
  readonly biasConstraint?: ConstraintOption
}

export const projectionConfig = (options: ProjectionOptions) => ({
  useBias: options.useBias ?? true,
  kernelInitializer: options.kernelInitializer ?? 'glorotUniform',
  biasInitializer: options.biasInitializer ?? 'zeros',
  kernelRegularizer: options.kernelRegularizer ?? null,
  biasRegularizer: options.biasRegularizer ?? null,
  activityRegularizer: options.activityRegularizer ?? null,
  kernelConstraint: options.kernelConstraint ?? null,
  biasConstraint: options.biasConstraint ?? null,
})

/** `name/kernel` [...from, ...to] and `name/bias` [...to]: the last axis, which holds `from`, becomes `to`. */
export type Projection = (
  scope: LayerScope,
  name: string,
  x: Value,
  from: readonly number[],
  to: readonly number[],
  /** What the penalty on outputs sees the output of. Default: none. */
  activation?: (x: Value) => Value,
) => Value

export function projections(where: string, config: ReturnType<typeof projectionConfig>): Projection {
  const kernelRules = weightRules(where, config.kernelInitializer, config.kernelRegularizer, config.kernelConstraint)
  const biasRules = weightRules(where, config.biasInitializer, config.biasRegularizer, config.biasConstraint)
  const penalized = activityPenalty(where, config.activityRegularizer)
  return (scope, name, x, from, to, activation = y => y) => {
    const kernel = scope.weight(`${name}/kernel`, { shape: [...from, ...to], ...kernelRules })
    const matrix = from.length === 1 && to.length === 1 ? kernel : reshape(kernel, ints([sizeOf(from), sizeOf(to)]))
    let y = matMul(x, matrix)
    if (config.useBias) {
      const bias = scope.weight(`${name}/bias`, { shape: to, ...biasRules })
      y = add(y, to.length === 1 ? bias : reshape(bias, ints([sizeOf(to)])))
    }
    return penalized(scope, activation(y))
  }
}

/** […, heads · size] → […, heads, size]. */
export const byHead = (x: Value, heads: number, size: number): Value =>
  reshape(x, ints([...x.shape.slice(0, -1).map(() => 0), heads, size]))

/** Number of features of an input, which kernels depend on. */
export function featuresOf(where: string, x: Value): number {
  const size = x.shape.at(-1)
  if (typeof size === 'number' && x.shape.length >= 3) return size
  throw new ShapeError({
    where,
    expected: 'inputs of shape [batch, steps, size] with a known size',
    received: formatShape(x.shape),
  })
}
