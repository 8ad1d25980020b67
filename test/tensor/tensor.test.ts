import { describe, expect, test } from 'vitest'
import { ArgumentError, DTypeError, ShapeError } from '../../src/core/errors.ts'
import { cpu } from '../../src/runtime/ort-node/index.ts'
import {
  arange,
  concat,
  evaluate,
  eye,
  full,
  linspace,
  ones,
  random,
  split,
  stack,
  tensor,
  where,
  zeros,
} from '../../src/tensor/index.ts'
import { counting } from '../support/counting-engine.ts'

describe('making tensors', () => {
  test('from nested arrays, with the dtype of the elements', async () => {
    expect([tensor([[1, 2]]).dtype, tensor([1n]).dtype, tensor([true]).dtype, tensor(['a']).dtype]).toEqual([
      'float32',
      'int64',
      'bool',
      'string',
    ])
    expect(tensor([[1, 2, 3]]).shape).toEqual([1, 3])
    expect(tensor(5).shape).toEqual([])
    expect(await tensor([[true], [false]]).array()).toEqual([[true], [false]])
    expect((await tensor([2n ** 62n]).data())[0]).toBe(2n ** 62n)
  })
  test('from typed arrays, without a copy', async () => {
    const data = Int32Array.of(1, 2, 3, 4)
    const x = tensor(data, { shape: [2, 2] })
    expect([x.dtype, x.shape, x.size, x.rank]).toEqual(['int32', [2, 2], 4, 2])
    expect(await x.data()).toBe(data)
    expect(await tensor(data, { dtype: 'float32' }).data()).toEqual(Float32Array.of(1, 2, 3, 4))
  })
  test('by formula', async () => {
    expect(await zeros([2]).array()).toEqual([0, 0])
    expect(await ones([1, 2], { dtype: 'int32' }).data()).toEqual(Int32Array.of(1, 1))
    expect(await full([2], 7).array()).toEqual([7, 7])
    expect(await eye(2, { columns: 3 }).array()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ])
    expect(await arange(3).array()).toEqual([0, 1, 2])
    expect(await arange(5, 0, { step: -2 }).array()).toEqual([5, 3, 1])
    expect(await linspace(0, 1, 5).array()).toEqual([0, 0.25, 0.5, 0.75, 1])
    expect(await linspace(2, 9, 1).array()).toEqual([2])
  })
  test('at random: the same seed, the same numbers', async () => {
    const draw = () => random.normal([1000], { seed: 3 })
    expect(await draw().data()).toEqual(await draw().data())
    expect(Math.abs(await draw().mean().item())).toBeLessThan(0.1)
    expect(await random.normal([1000], { seed: 4 }).data()).not.toEqual(await draw().data())
    const u = await random.uniform([500], { seed: 1, low: 2, high: 3 }).data()
    expect(Math.min(...u)).toBeGreaterThanOrEqual(2)
    expect(Math.max(...u)).toBeLessThan(3)
    const k = await random.integers([500], { seed: 1, low: -1, high: 2 }).array()
    expect(new Set(k as number[])).toEqual(new Set([-1, 0, 1]))
  })
  test('refuses ragged arrays, mixed kinds and wrong sizes', () => {
    expect(() => tensor([[1, 2], [3]])).toThrow(ShapeError)
    expect(() => tensor([[1, 2], [3]])).toThrow('at [1]')
    expect(() => tensor([1, 'a'] as unknown[] as number[])).toThrow(ArgumentError)
    expect(() => tensor([1, 2, 3], { shape: [2, 2] })).toThrow(ShapeError)
  })
})

describe('operations', () => {
  const x = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ])
  test('arithmetic with numbers and broadcasting', async () => {
    expect(await x.add(1).mul(2).sub(x).div(2).array()).toEqual([
      [1.5, 2, 2.5],
      [3, 3.5, 4],
    ])
    expect(await x.mul(tensor([1, 0, -1])).array()).toEqual([
      [1, 0, -3],
      [4, 0, -6],
    ])
    expect(await x.pow(2).sum().item()).toBe(91)
    expect(await x.pow(0.5).slice(1, 0).item()).toBeCloseTo(2, 6)
    expect(await tensor([7, -7], { dtype: 'int32' }).div(2).array()).toEqual([3, -3])
    expect(await x.maximum(3).minimum(5).array()).toEqual([
      [3, 3, 3],
      [4, 5, 5],
    ])
  })
  test('unary functions', async () => {
    const y = tensor([0.5, 2])
    const close = async (got: { data(): Promise<Float32Array> }, want: number[]) =>
      (await got.data()).forEach((value, i) => {
        expect(value).toBeCloseTo(want[i] ?? Number.NaN, 5)
      })
    const both = (f: (v: number) => number) => [f(0.5), f(2)]
    await close(y.exp(), both(Math.exp))
    await close(y.log(), both(Math.log))
    await close(y.sqrt(), both(Math.sqrt))
    await close(y.sin(), both(Math.sin))
    await close(y.cos(), both(Math.cos))
    await close(y.tanh(), both(Math.tanh))
    await close(y.neg().abs(), [0.5, 2])
    await close(y.reciprocal(), [2, 0.5])
    await close(y.square(), [0.25, 4])
    await close(y.floor(), [0, 2])
    await close(y.ceil(), [1, 2])
    await close(y.round(), [0, 2])
    await close(y.sub(1).sign(), [-1, 1])
    await close(y.sub(1).relu(), [0, 1])
    await close(y.erf(), [0.5204999, 0.9953223])
    await close(
      y.sigmoid(),
      both(v => 1 / (1 + Math.exp(-v))),
    )
    await close(
      y.softplus(),
      both(v => Math.log1p(Math.exp(v))),
    )
    await close(y.softmax(), [1 / (1 + Math.exp(1.5)), 1 / (1 + Math.exp(-1.5))])
    await close(y.logSoftmax().exp().sum(), [1])
  })
  test('comparison, logic, selection', async () => {
    const small = x.less(3)
    expect(small.dtype).toBe('bool')
    expect(await small.logicalOr(x.greaterEqual(6)).array()).toEqual([
      [true, true, false],
      [false, false, true],
    ])
    expect(await small.logicalNot().logicalAnd(x.lessEqual(4)).array()).toEqual([
      [false, false, true],
      [true, false, false],
    ])
    expect(await x.equal(5).cast('float32').sum().item()).toBe(1)
    expect(
      await x
        .greater(tensor([3]))
        .cast('int32')
        .sum()
        .item(),
    ).toBe(3)
    expect(await where(small, x, 0).array()).toEqual([
      [1, 2, 0],
      [0, 0, 0],
    ])
    expect(await where(small, -1, x).slice(0).array()).toEqual([-1, -1, 3])
  })
  test('reductions, as in NumPy', async () => {
    expect(await x.sum().item()).toBe(21)
    expect(await x.sum({ axis: 0 }).array()).toEqual([5, 7, 9])
    expect(await x.mean({ axis: -1, keepdims: true }).array()).toEqual([[2], [5]])
    expect(await x.max({ axis: [0, 1] }).item()).toBe(6)
    expect(await x.min().item()).toBe(1)
    expect(await x.prod({ axis: 1 }).array()).toEqual([6, 120])
    expect(await x.sum({ axis: [] }).array()).toEqual(await x.array())
    expect(await x.variance({ axis: 1 }).array()).toEqual([expect.closeTo(2 / 3, 5), expect.closeTo(2 / 3, 5)])
    expect(await x.argMax({ axis: 1 }).array()).toEqual([2, 2])
    expect(await x.argMax().item()).toBe(5)
    expect((await x.argMin({ axis: 0, keepdims: true })).shape).toEqual([1, 3])
    expect(x.argMax({ keepdims: true }).shape).toEqual([1, 1])
  })
  test('shape', async () => {
    expect(x.reshape([3, -1]).shape).toEqual([3, 2])
    expect(x.flatten().shape).toEqual([6])
    expect(x.transpose().shape).toEqual([3, 2])
    expect(x.reshape([1, 2, 3]).transpose([-1, 0, 1]).shape).toEqual([3, 1, 2])
    expect(x.reshape([1, 2, 3]).moveAxis(0, -1).shape).toEqual([2, 3, 1])
    expect(x.expandDims(1).shape).toEqual([2, 1, 3])
    expect(x.reshape([1, 6, 1]).squeeze().shape).toEqual([6])
    expect(x.reshape([1, 6, 1]).squeeze(0).shape).toEqual([6, 1])
    expect(x.slice(0).broadcastTo([4, 3]).shape).toEqual([4, 3])
    expect(zeros([0, 3]).reshape([3, 0]).shape).toEqual([3, 0])
    expect(await x.transpose().array()).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ])
  })
  test('indexing', async () => {
    expect(await x.slice(1).array()).toEqual([4, 5, 6])
    expect(await x.slice(null, [1, null]).array()).toEqual([
      [2, 3],
      [5, 6],
    ])
    expect(await x.slice('...', [null, null, -1]).array()).toEqual([
      [3, 2, 1],
      [6, 5, 4],
    ])
    expect(await x.slice(-1, -1).item()).toBe(6)
    expect(await x.index(-1, { axis: 1 }).array()).toEqual([3, 6])
    expect(await x.index(tensor([2n, 0n]), { axis: 1 }).array()).toEqual([
      [3, 1],
      [6, 4],
    ])
    expect(() => x.slice(2)).toThrow(ShapeError)
    expect(() => x.slice(0, 0, 0)).toThrow(ArgumentError)
  })
  test('joining and cutting', async () => {
    expect(await concat([x, x.slice([0, 1])]).array()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
      [1, 2, 3],
    ])
    expect(stack([x, x], { axis: -1 }).shape).toEqual([2, 3, 2])
    const [a, b] = split(x, [1, 2], { axis: 1 })
    expect([a?.shape, b?.shape]).toEqual([
      [2, 1],
      [2, 2],
    ])
    expect(await b?.array()).toEqual([
      [2, 3],
      [5, 6],
    ])
  })
  test('mistakes are typed errors', () => {
    expect(() => x.matMul(tensor([[1, 2]]))).toThrow(ShapeError)
    expect(() => x.add(tensor([1, 2]))).toThrow(ShapeError)
    expect(() => tensor([1, 2], { dtype: 'int32' }).mul(0.5)).toThrow(DTypeError)
    expect(() => x.item()).toThrow(ShapeError)
    expect(() => x.reshape([4, 2])).toThrow(ShapeError)
  })
})

describe('evaluation', () => {
  test('computes shared parts once, in one graph, and remembers', async () => {
    const engine = counting(cpu({ threads: 1 }))
    const x = random.normal([8, 8], { seed: 1 })
    const shared = x.matMul(x)
    const [a, { b }] = await evaluate([shared.sum(), { b: shared.mean() }] as const, { engine })
    expect(engine.counts).toMatchObject({ loads: 1, runs: 1 })
    expect((await a.item()) / 64).toBeCloseTo(await b.item(), 4)
    expect(engine.counts.runs).toBe(1)
  })
  test('an eager loop with a changing number shares one session', async () => {
    const engine = counting(cpu({ threads: 1 }))
    let w = ones([4])
    for (let i = 0; i < 50; i++) {
      w = w.mul(1 + i / 1000).add(i)
      await w.data({ engine })
    }
    expect(engine.counts).toMatchObject({ loads: 1, runs: 50 })
  })
  test('ever new shapes release the oldest sessions', async () => {
    const engine = counting(cpu({ threads: 1 }))
    for (let n = 1; n <= 100; n++) await ones([n]).sum().data({ engine })
    expect(engine.counts.loads).toBe(100)
    expect(engine.counts.loads - engine.counts.releases).toBeLessThanOrEqual(64)
  })
  test('one output of a node may be known and another not', async () => {
    const [a, b] = split(arange(6), [2, 4])
    expect(await a?.mul(2).array()).toEqual([0, 2])
    await a?.data()
    expect(
      await a
        ?.sum()
        .add(b?.sum() ?? 0)
        .item(),
    ).toBe(15)
  })
  test('a chain of thousands of operations does not overflow the stack', async () => {
    let x = zeros([2])
    for (let i = 0; i < 3000; i++) x = x.add(1)
    expect(await x.array()).toEqual([3000, 3000])
  })
})
