import { expect, test } from 'vitest'
import { gradientsOf } from '../../src/autodiff/backward.ts'
import { fromNumbers, toNumbers } from '../../src/core/tensor-data.ts'
import { Value } from '../../src/graph/value.ts'
import { ints, scalar } from '../../src/ops/constants.ts'
import { abs } from '../../src/ops/math/abs.ts'
import { max } from '../../src/ops/math/max.ts'
import { min } from '../../src/ops/math/min.ts'
import { pow } from '../../src/ops/math/pow.ts'
import { clip } from '../../src/ops/nn/clip.ts'
import { leakyRelu } from '../../src/ops/nn/leaky-relu.ts'
import { relu } from '../../src/ops/nn/relu.ts'
import { positive } from '../../src/ops/nn/step.ts'
import { reduceL2 } from '../../src/ops/reduce/reduce-l2.ts'
import { reduceMax } from '../../src/ops/reduce/reduce-max.ts'
import { reduceMin } from '../../src/ops/reduce/reduce-min.ts'
import { reduceProd } from '../../src/ops/reduce/reduce-prod.ts'
import { reduceSum } from '../../src/ops/reduce/reduce-sum.ts'
import { evaluate } from '../support/run.ts'

/** Gradients where finite differences cannot decide: ties, kinks, zeros. The expected numbers are TensorFlow 2.21's, float32. */

async function gradients(
  f: (...x: readonly Value[]) => Value,
  ...at: readonly (readonly number[])[]
): Promise<number[][]> {
  const inputs = at.map((x, i) => Value.input({ dtype: 'float32', shape: [x.length] }, `x${i}`))
  const loss = reduceSum(f(...inputs), undefined, { keepdims: 0 })
  const feeds = new Map(inputs.map((input, i) => [input, fromNumbers('float32', [at[i]?.length ?? 0], at[i] ?? [])]))
  return (await evaluate(gradientsOf(loss, inputs), feeds)).map(result => Array.from(toNumbers(result)))
}
const nothing = fromNumbers('float32', [0], [])
const of = (values: readonly Value[], i: number): Value => values[i] ?? scalar(0)

test('Relu, LeakyRelu and Abs at 0', async () => {
  expect(await gradients((...x) => relu(of(x, 0)), [-1, 0, 2])).toEqual([[0, 0, 1]])
  expect(await gradients((...x) => leakyRelu(of(x, 0), { alpha: 0.25 }), [-1, 0, 2])).toEqual([[0.25, 0.25, 1]])
  expect(await gradients((...x) => abs(of(x, 0)), [-1, 0, 2])).toEqual([[-1, 0, 1]])
})

test('Max and Min give a tie to the first input', async () => {
  expect(await gradients((...x) => max(x), [1, 2, 3], [1, 3, 2], [1, 0, 3])).toEqual([
    [1, 0, 1],
    [0, 1, 0],
    [0, 0, 0],
  ])
  expect(await gradients((...x) => min(x), [1, 2, 3], [1, 3, 2])).toEqual([
    [1, 1, 0],
    [0, 0, 1],
  ])
})

test('ReduceMax and ReduceMin share a tie equally', async () => {
  expect(await gradients((...x) => reduceMax(of(x, 0), ints([0])), [3, 1, 3, 2])).toEqual([[0.5, 0, 0.5, 0]])
  expect(await gradients((...x) => reduceMin(of(x, 0), ints([0])), [1, 1, 3, 1])).toEqual([
    [1, 1, 0, 1].map(e => expect.closeTo(e / 3, 6)),
  ])
})

test('Clip passes the gradient at its bounds', async () => {
  expect(await gradients((...x) => clip(of(x, 0), scalar(0), scalar(2)), [-1, 0, 1, 2, 3])).toEqual([[0, 1, 1, 1, 0]])
})

test('Pow at bases of 0 and below', async () => {
  const [x, e] = await gradients((...v) => pow(of(v, 0), of(v, 1)), [0, 0, -2, 0], [0, 2, 3, 1])
  // At 0⁰ TensorFlow gives NaN for the base; x⁰ is 1 around it, so the slope is 0.
  expect(x).toEqual([0, 0, 12, 1])
  expect(e?.map(value => value + 0)).toEqual([0, 0, 0, 0]) // + 0 turns −0 into 0
})

test('ReduceProd and ReduceL2 at zeros', async () => {
  expect(await gradients((...x) => reduceProd(of(x, 0)), [2, 0, 3])).toEqual([[0, 6, 0]])
  expect(await gradients((...x) => reduceProd(of(x, 0)), [0, 0, 3])).toEqual([[0, 0, 0]])
  // TensorFlow's norm gives NaN here; a gradient of 0 is a subgradient and keeps training alive.
  expect(await gradients((...x) => reduceL2(of(x, 0)), [0, 0])).toEqual([[0, 0]])
})

test('the float32 mask of positive numbers is exact for all that are normal', async () => {
  const values = [
    -3e38,
    -1,
    -1.2e-38,
    -0,
    0,
    1.2e-38,
    1e-20,
    1,
    3e38,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ]
  const x = Value.input({ dtype: 'float32', shape: [values.length] }, 'x')
  const [mask] = await evaluate([positive(x)], new Map([[x, fromNumbers('float32', [values.length], values)]]))
  expect(Array.from(toNumbers(mask ?? nothing))).toEqual(values.map(value => Number(value > 0)))
})
