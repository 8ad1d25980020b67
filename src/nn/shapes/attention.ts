import type { First, IsUnknown, Size } from './functions.ts'
import type { Dims, Mismatch, ShapeFunction } from './shape-function.ts'

/** What attention does to shapes. Inputs are [query, value, …]. */

/** What comes out, and the weights behind it where the call asks for them. */
type WithScores<Options, Output, Scores> =
  Output extends Mismatch<string>
    ? Output
    : Options extends { readonly returnAttentionScores: infer Asked }
      ? [Asked] extends [true]
        ? readonly [Output, Scores]
        : [Asked] extends [false]
          ? Output
          : Output | readonly [Output, Scores]
      : Output

type Needs<Name extends string> = Mismatch<`${Name} needs a query and a value of shape [steps, size]`>

/** [queries, size] and [keys, size′] → [queries, size′]. */
export interface Attended<Name extends string> extends ShapeFunction {
  readonly output: this['input'] extends readonly [infer Q extends Dims, infer V extends Dims, ...Dims[]]
    ? true extends IsUnknown<Q> | IsUnknown<V>
      ? WithScores<this['options'], Dims, Dims>
      : Q extends readonly [infer Steps extends number | null, unknown]
        ? V extends readonly [infer Keys extends number | null, infer Width extends number | null]
          ? WithScores<this['options'], readonly [Steps, Width], readonly [Steps, Keys]>
          : Needs<Name>
        : Needs<Name>
    : Dims
}

/** The query's axes before its features, then `Features`; null for the query's own. */
export interface MultiHeaded<Name extends string, Heads, Features> extends ShapeFunction {
  readonly output: First<this['input']> extends infer Q extends Dims
    ? WithScores<this['options'], Projected<Name, Q, Features>, ScoresOf<this['input'], Heads>>
    : Dims
}
type Projected<Name extends string, Q extends Dims, Features> =
  IsUnknown<Q> extends true
    ? Dims
    : Q extends readonly [...infer Lead extends readonly [number | null, ...Dims], infer Last extends number | null]
      ? [Features] extends [null]
        ? readonly [...Lead, Last]
        : Features extends Dims
          ? readonly [...Lead, ...Features]
          : readonly [...Lead, Size<Features>]
      : Needs<Name>
type ScoresOf<Input, Heads> = Input extends readonly [
  readonly [infer Steps extends number | null, unknown],
  readonly [infer Keys extends number | null, unknown],
  ...Dims[],
]
  ? readonly [Size<Heads>, Steps, Keys]
  : Dims

export type HeadsOf<O> = O extends { readonly numHeads: infer H } ? H : number
