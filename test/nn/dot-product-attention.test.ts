import { describe, expect, test } from 'vitest'
import { gradientsOf } from '../../src/autodiff/backward.ts'
import { Rng } from '../../src/core/rng.ts'
import type { TensorData } from '../../src/core/tensor-data.ts'
import { Value } from '../../src/graph/value.ts'
import { dotProductAttention } from '../../src/nn/dot-product-attention.ts'
import { constant, ints, scalar } from '../../src/ops/constants.ts'
import { add } from '../../src/ops/math/add.ts'
import { matMul } from '../../src/ops/math/mat-mul.ts'
import { mul } from '../../src/ops/math/mul.ts'
import { softmax } from '../../src/ops/nn/softmax.ts'
import { reduceSum } from '../../src/ops/reduce/reduce-sum.ts'
import { swapLast } from '../../src/ops/shape/transpose.ts'
import { load, worstError } from '../support/run.ts'

/** As the paper has it, with a whole mask. */
function plain(q: Value, k: Value, v: Value, causal: boolean): Value {
  const steps = Number(q.shape.at(-2))
  const scores = mul(matMul(q, swapLast(k)), scalar(1 / Math.sqrt(Number(q.shape.at(-1)))))
  const mask = Array.from({ length: steps * steps }, (_, i) => (i % steps > Math.floor(i / steps) ? -1e9 : 0))
  return matMul(softmax(causal ? add(scores, constant(mask, [steps, steps])) : scores, { axis: -1 }), v)
}

describe('dotProductAttention', () => {
  // 300 steps are three blocks, the last one short.
  test.each([
    { steps: 20, causal: false },
    { steps: 20, causal: true },
    { steps: 300, causal: true },
  ])('$steps steps, causal: $causal, against the formula, gradients included', async ({ steps, causal }) => {
    const shape = [2, 3, steps, 8]
    const [q, k, v, weight] = ['q', 'k', 'v', 'weight'].map(name => Value.input({ dtype: 'float32', shape }, name))
    if (!q || !k || !v || !weight) throw new Error('four inputs')
    const results = [dotProductAttention(q, k, v, { causal }), plain(q, k, v, causal)].map(y => [
      y,
      ...gradientsOf(reduceSum(mul(y, weight), ints([0, 1, 2, 3]), { keepdims: 0 }), [q, k, v]),
    ])
    const inputs = [q, k, v, weight]
    const run = await load(inputs, results.flat())
    const rng = new Rng(7)
    const draw = (): TensorData => ({
      dtype: 'float32',
      shape,
      data: Float32Array.from({ length: 2 * 3 * steps * 8 }, () => rng.normal()),
    })
    const values = await run(new Map(inputs.map(input => [input, draw()])))
    for (let i = 0; i < 4; i++) {
      const [own, wanted] = [values[i], values[i + 4]]
      if (!own || !wanted) throw new Error('eight results')
      expect(worstError(own, wanted)).toBeLessThan(1e-5)
    }
  })
})
