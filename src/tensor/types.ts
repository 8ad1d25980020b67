/** What TypeScript knows of shapes. Literal sizes are kept where that is simple; everything else is `readonly number[]`. */

export type Dims = readonly number[]

/** True for `number`, whose value is known only when the program runs. */
type IsOpen<N> = number extends N ? true : false
type SameSize<A, B> = IsOpen<A> extends true ? true : IsOpen<B> extends true ? true : [A] extends [B] ? true : false

/** The shape of a product; `readonly number[]` when the ranks are not both 1 or 2 or not known. */
export type MatMulShape<A extends Dims, B extends Dims> = A extends readonly [infer M extends number, number]
  ? B extends readonly [number, infer N extends number]
    ? readonly [M, N]
    : B extends readonly [number]
      ? readonly [M]
      : Dims
  : A extends readonly [number]
    ? B extends readonly [number, infer N extends number]
      ? readonly [N]
      : B extends readonly [number]
        ? readonly []
        : Dims
    : Dims

/** `unknown` when B can stand to the right of A in a product, else a type nothing has, which carries the reason. */
export type MatMulRight<A extends Dims, B extends Dims> = A extends readonly []
  ? Mismatch<'matMul takes no scalars', A, B>
  : B extends readonly []
    ? Mismatch<'matMul takes no scalars', A, B>
    : A extends readonly [...number[], infer K]
      ? B extends readonly [infer K2] | readonly [...number[], infer K2, number]
        ? SameSize<K, K2> extends true
          ? unknown
          : Mismatch<'the inner sizes differ', A, B>
        : unknown
      : unknown

interface Mismatch<Reason extends string, A, B> {
  readonly shapesDoNotFit: Reason
  readonly left: A
  readonly right: B
}

/** The shape of a broadcast, kept when both are the same or one is a scalar. */
export type Broadcast<A extends Dims, B extends Dims> = B extends readonly []
  ? A
  : A extends readonly []
    ? B
    : [A, B] extends [B, A]
      ? A
      : Dims

/** A shape asked for; −1 leaves a size open. */
export type Requested<S extends Dims> = -1 extends S[number] ? Dims : S

export type Reversed<S extends Dims> = S extends readonly [infer First extends number, ...infer Rest extends Dims]
  ? readonly [...Reversed<Rest>, First]
  : S extends readonly []
    ? readonly []
    : Dims
