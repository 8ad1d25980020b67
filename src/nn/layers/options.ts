import { ArgumentError, UnsupportedError } from '../../core/errors.ts'
import type { Value } from '../../graph/value.ts'
import { ints, scalarLike } from '../../ops/constants.ts'
import { cast } from '../../ops/math/cast.ts'
import { div } from '../../ops/math/div.ts'
import { reshape } from '../../ops/shape/reshape.ts'
import { shapeOf } from '../../ops/shape/shape.ts'
import { type Constraint, type ConstraintName, resolveConstraint } from '../constraints.ts'
import { type Initializer, type InitializerName, resolveInitializer } from '../initializers.ts'
import type { LayerScope } from '../layer.ts'
import { type Regularizer, type RegularizerName, resolveRegularizer } from '../regularizers.ts'
import type { Serialized } from '../serialized.ts'
import type { WeightOptions } from '../variable.ts'

/** Options that every layer takes. They are not part of its config, except for `activityRegularizer`. */
export interface CommonOptions {
  /** Its place in a model. Default: the type in snake case, numbered where it repeats. */
  readonly name?: string | undefined
  /** False freezes the layer's weights. Default true. */
  readonly trainable?: boolean | undefined
  /** Layers compute in float32; no other dtype is taken. */
  readonly dtype?: 'float32' | undefined
}

export type InitializerOption = InitializerName | Initializer | Serialized
/** By name, as an object, in serialised form, as a function from a weight to a scalar, or null for none. */
export type RegularizerOption = RegularizerName | Regularizer | Serialized | ((weight: Value) => Value) | null
/** By name, as an object, in serialised form, as a function from a weight to the allowed one, or null for none. */
export type ConstraintOption = ConstraintName | Constraint | Serialized | ((weight: Value) => Value) | null

/** What `makeLayer` takes of the common options, after checking them. */
export function common(where: string, { name, trainable, dtype = 'float32' }: CommonOptions) {
  if (dtype !== 'float32') {
    throw new UnsupportedError({
      where,
      expected: "'dtype' to be 'float32', in which layers compute",
      received: `'${String(dtype)}'`,
    })
  }
  return { name, trainable }
}

/** How a weight begins, what it is penalised for and what it is brought back to: resolved once, when the layer is made. */
export function weightRules(
  where: string,
  initializer: InitializerOption,
  regularizer?: RegularizerOption,
  constraint?: ConstraintOption,
): Omit<WeightOptions, 'shape'> {
  return {
    initializer: resolveInitializer(initializer, where),
    regularizer: resolveRegularizer(regularizer, where),
    constraint: resolveConstraint(constraint, where),
  }
}

/**
 * A function that adds the penalty on a layer's output to the loss and returns the output. As in Keras the penalty is divided by
 * the batch size, so that it does not depend on it.
 */
export function activityPenalty(
  where: string,
  option: RegularizerOption | undefined,
): (scope: LayerScope, output: Value) => Value {
  const regularizer = resolveRegularizer(option, where)
  return (scope, output) => {
    if (regularizer) scope.addLoss(div(regularizer.call(output), batchSize(output)))
    return output
  }
}

/** Number of samples as a scalar of the value's dtype, also where it is known only when the graph runs. */
function batchSize(x: Value): Value {
  const [batch] = x.shape
  if (typeof batch === 'number') return scalarLike(batch, x)
  return cast(reshape(shapeOf(x, { end: 1 }), ints([])), { to: x.dtype })
}

export type DataFormat = 'channelsLast' | 'channelsFirst'

export function dataFormat(where: string, value: DataFormat = 'channelsLast'): DataFormat {
  if (value === 'channelsLast' || value === 'channelsFirst') return value
  throw new ArgumentError({
    where,
    expected: "'dataFormat' to be 'channelsLast' or 'channelsFirst'",
    received: `'${String(value)}'`,
  })
}
