import { gradientsOf, vjpOf, zerosLike } from '../autodiff/backward.ts'
import { isFloat } from '../core/dtype.ts'
import { ArgumentError, NotDifferentiableError, ShapeError } from '../core/errors.ts'
import { formatShape } from '../core/shape.ts'
import { identity } from '../ops/math/identity.ts'
import { type Flat, flatten } from './structure.ts'
import { Tensor } from './tensor.ts'
import { trace } from './tracing.ts'

/** Which arguments: one, or several. */
export type Argnums = number | readonly number[]
/** The gradient has the tree of the argument; for several arguments, a tuple of them. */
export type GradientOf<A extends readonly unknown[], N extends Argnums> = N extends readonly number[]
  ? { readonly [K in keyof N]: A[N[K] & keyof A] }
  : N extends number
    ? A[N]
    : never

export interface GradOptions<N extends Argnums> {
  /** Arguments to differentiate with respect to. Default: the first. */
  readonly argnums?: N
}

/**
 * `grad(f)` computes the gradient of a scalar-valued function with respect to its first argument (or those in `argnums`): a
 * tensor, or a tree of tensors, in the argument's structure. Tensors that f merely closes over are constants.
 * Errors: ShapeError if the result is not a scalar, NotDifferentiableError for integer arguments and operators without a gradient.
 */
export function grad<A extends readonly unknown[], const N extends Argnums = 0>(
  f: (...args: A) => Tensor,
  options: GradOptions<N> = {},
): (...args: A) => GradientOf<A, N> {
  const both = differentiate('grad', f, options, result => ({ loss: result, result }))
  return (...args) => both(args).grads
}

/** Like `grad`, and returns the function's value too: `[value, gradient]`. With `hasAux`, f returns `[loss, aux]`, and so is the value. */
export function valueAndGrad<
  A extends readonly unknown[],
  R extends readonly [Tensor, unknown],
  const N extends Argnums = 0,
>(
  f: (...args: A) => R,
  options: GradOptions<N> & { readonly hasAux: true },
): (...args: A) => readonly [value: R, gradient: GradientOf<A, N>]
export function valueAndGrad<A extends readonly unknown[], R extends Tensor, const N extends Argnums = 0>(
  f: (...args: A) => R,
  options?: GradOptions<N> & { readonly hasAux?: false },
): (...args: A) => readonly [value: R, gradient: GradientOf<A, N>]
export function valueAndGrad<A extends readonly unknown[], N extends Argnums>(
  f: (...args: A) => unknown,
  options: GradOptions<N> & { readonly hasAux?: boolean } = {},
): (...args: A) => readonly [value: unknown, gradient: GradientOf<A, N>] {
  const both = differentiate('valueAndGrad', f, options, result => ({
    loss: options.hasAux && Array.isArray(result) ? (result[0] as unknown) : result,
    result,
  }))
  return (...args) => {
    const { result, grads } = both(args)
    return [result, grads]
  }
}

function differentiate<A extends readonly unknown[], R, N extends Argnums>(
  where: string,
  f: (...args: A) => R,
  { argnums }: GradOptions<N>,
  read: (result: R) => { readonly loss: unknown; readonly result: R },
): (args: A) => { readonly result: R; readonly grads: GradientOf<A, N> } {
  const chosen: readonly number[] = typeof argnums === 'object' ? argnums : [typeof argnums === 'number' ? argnums : 0]
  return args => {
    const { fresh, flats } = aliased(where, args, chosen)
    const { loss, result } = read(trace(where, () => f(...fresh)))
    if (!(loss instanceof Tensor)) {
      throw new ArgumentError({
        where,
        expected: 'a function that returns a scalar tensor',
        received: typeof loss,
        remedy: 'Return the loss; with { hasAux: true } return [loss, aux].',
      })
    }
    if (loss.rank !== 0) {
      throw new ShapeError({
        where,
        expected: 'a function that returns a scalar',
        received: `shape ${formatShape(loss.shape)}`,
        remedy: 'Reduce it, e.g. with .mean(), or use vjp.',
      })
    }
    if (!isFloat(loss.dtype))
      throw new NotDifferentiableError({ where, expected: 'a floating-point loss', received: loss.dtype })
    const grads = gradientsOf(
      loss.value,
      flats.flatMap(flat => flat.tensors.map(tensor => tensor.value)),
    )
    const trees = regroup(
      flats,
      grads.map(value => new Tensor(value)),
    )
    // `GradientOf` says the same of the types: one tree for a number, a tuple for a list.
    return { result, grads: (typeof argnums === 'object' ? trees : trees[0]) as GradientOf<A, N> }
  }
}

/**
 * Arguments with the tensors to differentiate in fresh values of their own, so that f's argument is not taken for the same
 * tensor where f reaches it through its closure.
 */
function aliased<A extends readonly unknown[]>(
  where: string,
  args: A,
  chosen: readonly number[],
): { fresh: A; flats: Flat<unknown>[] } {
  const fresh: unknown[] = [...args]
  const flats = chosen.map(n => {
    const at = n < 0 ? n + args.length : n
    if (!Number.isInteger(n) || at < 0 || at >= args.length) {
      throw new ArgumentError({ where, expected: `argnums from 0 to ${args.length - 1}`, received: String(n) })
    }
    const flat = flatten(args[at])
    const alias = flat.rebuild(flat.tensors.map(tensor => new Tensor(identity(tensor.value))))
    fresh[at] = alias
    return flatten(alias)
  })
  // The same arguments, some of their tensors replaced: the tuple's type stays.
  return { fresh: fresh as unknown[] & A, flats }
}

/** A list of tensors cut into the trees it came from. */
function regroup(flats: readonly Flat<unknown>[], tensors: readonly Tensor[]): unknown[] {
  let start = 0
  return flats.map(flat => {
    const part = tensors.slice(start, start + flat.tensors.length)
    start += part.length
    return flat.rebuild(part)
  })
}

/**
 * The function's value, and its pullback: cotangents in the value's structure → a tuple of gradients, one for each argument.
 * The pullback may be called any number of times.
 */
export function vjp<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  ...args: A
): readonly [value: R, pullback: (cotangents: R) => A] {
  const { fresh, flats } = aliased(
    'vjp',
    args,
    args.map((_, i) => i),
  )
  const value = trace('vjp', () => f(...fresh))
  const outputs = flatten(value)
  const outputValues = outputs.tensors.map(tensor => tensor.value)
  const wrt = flats.flatMap(flat => flat.tensors.map(tensor => tensor.value))
  const pullback = (cotangents: R): A => {
    const given = flatten(cotangents)
    if (given.key !== outputs.key)
      throw new ArgumentError({
        where: 'vjp',
        expected: "cotangents in the structure of the function's value",
        received: 'another structure',
      })
    const grads = vjpOf(
      outputValues,
      given.tensors.map(tensor => tensor.value),
      wrt,
    )
    const tensors = grads.map((gradient, i) => new Tensor(gradient ?? zerosLike(wrt[i] ?? fail())))
    return regroup(flats, tensors) as unknown[] & A
  }
  return [value, pullback]
}

const fail = (): never => {
  throw new ArgumentError({ where: 'vjp', expected: 'as many gradients as arguments', received: 'more' })
}
