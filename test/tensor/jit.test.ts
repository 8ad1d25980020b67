import { describe, expect, test } from 'vitest'
import { cpu } from '../../src/runtime/ort-node/index.ts'
import { grad, jit, ones, random, type Tensor, tensor } from '../../src/tensor/index.ts'
import { counting } from '../support/counting-engine.ts'

describe('jit', () => {
  test('traces and loads once for each structure, shape and dtype', async () => {
    const engine = counting(cpu({ threads: 1 }))
    let traces = 0
    const f = jit(
      (t: { x: Tensor; scale?: number }) => {
        traces++
        return t.x.mul(t.scale ?? 1).sum()
      },
      { engine },
    )
    expect(await f({ x: ones([3]) }).item()).toBe(3)
    expect(await f({ x: tensor([1, 2, 3]) }).item()).toBe(6)
    expect([traces, engine.counts.loads]).toEqual([1, 1])
    expect(await f({ x: ones([4]) }).item()).toBe(4)
    expect(await f({ x: ones([3], { dtype: 'int32' }) }).item()).toBe(3)
    expect([traces, engine.counts.loads]).toEqual([3, 3])
    // A number is static: another one is another version.
    expect(await f({ x: ones([3]), scale: 2 }).item()).toBe(6)
    expect(await f({ x: ones([3]), scale: 2 }).item()).toBe(6)
    expect(await f({ x: ones([3]), scale: 5 }).item()).toBe(15)
    expect([traces, engine.counts.loads]).toEqual([5, 5])
  })
  test('a training loop: one session, one run for each step, read at the end', async () => {
    const engine = counting(cpu({ threads: 1 }))
    const x = random.normal([16, 3], { seed: 1 })
    const y = x.matMul(tensor([[1], [-2], [0.5]]))
    const step = jit(
      (w: Tensor<'float32'>) => w.sub(grad((v: Tensor<'float32'>) => x.matMul(v).sub(y).square().mean())(w).mul(0.1)),
      { engine },
    )
    let w: Tensor<'float32'> = tensor([[0], [0], [0]])
    for (let i = 0; i < 300; i++) w = step(w)
    const found = await w.array({ engine })
    expect(found).toEqual([[expect.closeTo(1, 3)], [expect.closeTo(-2, 3)], [expect.closeTo(0.5, 3)]])
    expect(engine.counts.runs).toBeLessThanOrEqual(301) // and one for y, which is captured before it is computed
    expect(engine.counts.loads).toBeLessThanOrEqual(2)
  })
  test('results go on into eager work and other compiled functions', async () => {
    const double = jit((x: Tensor) => ({ y: x.mul(2), n: 3 }))
    const { y, n } = double(tensor([1, 2]))
    expect(n).toBe(3)
    expect(y.shape).toEqual([2])
    expect(await double(y.add(1)).y.add(y).array()).toEqual([8, 14])
    // A gradient may close over a result that has not been computed yet.
    expect(await grad((x: Tensor) => x.mul(double(tensor([5, 6])).y).sum())(tensor([1, 1])).array()).toEqual([10, 12])
  })
  test('closures are constants of the trace', async () => {
    let scale = tensor(2)
    const f = jit((x: Tensor) => x.mul(scale))
    expect(await f(tensor(3)).item()).toBe(6)
    scale = tensor(10)
    expect(await f(tensor(3)).item()).toBe(6)
  })
  test('results that are arguments or do not depend on them', async () => {
    const f = jit((x: Tensor) => [x, ones([2]), x] as const)
    const [a, b, c] = f(tensor([7]))
    expect([await a.array(), await b.array(), await c.array()]).toEqual([[7], [1, 1], [7]])
  })
  test('keeps at most maxVersions sessions', async () => {
    const engine = counting(cpu({ threads: 1 }))
    const f = jit((x: Tensor) => x.sum(), { engine, maxVersions: 4 })
    for (let n = 1; n <= 10; n++) expect(await f(ones([n])).item()).toBe(n)
    expect(engine.counts.loads - engine.counts.releases).toBeLessThanOrEqual(4)
    expect(await f(ones([1])).item()).toBe(1)
  })
  test('a failed run can be tried again, and a read inside of it is refused', async () => {
    let broken = true
    const engine = cpu({ threads: 1 })
    const flaky = {
      ...engine,
      load: (...args: Parameters<typeof engine.load>) =>
        broken ? Promise.reject(new Error('out of order')) : engine.load(...args),
    }
    const y = jit((x: Tensor) => x.add(1), { engine: flaky, maxVersions: 1 })(tensor([1]))
    await expect(y.array()).rejects.toThrow('out of order')
    broken = false
    expect(await y.array()).toEqual([2])
    const reads = (x: Tensor) => {
      x.data()
      return x
    }
    expect(() => jit(reads)(tensor([1]))).toThrow('outside of functions')
  })
})
