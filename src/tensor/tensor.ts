import type { ArrayOf, DType } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { formatShape, normalizeAxis, sizeOf, staticShape } from '../core/shape.ts'
import type { TensorData } from '../core/tensor-data.ts'
import { formatType, type Value } from '../graph/value.ts'
import { ints } from '../ops/constants.ts'
import { gather } from '../ops/index/gather.ts'
import { and } from '../ops/logic/and.ts'
import { equal } from '../ops/logic/equal.ts'
import { greater } from '../ops/logic/greater.ts'
import { greaterOrEqual } from '../ops/logic/greater-or-equal.ts'
import { less } from '../ops/logic/less.ts'
import { lessOrEqual } from '../ops/logic/less-or-equal.ts'
import { not } from '../ops/logic/not.ts'
import { or } from '../ops/logic/or.ts'
import { abs } from '../ops/math/abs.ts'
import { add } from '../ops/math/add.ts'
import { cast } from '../ops/math/cast.ts'
import { ceil } from '../ops/math/ceil.ts'
import { cos } from '../ops/math/cos.ts'
import { div } from '../ops/math/div.ts'
import { erf } from '../ops/math/erf.ts'
import { exp } from '../ops/math/exp.ts'
import { floor } from '../ops/math/floor.ts'
import { log } from '../ops/math/log.ts'
import { matMul } from '../ops/math/mat-mul.ts'
import { max } from '../ops/math/max.ts'
import { min } from '../ops/math/min.ts'
import { mul } from '../ops/math/mul.ts'
import { neg } from '../ops/math/neg.ts'
import { pow } from '../ops/math/pow.ts'
import { reciprocal } from '../ops/math/reciprocal.ts'
import { round } from '../ops/math/round.ts'
import { sigmoid } from '../ops/math/sigmoid.ts'
import { sign } from '../ops/math/sign.ts'
import { sin } from '../ops/math/sin.ts'
import { sqrt } from '../ops/math/sqrt.ts'
import { sub } from '../ops/math/sub.ts'
import { tanh } from '../ops/math/tanh.ts'
import { logSoftmax } from '../ops/nn/log-softmax.ts'
import { relu } from '../ops/nn/relu.ts'
import { softmax } from '../ops/nn/softmax.ts'
import { softplus } from '../ops/nn/softplus.ts'
import { argMax } from '../ops/reduce/arg-max.ts'
import { argMin } from '../ops/reduce/arg-min.ts'
import { reduceMax } from '../ops/reduce/reduce-max.ts'
import { reduceMean } from '../ops/reduce/reduce-mean.ts'
import { reduceMin } from '../ops/reduce/reduce-min.ts'
import { reduceProd } from '../ops/reduce/reduce-prod.ts'
import { reduceSum } from '../ops/reduce/reduce-sum.ts'
import { expand } from '../ops/shape/expand.ts'
import { reshape } from '../ops/shape/reshape.ts'
import { squeeze } from '../ops/shape/squeeze.ts'
import { transpose } from '../ops/shape/transpose.ts'
import { unsqueeze } from '../ops/shape/unsqueeze.ts'
import type { Engine } from '../runtime/engine.ts'
import { defaultEngine } from './default-engine.ts'
import { evaluateValues } from './evaluate-values.ts'
import { type Element, itemOf, type Nested, nestedOf } from './nested.ts'
import { scalarOperand } from './operand.ts'
import { type ArgOptions, argReduce, type ReduceOptions, reduce } from './reducing.ts'
import { moveAxis, type SlicePart, sliceParts } from './shaping.ts'
import { dataOf, leafOf } from './source.ts'
import { refuseWhileTracing } from './tracing.ts'
import type { Broadcast, Dims, MatMulRight, MatMulShape, Requested, Reversed } from './types.ts'

/** The other side of an elementwise operation: a tensor of the same dtype, or a number, which takes it. */
export type Operand<D extends DType> = Tensor<D> | number
type ShapeOf<O> = O extends Tensor<DType, infer S> ? S : readonly []

export interface ReadOptions {
  /** Where to compute. Default: the CPU engine with all cores (WASM in a browser). */
  readonly engine?: Engine
}

/**
 * An array of one dtype. Operations on it only note what is to be computed; `data()`, `array()`, `item()` and `evaluate`
 * compute it, as one graph, and the result is kept. Immutable; there is nothing to dispose of.
 *
 * The shape is part of the type where it is known literally: `Tensor<'float32', readonly [2, 3]>`.
 */
export class Tensor<D extends DType = DType, S extends Dims = Dims> {
  private current: Value

  /** Wraps a value of a graph; `tensor(…)`, `zeros(…)` … are the usual ways to make one. */
  constructor(value: Value) {
    this.current = value
  }

  /** The graph value behind the tensor. */
  get value(): Value {
    const data = this.current.node && dataOf(this.current)
    // Computed: what follows starts from the elements, and the graph that led to them may go.
    if (data) this.current = leafOf(data)
    return this.current
  }

  get shape(): S {
    // The declared shape follows the operators' inference rules, so the two agree.
    return staticShape(this.current.shape, 'shape of a tensor') as S
  }

  get dtype(): D {
    return this.current.dtype as D
  }

  get rank(): number {
    return this.current.shape.length
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.current.shape)
  }

  toString(): string {
    return `Tensor ${formatType(this.current.type)}`
  }

  // ── Reading ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The elements, row-major. The array is the tensor's own: copy it before changing it. */
  data(options: ReadOptions = {}): Promise<ArrayOf[D]> {
    return this.read(options).then(({ data }) => data as ArrayOf[D])
  }

  /** Nested arrays; numbers for all numeric dtypes, booleans for bool. */
  array(options: ReadOptions = {}): Promise<Nested<D>> {
    return this.read(options).then(data => nestedOf(data) as Nested<D>)
  }

  /** The only element, as a number (boolean, string). Throws a ShapeError when there are more. */
  item(options: ReadOptions = {}): Promise<Element<D>> {
    if (sizeOf(this.current.shape) !== 1) {
      throw new ShapeError({
        where: 'item',
        expected: 'a tensor of one element',
        received: `shape ${formatShape(this.current.shape)}`,
        remedy: 'Use array() or data().',
      })
    }
    return this.read(options).then(data => itemOf(data, 0) as Element<D>)
  }

  /** Not async itself, so that a reading inside a traced function throws there and then. */
  private read(options: ReadOptions): Promise<TensorData> {
    refuseWhileTracing('reading a tensor')
    return this.compute(options)
  }

  private async compute({ engine }: ReadOptions): Promise<TensorData> {
    const [data] = await evaluateValues([this.value], engine ?? (await defaultEngine()))
    // Lets go of the graph, now that the elements are there.
    this.current = this.value
    return data ?? unread()
  }

  // ── Arithmetic, elementwise ────────────────────────────────────────────────────────────────────────────────────────

  add<O extends Operand<D>>(other: O): Tensor<D, Broadcast<S, ShapeOf<O>>> {
    return new Tensor(add(this.value, this.operand('add', other)))
  }
  sub<O extends Operand<D>>(other: O): Tensor<D, Broadcast<S, ShapeOf<O>>> {
    return new Tensor(sub(this.value, this.operand('sub', other)))
  }
  mul<O extends Operand<D>>(other: O): Tensor<D, Broadcast<S, ShapeOf<O>>> {
    return new Tensor(mul(this.value, this.operand('mul', other)))
  }
  /** Integers truncate towards zero. */
  div<O extends Operand<D>>(other: O): Tensor<D, Broadcast<S, ShapeOf<O>>> {
    return new Tensor(div(this.value, this.operand('div', other)))
  }
  pow<O extends Operand<D>>(exponent: O): Tensor<D, Broadcast<S, ShapeOf<O>>> {
    // x·x is faster, and right for its second derivative at 0 too.
    return new Tensor(exponent === 2 ? mul(this.value, this.value) : pow(this.value, this.operand('pow', exponent)))
  }
  /** The larger of the two, elementwise. */
  maximum<O extends Operand<D>>(other: O): Tensor<D, Broadcast<S, ShapeOf<O>>> {
    return new Tensor(max([this.value, this.operand('maximum', other)]))
  }
  /** The smaller of the two, elementwise. */
  minimum<O extends Operand<D>>(other: O): Tensor<D, Broadcast<S, ShapeOf<O>>> {
    return new Tensor(min([this.value, this.operand('minimum', other)]))
  }
  neg(): Tensor<D, S> {
    return new Tensor(neg(this.value))
  }
  abs(): Tensor<D, S> {
    return new Tensor(abs(this.value))
  }
  sign(): Tensor<D, S> {
    return new Tensor(sign(this.value))
  }
  exp(): Tensor<D, S> {
    return new Tensor(exp(this.value))
  }
  /** Natural logarithm. */
  log(): Tensor<D, S> {
    return new Tensor(log(this.value))
  }
  sqrt(): Tensor<D, S> {
    return new Tensor(sqrt(this.value))
  }
  reciprocal(): Tensor<D, S> {
    return new Tensor(reciprocal(this.value))
  }
  /** x·x. */
  square(): Tensor<D, S> {
    return new Tensor(mul(this.value, this.value))
  }
  sin(): Tensor<D, S> {
    return new Tensor(sin(this.value))
  }
  cos(): Tensor<D, S> {
    return new Tensor(cos(this.value))
  }
  tanh(): Tensor<D, S> {
    return new Tensor(tanh(this.value))
  }
  erf(): Tensor<D, S> {
    return new Tensor(erf(this.value))
  }
  floor(): Tensor<D, S> {
    return new Tensor(floor(this.value))
  }
  ceil(): Tensor<D, S> {
    return new Tensor(ceil(this.value))
  }
  /** Halves to even. */
  round(): Tensor<D, S> {
    return new Tensor(round(this.value))
  }

  // ── Activations ────────────────────────────────────────────────────────────────────────────────────────────────────

  relu(): Tensor<D, S> {
    return new Tensor(relu(this.value))
  }
  sigmoid(): Tensor<D, S> {
    return new Tensor(sigmoid(this.value))
  }
  softplus(): Tensor<D, S> {
    return new Tensor(softplus(this.value))
  }
  softmax({ axis = -1 }: { readonly axis?: number } = {}): Tensor<D, S> {
    return new Tensor(softmax(this.value, { axis }))
  }
  logSoftmax({ axis = -1 }: { readonly axis?: number } = {}): Tensor<D, S> {
    return new Tensor(logSoftmax(this.value, { axis }))
  }

  // ── Comparison and logic ───────────────────────────────────────────────────────────────────────────────────────────

  equal<O extends Operand<D>>(other: O): Tensor<'bool', Broadcast<S, ShapeOf<O>>> {
    return new Tensor(equal(this.value, this.operand('equal', other)))
  }
  greater<O extends Operand<D>>(other: O): Tensor<'bool', Broadcast<S, ShapeOf<O>>> {
    return new Tensor(greater(this.value, this.operand('greater', other)))
  }
  greaterEqual<O extends Operand<D>>(other: O): Tensor<'bool', Broadcast<S, ShapeOf<O>>> {
    return new Tensor(greaterOrEqual(this.value, this.operand('greaterEqual', other)))
  }
  less<O extends Operand<D>>(other: O): Tensor<'bool', Broadcast<S, ShapeOf<O>>> {
    return new Tensor(less(this.value, this.operand('less', other)))
  }
  lessEqual<O extends Operand<D>>(other: O): Tensor<'bool', Broadcast<S, ShapeOf<O>>> {
    return new Tensor(lessOrEqual(this.value, this.operand('lessEqual', other)))
  }
  /** For bool tensors. */
  logicalNot(): Tensor<'bool', S> {
    return new Tensor(not(this.value))
  }
  logicalAnd(other: Tensor<'bool'>): Tensor<'bool'> {
    return new Tensor(and(this.value, other.value))
  }
  logicalOr(other: Tensor<'bool'>): Tensor<'bool'> {
    return new Tensor(or(this.value, other.value))
  }
  cast<To extends DType>(dtype: To): Tensor<To, S> {
    return new Tensor(cast(this.value, { to: dtype }))
  }

  // ── Products ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Matrix product with NumPy's rules: batch dimensions broadcast, a vector is a row on the left and a column on the right. */
  matMul<S2 extends Dims>(other: Tensor<D, S2> & MatMulRight<S, S2>): Tensor<D, MatMulShape<S, S2>> {
    return new Tensor(matMul(this.value, other.value))
  }

  // ── Reductions ─────────────────────────────────────────────────────────────────────────────────────────────────────

  sum(): Tensor<D, readonly []>
  sum(options: ReduceOptions): Tensor<D>
  sum(options: ReduceOptions = {}): Tensor<D> {
    return new Tensor(reduce(reduceSum, this.value, options))
  }
  mean(): Tensor<D, readonly []>
  mean(options: ReduceOptions): Tensor<D>
  mean(options: ReduceOptions = {}): Tensor<D> {
    return new Tensor(reduce(reduceMean, this.value, options))
  }
  max(): Tensor<D, readonly []>
  max(options: ReduceOptions): Tensor<D>
  max(options: ReduceOptions = {}): Tensor<D> {
    return new Tensor(reduce(reduceMax, this.value, options))
  }
  min(): Tensor<D, readonly []>
  min(options: ReduceOptions): Tensor<D>
  min(options: ReduceOptions = {}): Tensor<D> {
    return new Tensor(reduce(reduceMin, this.value, options))
  }
  prod(): Tensor<D, readonly []>
  prod(options: ReduceOptions): Tensor<D>
  prod(options: ReduceOptions = {}): Tensor<D> {
    return new Tensor(reduce(reduceProd, this.value, options))
  }
  /** Variance of a population (divided by n). */
  variance(): Tensor<D, readonly []>
  variance(options: ReduceOptions): Tensor<D>
  variance(options: ReduceOptions = {}): Tensor<D> {
    const centred = sub(this.value, reduce(reduceMean, this.value, { ...options, keepdims: true }))
    return new Tensor(reduce(reduceMean, mul(centred, centred), options))
  }
  /** Index of the largest element along an axis; the first among equals. Without an axis, in the flattened tensor. */
  argMax(options: ArgOptions = {}): Tensor<'int64'> {
    return new Tensor(argReduce(argMax, this.value, options))
  }
  argMin(options: ArgOptions = {}): Tensor<'int64'> {
    return new Tensor(argReduce(argMin, this.value, options))
  }

  // ── Shape ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The same elements under another shape; one size may be −1, for what fits. */
  reshape<const To extends Dims>(shape: To): Tensor<D, Requested<To>> {
    return new Tensor(reshape(this.value, ints(shape), { allowzero: shape.includes(0) ? 1 : 0 }))
  }
  flatten(): Tensor<D> {
    return this.reshape([-1])
  }
  /** Axes in another order; reversed by default. */
  transpose(): Tensor<D, Reversed<S>>
  transpose(axes: Dims): Tensor<D>
  transpose(axes?: Dims): Tensor<D> {
    return new Tensor(
      transpose(this.value, axes ? { perm: axes.map(axis => normalizeAxis(axis, this.rank, 'transpose')) } : {}),
    )
  }
  /** Moves one axis to another place; the others keep their order. */
  moveAxis(from: number, to: number): Tensor<D> {
    return new Tensor(moveAxis(this.value, from, to))
  }
  /** Puts an axis of size 1 at `axis` of the result. */
  expandDims(axis: number): Tensor<D> {
    return new Tensor(unsqueeze(this.value, ints([axis])))
  }
  /** Drops axes of size 1: those listed, or all. */
  squeeze(axes?: number | Dims): Tensor<D> {
    const listed = axes === undefined ? undefined : ints(typeof axes === 'number' ? [axes] : axes)
    return new Tensor(squeeze(this.value, listed))
  }
  broadcastTo<const To extends Dims>(shape: To): Tensor<D, To> {
    return new Tensor(expand(this.value, ints(shape)))
  }

  // ── Indexing ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** NumPy's x[…]: `x.slice(0)`, `x.slice(null, [1, -1])`, `x.slice('...', [null, null, 2])`. */
  slice(...parts: readonly SlicePart[]): Tensor<D> {
    return new Tensor(sliceParts(this.value, parts))
  }
  /** Entries along an axis: one (the axis goes), or those that an integer tensor lists (its axes take the axis's place). */
  index(at: number | Tensor<'int64' | 'int32'>, { axis = 0 }: { readonly axis?: number } = {}): Tensor<D> {
    const along = normalizeAxis(axis, this.rank, 'index')
    if (typeof at === 'number') return this.slice(...new Array<null>(along).fill(null), at)
    return new Tensor(gather(this.value, at.value, { axis: along }))
  }

  private operand(where: string, other: Operand<D>): Value {
    return other instanceof Tensor ? other.value : scalarOperand(other, this.current.dtype, where)
  }
}

const unread = (): never => {
  throw new ArgumentError({ where: 'reading a tensor', expected: 'elements', received: 'none' })
}
