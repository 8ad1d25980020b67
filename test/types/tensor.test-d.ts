/** What compiles and what does not; `npm run typecheck` reads it, and an unused @ts-expect-error is an error. */
import { grad, jit, ones, type Tensor, tensor, valueAndGrad, vjp, vmap, zeros } from '../../src/tensor/index.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const expectType = <Expected>() => ({
  of: <Actual>(_value: Actual, ..._same: Equal<Actual, Expected> extends true ? [] : [never]) => undefined,
})

const a = zeros([2, 3])
const b = zeros([3, 4])
const v = zeros([3])

// Shapes and dtypes that are known literally flow through.
expectType<Tensor<'float32', readonly [2, 3]>>().of(a)
expectType<Tensor<'float32', readonly [2, 4]>>().of(a.matMul(b))
expectType<Tensor<'float32', readonly [2]>>().of(a.matMul(v))
expectType<Tensor<'float32', readonly [4]>>().of(v.matMul(b))
expectType<Tensor<'float32', readonly []>>().of(v.matMul(v))
expectType<Tensor<'float32', readonly [2, 3]>>().of(a.relu().mul(2).add(a))
expectType<Tensor<'float32', readonly [3, 2]>>().of(a.transpose())
expectType<Tensor<'float32', readonly []>>().of(a.sum())
expectType<Tensor<'float32'>>().of(a.sum({ axis: 0 }))
expectType<Tensor<'float32', readonly [6]>>().of(a.reshape([6]))
expectType<Tensor<'float32'>>().of(a.reshape([-1, 2]))
expectType<Tensor<'bool', readonly [2, 3]>>().of(a.greater(0))
expectType<Tensor<'int32', readonly [2, 3]>>().of(a.cast('int32'))
expectType<Tensor<'int64'>>().of(a.argMax())
expectType<Promise<Float32Array>>().of(a.data())
expectType<Promise<BigInt64Array>>().of(a.argMax().data())
expectType<Promise<boolean>>().of(a.greater(0).item())

// Typed arrays and literals say their dtype.
expectType<Tensor<'int32'>>().of(tensor(Int32Array.of(1)))
expectType<Tensor<'float32', readonly [2, 2]>>().of(tensor([1, 2, 3, 4], { shape: [2, 2] }))
expectType<Tensor<'float64'>>().of(tensor([1], { dtype: 'float64' }))

// Any tensor is a Tensor.
const any: Tensor = a
any.matMul(any).add(any)

// @ts-expect-error the inner sizes differ
a.matMul(a)
// @ts-expect-error so do those of a vector
b.matMul(v)
// @ts-expect-error a scalar has no rows
a.matMul(a.sum())
// @ts-expect-error dtypes differ
a.matMul(b.cast('float64'))
// @ts-expect-error dtypes differ
a.add(a.cast('int32'))
// @ts-expect-error no such dtype
a.cast('float')
// @ts-expect-error a shape is a list
zeros(3)
// @ts-expect-error logic is for bool
a.logicalAnd(a)
// @ts-expect-error strings are no operands
a.mul('2')

// Gradients have the type of the argument.
const params = { dense: [{ kernel: ones([3, 4]), bias: ones([4]) }], name: 'net' }
type Params = typeof params
const loss = (p: Params, x: Tensor<'float32', readonly [2, 3]>) => x.matMul(p.dense[0]?.kernel ?? b).mean()
expectType<Params>().of(grad(loss)(params, a))
expectType<Tensor<'float32', readonly [2, 3]>>().of(grad(loss, { argnums: 1 })(params, a))
expectType<readonly [Tensor<'float32', readonly [2, 3]>, Params]>().of(grad(loss, { argnums: [1, 0] })(params, a))
expectType<readonly [value: Tensor<'float32', readonly []>, gradient: Params]>().of(valueAndGrad(loss)(params, a))
const [[value, aux]] = valueAndGrad((p: Params) => [p.dense[0]?.bias.sum() ?? a.sum(), { n: 3 }] as const, {
  hasAux: true,
})(params)
expectType<Tensor<'float32', readonly []>>().of(value)
expectType<{ readonly n: 3 }>().of(aux)
expectType<Tensor<'float32', readonly []>>().of(jit(loss)(params, a))
// @ts-expect-error a compiled function takes the same arguments
jit(loss)(a, params)
const [, pull] = vjp(
  (x: Tensor<'float32'>, y: Tensor<'float64'>) => [x, y] as const,
  a,
  tensor([1], { dtype: 'float64' }),
)
const pulled = pull([a, tensor([1], { dtype: 'float64' })])
expectType<Tensor<'float32', readonly [2, 3]>>().of(pulled[0])
const second: Tensor<'float64'> = pulled[1]
// @ts-expect-error each gradient has its argument's dtype
second.add(pulled[0])

// vmap: one example's shapes are not the batch's.
expectType<Tensor<'float32'>>().of(vmap((x: Tensor<'float32', readonly [3]>) => x.mul(2))(ones([5, 3])))

// @ts-expect-error a loss is a tensor
grad((_x: Tensor) => 3)
// @ts-expect-error an async function cannot be traced
grad(async (x: Tensor) => x.sum())
// @ts-expect-error the arguments are the function's
grad(loss)(params)
// @ts-expect-error of the function's dtype
grad((x: Tensor<'float32'>) => x.sum())(ones([2], { dtype: 'float64' }))
