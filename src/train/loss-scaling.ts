import { Value } from '../graph/value.ts'
import { ints, scalar } from '../ops/constants.ts'
import { equal } from '../ops/logic/equal.ts'
import { isNan } from '../ops/logic/is-nan.ts'
import { not } from '../ops/logic/not.ts'
import { where } from '../ops/logic/where.ts'
import { add } from '../ops/math/add.ts'
import { cast } from '../ops/math/cast.ts'
import { mul } from '../ops/math/mul.ts'
import { reduceSum } from '../ops/reduce/reduce-sum.ts'
import { concat } from '../ops/shape/concat.ts'
import { reshape } from '../ops/shape/reshape.ts'
import type { LossScaling } from './optimizers/optimizer.ts'
import type { Slab } from './state.ts'

/** The state of dynamic loss scaling: the scale, how many good steps it has seen in a row, and how many in all. */
export function lossScale({ initialScale, dynamicGrowthSteps }: LossScaling): {
  readonly scale: Value
  /** Steps that were not skipped: what the optimizer inside counts. */
  readonly finished: Value
  /** `finite`: whether this step is one of them. */
  slabs(finite: Value): Slab[]
} {
  const scale = Value.input({ dtype: 'float32', shape: [] }, 'loss_scale')
  const row = Value.input({ dtype: 'int64', shape: [] }, 'loss_scale_steps')
  const finished = Value.input({ dtype: 'int64', shape: [] }, 'finished')
  return {
    scale,
    finished,
    slabs(finite) {
      const [zero, one] = [scalar(0, 'int64'), scalar(1, 'int64')]
      const full = equal(row, scalar(dynamicGrowthSteps - 1, 'int64'))
      const factor = where(finite, where(full, scalar(2), scalar(1)), scalar(0.5))
      const counts = [
        where(finite, where(full, zero, add(row, one)), zero),
        add(finished, cast(finite, { to: 'int64' })),
      ]
      return [
        {
          name: 'lossScale',
          dtype: 'float32',
          length: 1,
          views: [{ input: scale, offset: 0, shape: [] }],
          output: { value: mul(scale, factor), shape: [] },
          inPlace: false, // the whole step reads it
          initialize: data => void data.fill(initialScale),
        },
        {
          name: 'lossScale:steps',
          dtype: 'int64',
          length: 2,
          views: [row, finished].map((input, offset) => ({ input, offset, shape: [] })),
          output: {
            value: concat(
              counts.map(value => reshape(value, ints([1]))),
              { axis: 0 },
            ),
            shape: [2],
          },
          inPlace: false,
        },
      ]
    },
  }
}

/** Whether no element is infinite or NaN: 0 · x is 0 for the finite ones, and NaN for the others, which a sum keeps. */
export function allFinite(values: readonly Value[]): Value {
  const traces = values.map(value => reduceSum(mul(value, scalar(0)), undefined, { keepdims: 0 }))
  return not(isNan(traces.reduce((a, b) => add(a, b))))
}
