import { describe, expect, test } from 'vitest'
import { ArgumentError, NotDifferentiableError, ShapeError } from '../../src/core/errors.ts'
import {
  concat,
  evaluate,
  eye,
  grad,
  jit,
  ones,
  random,
  remat,
  stack,
  type Tensor,
  tensor,
  valueAndGrad,
  vjp,
  vmap,
  where,
  zeros,
} from '../../src/tensor/index.ts'
import { differences, numbers, worst } from '../support/numeric.ts'

type F64 = Tensor<'float64'>

const point = random.normal([3, 4], { seed: 1, dtype: 'float64' })
const matrix = random.normal([4, 4], { seed: 2, dtype: 'float64' })

describe('grad', () => {
  const functions: Record<string, (x: F64) => Tensor> = {
    'a polynomial': x => x.mul(x).mul(x).sum(),
    'a small network': x => x.matMul(matrix).tanh().matMul(matrix).sigmoid().mean(),
    'softmax and a log': x => x.softmax({ axis: -1 }).add(0.1).log().mul(x).sum(),
    'slices, joins and transposes': x =>
      concat([x.slice([0, 2]), x.slice([1, null]).mul(2)])
        .transpose()
        .slice('...', [null, null, -2])
        .exp()
        .sum(),
    selection: x => where(x.greater(0), x.exp(), x.mul(3)).sum(),
    reductions: x =>
      x
        .max({ axis: 1 })
        .mul(x.variance({ axis: 1 }))
        .sum()
        .add(x.mean().pow(3)),
    broadcasting: x =>
      x
        .sub(x.mean({ axis: 0, keepdims: true }))
        .div(x.slice(0).square().add(1))
        .square()
        .sum(),
    'indexing by a tensor': x =>
      x
        .index(tensor([2n, 0n, 2n]), { axis: 0 })
        .exp()
        .sum(),
  }
  for (const [name, f] of Object.entries(functions)) {
    test(`${name}: first order against differences`, async () => {
      expect(worst(await numbers(grad(f)(point)), await differences(f, point))).toBeLessThan(1e-6)
    })
    test(`${name}: second order against differences`, async () => {
      const weights = random.normal([3, 4], { seed: 9, dtype: 'float64' })
      const g = (x: F64) => grad(f)(x).mul(weights).sum()
      expect(worst(await numbers(grad(g)(point)), await differences(g, point))).toBeLessThan(1e-5)
    })
  }

  test('of trees, in their structure', async () => {
    const params: { dense: { kernel: F64; bias: F64 }[]; scale: F64; name: string } = {
      dense: [{ kernel: matrix, bias: zeros([4], { dtype: 'float64' }) }],
      scale: ones([], { dtype: 'float64' }),
      name: 'net',
    }
    const f = (p: typeof params, x: F64) =>
      p.dense
        .reduce<F64>((h, { kernel, bias }) => h.matMul(kernel).add(bias).tanh(), x)
        .mul(p.scale)
        .sum()
    const grads = grad(f)(params, point)
    expect(grads.name).toBe('net')
    expect(grads.dense[0]?.kernel.shape).toEqual([4, 4])
    const own = await evaluate([grads.dense[0]?.kernel, grads.dense[0]?.bias, grads.scale] as F64[])
    const byKernel = (kernel: F64) =>
      f({ ...params, dense: [{ kernel, bias: zeros([4], { dtype: 'float64' }) }] }, point)
    expect(worst(await numbers(own[0] as F64), await differences(byKernel, matrix))).toBeLessThan(1e-6)
    // The bias's gradient and the scale's, by hand: 1 − tanh² and tanh, summed.
    const h = point.matMul(matrix).tanh()
    expect(worst(await numbers(own[1] as F64), await numbers(h.square().neg().add(1).sum({ axis: 0 })))).toBeLessThan(
      1e-9,
    )
    expect(worst(await numbers(own[2] as F64), await numbers(h.sum()))).toBeLessThan(1e-9)
  })
  test('argnums: one, another, several', async () => {
    const f = (a: Tensor, b: Tensor) => a.mul(a).mul(b).sum()
    const [a, b] = [tensor([1, 2]), tensor([3, 4])]
    expect(await grad(f)(a, b).array()).toEqual([6, 16])
    expect(await grad(f, { argnums: 1 })(a, b).array()).toEqual([1, 4])
    const [first, second] = grad(f, { argnums: [1, 0] })(a, b)
    expect([await first.array(), await second.array()]).toEqual([
      [1, 4],
      [6, 16],
    ])
    expect(() => grad(f, { argnums: 2 })(a, b)).toThrow(ArgumentError)
  })
  test('the argument is not confused with the same tensor in the closure', async () => {
    const x = tensor([1, 2, 3])
    expect(await grad((a: Tensor) => a.mul(x).sum())(x).array()).toEqual([1, 2, 3])
    expect(await grad((a: Tensor, b: Tensor) => a.mul(b).mul(b).sum())(x, x).array()).toEqual([1, 4, 9])
  })
  test('nested gradients keep their variables apart (no perturbation confusion)', async () => {
    // d/dx [ x · d/dy (x + y) ] = 1, where a confused system says 2 (Siskind and Pearlmutter, 2005).
    const f = (x: Tensor) => x.mul(grad((y: Tensor) => x.add(y))(tensor(1)))
    expect(await grad(f)(tensor(3)).item()).toBe(1)
  })
  test('a tensor that the result does not depend on has a zero gradient', async () => {
    expect(await grad((p: { a: Tensor; b: Tensor }) => p.a.sum())({ a: ones([2]), b: ones([3]) }).b.array()).toEqual([
      0, 0, 0,
    ])
  })
  test('Hessian of a quadratic form: vmap of a vjp over unit vectors', async () => {
    const a = await evaluate(matrix.add(matrix.transpose()))
    const f = (x: F64) => x.expandDims(0).matMul(a).matMul(x.expandDims(1)).sum().mul(0.5)
    const hessian = (x: F64) => {
      const [, pull] = vjp(grad(f), x)
      return vmap((v: F64) => pull(v)[0])(eye(4, { dtype: 'float64' }))
    }
    expect(worst(await numbers(hessian(point.slice(1) as F64)), await numbers(a))).toBeLessThan(1e-9)
  })
  test('errors name the remedy', () => {
    expect(() => grad((x: Tensor) => x.mul(2))(tensor([1, 2]))).toThrow(ShapeError)
    expect(() => grad((x: Tensor) => x.sum().cast('float32'))(tensor([1, 2], { dtype: 'int32' }))).toThrow(
      NotDifferentiableError,
    )
    expect(() => grad((x: Tensor) => x.argMax())(tensor([1, 2]))).toThrow(NotDifferentiableError)
    // Functions that TypeScript refuses: JavaScript may call with them all the same.
    expect(() => grad((() => 3) as unknown as (x: Tensor) => Tensor)(tensor([1]))).toThrow(ArgumentError)
    expect(() => grad((async (x: Tensor) => x.sum()) as unknown as (x: Tensor) => Tensor)(tensor([1]))).toThrow(
      'returns a promise',
    )
    expect(() =>
      grad((x: Tensor) => {
        x.data()
        return x.sum()
      })(tensor([1])),
    ).toThrow('outside of functions')
  })
})

describe('valueAndGrad and vjp', () => {
  test('value, gradient and auxiliary results from one graph', async () => {
    const x = tensor([1, 2])
    const [value, gradient] = await evaluate(valueAndGrad((a: Tensor) => a.mul(a).sum())(x))
    expect([await value.item(), await gradient.array()]).toEqual([5, [2, 4]])
    const [[loss, aux], g] = valueAndGrad((a: Tensor) => [a.mul(a).sum(), { doubled: a.mul(2) }] as const, {
      hasAux: true,
    })(x)
    expect([await loss.item(), await aux.doubled.array(), await g.array()]).toEqual([5, [2, 4], [2, 4]])
  })
  test('pulls cotangents of a tree back, more than once', async () => {
    const [value, pull] = vjp(
      (a: Tensor, b: Tensor) => ({ product: a.mul(b), sum: a.add(b) }),
      tensor([1, 2]),
      tensor([3, 4]),
    )
    expect(await value.product.array()).toEqual([3, 8])
    const [da, db] = pull({ product: tensor([1, 1]), sum: tensor([10, 10]) })
    expect([await da.array(), await db.array()]).toEqual([
      [13, 14],
      [11, 12],
    ])
    const [again] = pull({ product: tensor([0, 1]), sum: tensor([0, 0]) })
    expect(await again.array()).toEqual([0, 4])
    // What TypeScript refuses: another structure.
    expect(() => pull(tensor([1]) as unknown as { product: Tensor; sum: Tensor })).toThrow(ArgumentError)
    expect(() => pull({ product: tensor([1]), sum: tensor([1, 2]) })).toThrow(ShapeError)
  })
})

describe('vmap', () => {
  const w = random.normal([4, 2], { seed: 5 })
  const batch = random.normal([6, 4], { seed: 6 })
  const loss = (p: { w: Tensor<'float32'> }, x: Tensor<'float32'>) => x.matMul(p.w).tanh().square().sum()

  test('per-example gradients equal a loop', async () => {
    const each = vmap(grad(loss), { inAxes: [null, 0] })({ w }, batch)
    expect(each.w.shape).toEqual([6, 4, 2])
    const looped = stack(Array.from({ length: 6 }, (_, i) => grad(loss)({ w }, batch.slice(i)).w))
    expect(worst(await numbers(each.w), await numbers(looped))).toBeLessThan(1e-5)
    const total = grad((p: { w: Tensor<'float32'> }) => vmap((x: Tensor<'float32'>) => loss(p, x))(batch).sum())({ w })
    expect(worst(await numbers(total.w), await numbers(each.w.sum({ axis: 0 })))).toBeLessThan(1e-5)
  })
  test('nested: all pairs of two batches', async () => {
    const [a, b] = [random.normal([3, 4], { seed: 7 }), random.normal([5, 4], { seed: 8 })]
    const dot = (x: Tensor, y: Tensor) => x.mul(y).sum()
    const pairs = vmap((x: Tensor) => vmap((y: Tensor) => dot(x, y))(b))(a)
    expect(pairs.shape).toEqual([3, 5])
    expect(worst(await numbers(pairs), await numbers(a.matMul(b.transpose())))).toBeLessThan(1e-5)
    const other = vmap(vmap(dot, { inAxes: [null, 0] }), { inAxes: [0, null] })(a, b)
    expect(worst(await numbers(other), await numbers(pairs))).toBeLessThan(1e-6)
  })
  test('axes in and out, for trees', async () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ])
    const f = (t: { a: Tensor; b: Tensor }) => ({ sum: t.a.add(t.b), own: t.b })
    const out = vmap(f, { inAxes: [{ a: 1, b: null }], outAxes: { sum: 1, own: 0 } })({ a: x, b: tensor([10, 20]) })
    expect(await out.sum.array()).toEqual([
      [11, 12, 13],
      [24, 25, 26],
    ])
    expect(await out.own.array()).toEqual([
      [10, 20],
      [10, 20],
      [10, 20],
    ])
    expect(vmap((a: Tensor) => a, { inAxes: -1 })(x).shape).toEqual([3, 2])
  })
  test('closures are shared; a result without the batch is repeated', async () => {
    const shared = tensor([1, 2])
    const out = vmap((x: Tensor) => [x.mul(shared), shared.add(1)] as const)(ones([3, 2]))
    expect(await out[0].array()).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ])
    expect(out[1].shape).toEqual([3, 2])
  })
  test('errors', () => {
    expect(() => vmap((a: Tensor, b: Tensor) => a.add(b))(ones([2, 1]), ones([3, 1]))).toThrow('batch axes of one size')
    expect(() => vmap((a: Tensor) => a, { inAxes: null })(ones([2]))).toThrow(ArgumentError)
    expect(() => vmap((a: Tensor, b: Tensor) => a.add(b), { inAxes: [0] })(ones([2]), ones([2]))).toThrow(
      "an entry for '1'",
    )
    expect(() => vmap((a: Tensor) => a)(ones([]))).toThrow(ShapeError)
  })
})

describe('composition', () => {
  const f = (x: F64) => x.matMul(matrix).tanh().sum()
  const twice = (x: F64) => grad((y: F64) => grad(f)(y).square().sum())(x)

  test('jit of grad, grad of jit, jit of grad of vmap, vmap of jit, remat in all of them', async () => {
    const expected = await numbers(grad(f)(point))
    const perRow = (x: F64) => vmap((row: F64) => row.expandDims(0).matMul(matrix).tanh().sum())(x).sum()
    const variants: Record<string, (x: F64) => Tensor> = {
      'jit(grad(f))': jit(grad(f)),
      'grad(jit(f))': grad(jit(f)),
      'jit(grad(jit(f)))': jit(grad(jit(f))),
      'jit(grad(vmap))': jit(grad(perRow)),
      'grad(vmap(jit))': grad((x: F64) =>
        vmap(jit((row: F64) => row.expandDims(0).matMul(matrix).tanh().sum()))(x).sum(),
      ),
      'vmap(grad)': vmap(grad((row: F64) => row.expandDims(0).matMul(matrix).tanh().sum())),
      'grad(remat(f))': grad(remat(f)),
      'jit(vmap(grad(remat)))': jit(vmap(grad(remat((row: F64) => row.expandDims(0).matMul(matrix).tanh().sum())))),
      'vjp(f)(1)': x => vjp(f, x)[1](ones([], { dtype: 'float64' }))[0],
    }
    for (const [name, g] of Object.entries(variants))
      expect(worst(await numbers(g(point)), expected), name).toBeLessThan(1e-9)
  })
  test('second order through jit and remat', async () => {
    const expected = await numbers(twice(point))
    expect(worst(expected, await differences((x: F64) => grad(f)(x).square().sum(), point))).toBeLessThan(1e-5)
    const h = remat(f)
    expect(worst(await numbers(jit(grad((y: F64) => grad(h)(y).square().sum()))(point)), expected)).toBeLessThan(1e-9)
    expect(worst(await numbers(grad((y: F64) => grad(jit(h))(y).square().sum())(point)), expected)).toBeLessThan(1e-9)
  })
})
