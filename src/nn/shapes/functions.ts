import type { Divide, Minus, Multiply, Product } from './arithmetic.ts'
import type { Apply, Dims, Mismatch, ShapeFunction } from './shape-function.ts'

/** What layers do to shapes, for the compiler. The sizes that they really find are worked out by tracing; tests hold the two together. */

/** A shape that the compiler knows nothing about: tuples have a literal length. */
export type IsUnknown<S> = S extends Dims ? (number extends S['length'] ? true : false) : false

/** `[x]` or `[x, mask]` → the shape of x; x → its own. */
export type First<Input> = Input extends readonly [infer Only extends Dims, ...unknown[]] ? Only : Input

export type AsDims<T> = T extends Dims ? T : Dims

export type Size<N> = N extends number ? N : number

/** `3` or `[3, 5]` → the size along an axis. */
export type At<V, Axis> = V extends readonly unknown[] ? (Axis extends keyof V ? V[Axis] : number) : V

/** An option as it was given, or its default. */
export type Option<O, Key extends string, Default> = Key extends keyof O
  ? Exclude<O[Key], undefined | null> | (undefined extends O[Key] ? Default : null extends O[Key] ? Default : never)
  : Default

/** Elementwise layers, and those that keep every size. A second input, such as a mask, does not matter. */
export interface SameShape extends ShapeFunction {
  readonly output: AsDims<First<this['input']>>
}

/** As `SameShape`, for inputs of one rank only, which `Expected` describes. */
export interface SameShapeOfRank<Name extends string, Rank extends number, Expected extends string>
  extends ShapeFunction {
  readonly output: IsUnknown<this['input']> extends true
    ? Dims
    : this['input'] extends { readonly length: Rank }
      ? AsDims<this['input']>
      : Mismatch<`${Name} needs inputs of shape ${Expected}`>
}

/** Along the last axis: […, in] → […, Units]. */
export interface LastAxis<Units, Name extends string> extends ShapeFunction {
  readonly output: First<this['input']> extends readonly [...infer Rest extends Dims, infer In]
    ? [In] extends [null]
      ? Mismatch<`${Name} needs a last axis of known size`>
      : readonly [...Rest, Size<Units>]
    : First<this['input']> extends readonly []
      ? Mismatch<`${Name} needs an input with at least one axis beside the batch`>
      : Dims
}

/** All axes in one. */
export interface Flat extends ShapeFunction {
  readonly output: readonly [First<this['input']> extends infer S extends Dims ? Product<S> : number]
}

/** A new last axis: […] → […, Size]. */
export interface Appended<N> extends ShapeFunction {
  readonly output: First<this['input']> extends infer S extends Dims ? readonly [...S, Size<N>] : Dims
}

/** An embedding, and with the call option `reverse` the way back: […, vector] → […, Entries]. */
export interface ThereAndBack<Entries, Vector, Name extends string> extends ShapeFunction {
  readonly output: this['options'] extends { readonly reverse: infer Back }
    ? [Back] extends [true]
      ? Apply<LastAxis<Entries, Name>, this['input']>
      : [Back] extends [false]
        ? Apply<Appended<Vector>, this['input']>
        : Dims
    : Apply<Appended<Vector>, this['input']>
}

/** A new first axis: [features] → [N, features]. */
export interface Repeated<N> extends ShapeFunction {
  readonly output: this['input'] extends readonly [infer One extends number | null]
    ? readonly [Size<N>, One]
    : IsUnknown<this['input']> extends true
      ? Dims
      : Mismatch<'repeatVector needs inputs of shape [features]'>
}

/** A shape of as many elements, where −1 stands for what is left. */
export interface Fixed<S extends readonly number[]> extends ShapeFunction {
  readonly output: Reshaped<S, First<this['input']> extends infer From extends Dims ? Product<From> : number>
}
type Reshaped<S extends readonly number[], Count> = number extends S['length']
  ? Dims
  : -1 extends S[number]
    ? FilledIn<S, Missing<Count, Product<Stated<S>>>>
    : IsLiteral<Count> extends true
      ? IsLiteral<Product<S>> extends true
        ? Product<S> extends Count
          ? Readonly<S>
          : WrongCount
        : Readonly<S>
      : Readonly<S>
type WrongCount = Mismatch<'reshape needs an input of as many elements as targetShape'>
type IsLiteral<N> = N extends number ? (number extends N ? false : true) : false
/** What a shape says, without the −1. */
type Stated<S extends readonly number[]> = { readonly [K in keyof S]: S[K] extends -1 ? 1 : S[K] }
/** The size that −1 stands for; `undefined` where none fits. */
type Missing<Count, Rest> = Count extends null
  ? null
  : Multiply<Divide<Count, Rest>, Rest> extends infer Again
    ? number extends Again
      ? number
      : Again extends Count
        ? Divide<Count, Rest>
        : undefined
    : never
type FilledIn<S extends readonly number[], N> = N extends number | null
  ? { readonly [K in keyof S]: S[K] extends -1 ? N : S[K] }
  : WrongCount

/** Axes in another order; the first after the batch axis is 1. */
export interface Permuted<Order extends readonly number[]> extends ShapeFunction {
  readonly output: IsUnknown<this['input']> extends true
    ? Dims
    : number extends Order['length']
      ? Dims
      : this['input'] extends infer S extends Dims
        ? S['length'] extends Order['length']
          ? { readonly [K in keyof Order]: AxisOf<S, Minus<Order[K], 1>> }
          : Mismatch<`permute needs inputs with ${Order['length']} axes beside the batch`>
        : Dims
}
type AxisOf<S extends Dims, Axis> = Axis extends number ? S[Axis] : number | null
