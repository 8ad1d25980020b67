import { expect, test } from 'vitest'
import { gradientsOf } from '../../src/autodiff/backward.ts'
import { fromNumbers, toNumbers } from '../../src/core/tensor-data.ts'
import { Graph } from '../../src/graph/graph.ts'
import { withScope } from '../../src/graph/scope.ts'
import { Value } from '../../src/graph/value.ts'
import { constant, ints, scalar } from '../../src/ops/constants.ts'
import { loop } from '../../src/ops/control/loop.ts'
import { oneHot } from '../../src/ops/index/one-hot.ts'
import { scatterElements } from '../../src/ops/index/scatter-elements.ts'
import { identity } from '../../src/ops/math/identity.ts'
import { matMul } from '../../src/ops/math/mat-mul.ts'
import { mul } from '../../src/ops/math/mul.ts'
import { attention } from '../../src/ops/nn/attention.ts'
import { convTranspose } from '../../src/ops/nn/conv-transpose.ts'
import { pRelu } from '../../src/ops/nn/p-relu.ts'
import { lstm } from '../../src/ops/recurrent/lstm.ts'
import { rnn } from '../../src/ops/recurrent/rnn.ts'
import { reduceProd } from '../../src/ops/reduce/reduce-prod.ts'
import { reduceSum } from '../../src/ops/reduce/reduce-sum.ts'
import { reshape } from '../../src/ops/shape/reshape.ts'
import { resize } from '../../src/ops/shape/resize.ts'
import { evaluate, worstError } from '../support/run.ts'

/** Corners that a random search over attributes, shapes and transforms found. */

const total = (x: Value) => reduceSum(x, undefined, { keepdims: 0 })
const input = (shape: readonly number[], name = 'x') => Value.input({ dtype: 'float32', shape }, name)
const feed = (shape: readonly number[], values: readonly number[] = []) => fromNumbers('float32', shape, values)

test('tensors without elements have gradients without elements, of every order', async () => {
  const x = input([2, 0, 3])
  for (const y of [
    mul(x, input([2, 1, 1], 'scale')),
    reshape(x, ints([0, 6]), { allowzero: 1 }),
    reduceProd(x, ints([2])),
    matMul(x, input([3, 2], 'w')),
  ]) {
    const others = y.node?.inputs.filter(value => value && !value.constant && value !== x) ?? []
    const feeds = new Map([[x, feed([2, 0, 3])]])
    for (const other of others)
      if (other) {
        const shape = other.shape.map(Number)
        feeds.set(
          other,
          feed(
            shape,
            shape.reduce((list, size) => new Array<number>(list.length * size).fill(1), [1]),
          ),
        )
      }
    const variables = [...feeds.keys()]
    const grads = gradientsOf(total(y), variables)
    const results = await evaluate(grads, feeds)
    expect(results.map(({ shape }) => [...shape])).toEqual(variables.map(({ shape }) => shape))
    expect(results.flatMap(result => Array.from(toNumbers(result))).every(value => value === 0)).toBe(true)
  }
})

test('a rematerialised stretch may be empty', async () => {
  const x = input([0, 3])
  const y = withScope('again', () => mul(x, mul(x, x)), { rematerialize: true })
  const [dx] = await evaluate(gradientsOf(total(y), [x]), new Map([[x, feed([0, 3])]]))
  expect(dx?.shape).toEqual([0, 3])
})

test('a rematerialised recurrence with lengths has the gradients of the plain one', async () => {
  const values = { x: input([3, 2, 1], 'x'), w: input([1, 2, 1], 'w'), r: input([1, 2, 2], 'r') }
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => Math.sin(i + 1))
  const feeds = new Map(
    Object.values(values).map(value => {
      const shape = value.shape.map(Number)
      return [value, feed(shape, numbers(shape.reduce((a, b) => a * b, 1)))]
    }),
  )
  const loss = () =>
    total(rnn(values.x, values.w, values.r, undefined, constant([3, 1], [2], 'int32'), undefined, { hidden_size: 2 }).y)
  const plain = await evaluate(gradientsOf(loss(), [...feeds.keys()]), feeds)
  const again = await evaluate(
    gradientsOf(
      withScope('again', () => loss(), { rematerialize: true }),
      [...feeds.keys()],
    ),
    feeds,
  )
  plain.forEach((grad, i) => {
    expect(worstError(again[i] ?? grad, grad)).toBeLessThan(1e-6)
    expect(Math.max(...toNumbers(grad).map(Math.abs))).toBeGreaterThan(0.01)
  })
})

test('second derivatives through PRelu stay finite for large gradients', async () => {
  const [x, slope] = [input([2], 'x'), input([1], 'slope')]
  const [dx] = gradientsOf(total(mul(pRelu(x, slope), scalar(3))), [x])
  const second = await evaluate(
    gradientsOf(total(mul(dx ?? x, scalar(2))), [x, slope]),
    new Map([
      [x, feed([2], [-1, 2])],
      [slope, feed([1], [0.25])],
    ]),
  )
  expect(second.map(result => Array.from(toNumbers(result)))).toEqual([[0, 0], [6]])
})

test('Resize rounds sizes as the engine does, in float32', async () => {
  const x = input([3])
  const y = resize(x, undefined, constant([7 / 3]))
  const [result] = await evaluate([y], new Map([[x, feed([3], [1, 2, 3])]]))
  expect(y.shape).toEqual([7])
  expect(result?.shape).toEqual([7])
})

test('the gradient of OneHot by indices that are floats is zero', async () => {
  const [indices, values] = [input([2], 'indices'), input([2], 'values')]
  const y = oneHot(indices, constant([3], [], 'float32'), values)
  const grads = await evaluate(
    gradientsOf(total(y), [indices, values]),
    new Map([
      [indices, feed([2], [0, 2])],
      [values, feed([2], [0, 1])],
    ]),
  )
  expect(grads.map(result => Array.from(toNumbers(result)))).toEqual([
    [0, 0],
    [4, 2],
  ])
})

test('a Loop whose condition is handed on by an Identity runs a known number of times', async () => {
  const [i, go, h] = [
    Value.input({ dtype: 'int64', shape: [] }, 'i'),
    Value.input({ dtype: 'bool', shape: [] }, 'go'),
    input([2], 'h'),
  ]
  const next = mul(h, h)
  const body = new Graph({ inputs: [i, go, h], outputs: [identity(go), next, identity(next)] })
  const x = input([2])
  const [last, stack] = loop(constant([3], [], 'int64'), undefined, [x], { body })
  expect(stack?.shape).toEqual([3, 2])
  const [dx] = await evaluate(gradientsOf(total(last ?? x), [x]), new Map([[x, feed([2], [1, -0.5])]]))
  // ((x²)²)² = x⁸
  expect(Array.from(toNumbers(dx ?? feed([0])))).toEqual([8, 8 * (-0.5) ** 7])
})

const numbers = (shape: readonly number[], seed: number) =>
  feed(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(seed + 1.3 * i)),
  )

test('one value as several inputs of a fused operator has one gradient, the sum', async () => {
  const [x, other] = [input([1, 1, 3, 2], 'x'), input([1, 1, 3, 2], 'other')]
  const apart = attention(x, other, other).y
  const same = attention(x, x, x).y
  const weights = Value.constant(numbers([1, 1, 3, 2], 5))
  const feeds = new Map([x, other].map(value => [value, numbers([1, 1, 3, 2], 1)]))
  const [whole, q, kv] = await evaluate(
    [...gradientsOf(total(mul(same, weights)), [x]), ...gradientsOf(total(mul(apart, weights)), [x, other])],
    feeds,
  )
  const sum = Array.from(toNumbers(q ?? feed([0])), (value, i) => value + (toNumbers(kv ?? feed([0]))[i] ?? 0))
  expect(worstError(whole ?? feed([0]), feed([1, 1, 3, 2], sum))).toBeLessThan(1e-6)
})

test('one initial state for h and c of an LSTM', async () => {
  const [x, w, r] = [numbers([2, 1, 2], 1), numbers([1, 8, 2], 2), numbers([1, 8, 2], 3)].map(data =>
    Value.constant(data),
  )
  const [h, c] = [input([1, 1, 2], 'h'), input([1, 1, 2], 'c')]
  if (!x || !w || !r) throw new Error('three constants')
  const run = (first: Value, second: Value) =>
    total(lstm(x, w, r, undefined, undefined, first, second, undefined, { hidden_size: 2 }).y)
  const feeds = new Map([h, c].map(value => [value, numbers([1, 1, 2], 4)]))
  const [whole, dh, dc] = await evaluate([...gradientsOf(run(h, h), [h]), ...gradientsOf(run(h, c), [h, c])], feeds)
  const sum = Array.from(toNumbers(dh ?? feed([0])), (value, i) => value + (toNumbers(dc ?? feed([0]))[i] ?? 0))
  expect(worstError(whole ?? feed([0]), feed([1, 1, 2], sum))).toBeLessThan(1e-6)
})

test('scattered products have gradients where updates are zero', async () => {
  const [data, updates] = [input([3], 'data'), input([5], 'updates')]
  // Element 0 gets 2·0, element 1 gets 0·0, element 2 gets 3.
  const y = scatterElements(data, constant([0, 0, 1, 1, 2], [5], 'int64'), updates, { reduction: 'mul' })
  const grads = await evaluate(
    gradientsOf(total(y), [data, updates]),
    new Map([
      [data, feed([3], [5, 7, 11])],
      [updates, feed([5], [2, 0, 0, 0, 3])],
    ]),
  )
  expect(grads.map(result => Array.from(toNumbers(result)))).toEqual([
    [0, 0, 3],
    [0, 10, 0, 0, 11],
  ])
})

test('a query that may look at nothing gives and takes no gradient', async () => {
  const [q, v] = [input([1, 1, 2, 2], 'q'), input([1, 1, 2, 2], 'v')]
  const mask = constant([0, 0, 1, 0], [2, 2], 'bool')
  const [dq, dv] = await evaluate(
    gradientsOf(total(attention(q, q, v, mask).y), [q, v]),
    new Map([q, v].map((value, i) => [value, numbers([1, 1, 2, 2], i)])),
  )
  expect(Array.from(toNumbers(dq ?? feed([0])))).toEqual([0, 0, 0, 0])
  expect(Array.from(toNumbers(dv ?? feed([0])))).toEqual([1, 1, 0, 0])
})

test('ConvTranspose refuses an output that only a larger input could have, as the engine does', () => {
  const [x, w] = [input([1, 2, 4]), input([2, 2, 1], 'w')]
  const grown = (size: number) => convTranspose(x, w, undefined, { output_shape: [size], strides: [2] })
  expect(grown(8).shape).toEqual([1, 2, 8])
  expect(() => grown(9)).toThrow(/output_shape of at most 8 for 4 elements at stride 2.*received 9/s)
})
