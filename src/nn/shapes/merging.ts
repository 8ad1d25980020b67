import type { Minus, Plus } from './arithmetic.ts'
import type { IsUnknown } from './functions.ts'
import type { Dims, Mismatch, ShapeFunction } from './shape-function.ts'

/** What layers of several inputs do to shapes. Sizes that do not go together become texts, `4 and 6`, which the sentence then quotes. */

/** Several inputs, broadcast to one shape. One alone stays as it is. */
export interface Merged<Name extends string> extends ShapeFunction {
  readonly output: this['input'] extends readonly [infer First extends Dims, ...infer Rest extends readonly Dims[]]
    ? Said<BroadcastAll<First, Rest>, `${Name} needs equal sizes, or 1`>
    : this['input'] extends Dims
      ? this['input']
      : Dims
}

type Sizes = readonly (number | null | string)[]
/** A shape without texts, or the sentence that quotes them. */
type Said<S, Sentence extends string> = S extends Dims
  ? S
  : S extends Sizes
    ? Mismatch<`${Sentence}, not ${Extract<S[number], string>}`>
    : S extends Mismatch<string>
      ? S
      : Dims

type BroadcastAll<S, Rest extends readonly Dims[]> = Rest extends readonly [
  infer Next extends Dims,
  ...infer More extends readonly Dims[],
]
  ? S extends Dims
    ? BroadcastAll<Broadcast<S, Next>, More>
    : S
  : Rest extends readonly []
    ? S
    : Dims
type Broadcast<A extends Dims, B extends Dims> = [A, B] extends [B, A]
  ? A
  : true extends IsUnknown<A> | IsUnknown<B>
    ? Dims
    : FromTheRight<A, B>
/** NumPy's rule: aligned at the right, 1 stretches. */
type FromTheRight<A extends Dims, B extends Dims> = A extends readonly [...infer As extends Dims, infer X]
  ? B extends readonly [...infer Bs extends Dims, infer Y]
    ? readonly [...FromTheRight<As, Bs>, Stretched<X, Y>]
    : A
  : B
type Stretched<X, Y> = [X, Y] extends [Y, X] ? X : X extends 1 ? Y : Y extends 1 ? X : Known<X, Y>
/** The size that is known of two that should be equal: none of a varying one, which is checked when the model runs. */
type Known<X, Y> = [X] extends [null]
  ? Y
  : [Y] extends [null]
    ? X
    : number extends X
      ? Y
      : number extends Y
        ? X
        : Text<X, Y>
type Text<X, Y> = X extends number | null ? (Y extends number | null ? `${X} and ${Y}` : never) : never

/** Several inputs, one after the other along an axis, which is counted with the batch's. */
export interface Concatenated<Axis extends number> extends ShapeFunction {
  readonly output: this['input'] extends readonly [infer First extends Dims, ...infer Rest extends readonly Dims[]]
    ? Said<
        JoinAll<First, Rest, PlaceOf<Axis, First>>,
        'concatenate needs inputs that agree in all axes but the one to join'
      >
    : this['input'] extends Dims
      ? this['input']
      : Dims
}

/** An axis, counted with the batch's, as the index of a shape without it; 'batch' for that one, `never` for those that are not there. */
type PlaceOf<Axis extends number, S extends Dims> =
  IsUnknown<S> extends true
    ? number
    : number extends Axis
      ? number
      : `${Axis}` extends `-${infer Back extends number}`
        ? Place<Minus<Plus<S['length'], 1>, Back>, S>
        : Place<Axis, S>
type Place<Axis, S extends Dims> = [Axis] extends [never]
  ? never
  : Axis extends 0
    ? 'batch'
    : Minus<Axis, 1> extends infer I extends number
      ? `${I}` extends keyof S
        ? `${I}`
        : never
      : never

type JoinAll<S, Rest extends readonly Dims[], P> = [P] extends [never]
  ? Mismatch<'concatenate has no such axis'>
  : number extends P
    ? Dims
    : Rest extends readonly [infer Next extends Dims, ...infer More extends readonly Dims[]]
      ? S extends Dims
        ? JoinAll<Joined<S, Next, P>, More, P>
        : S
      : Rest extends readonly []
        ? S
        : Dims
type Joined<A extends Dims, B extends Dims, P> = true extends IsUnknown<A> | IsUnknown<B>
  ? Dims
  : A['length'] extends B['length']
    ? { readonly [K in keyof A]: K extends P ? Sum<A[K], AtKey<B, K>> : Agreed<A[K], AtKey<B, K>> }
    : readonly [`${A['length']} axes and ${B['length']}`]
type AtKey<S, K> = K extends keyof S ? S[K] : never
type Sum<X, Y> = null extends X | Y ? null : Plus<X, Y>
type Agreed<X, Y> = [X, Y] extends [Y, X] ? X : Known<X, Y>

/** Dot products along an axis of each of two inputs, counted with the batch's. */
export interface Dotted<Axes> extends ShapeFunction {
  readonly output: this['input'] extends readonly [infer A extends Dims, infer B extends Dims]
    ? true extends IsUnknown<A> | IsUnknown<B>
      ? Dims
      : Products<A, B, PlaceOf<AxisOf<Axes, 0>, A>, PlaceOf<AxisOf<Axes, 1>, B>>
    : Dims
}
type AxisOf<Axes, I extends 0 | 1> = Axes extends number
  ? Axes
  : Axes extends readonly [infer P extends number, infer Q extends number]
    ? [P, Q][I]
    : number
type Products<A extends Dims, B extends Dims, P, Q> = [P] extends [never]
  ? NoAxis
  : [Q] extends [never]
    ? NoAxis
    : number extends P | Q
      ? Dims
      : 'batch' extends P | Q
        ? NoAxis
        : Agreed<AtKey<A, P>, AtKey<B, Q>> extends infer Summed extends string
          ? Mismatch<`dot needs axes of equal sizes, not ${Summed}`>
          : readonly [...Without<A, P>, ...Without<B, Q>] extends infer Left
            ? Left extends readonly []
              ? readonly [1]
              : Left
            : never
type NoAxis = Mismatch<"dot needs 'axes' after the batch axis">
type Without<S extends Dims, P, Seen extends Dims = []> = S extends readonly [
  infer Head extends number | null,
  ...infer Rest extends Dims,
]
  ? `${Seen['length']}` extends P
    ? Rest
    : readonly [Head, ...Without<Rest, P, [...Seen, Head]>]
  : []
