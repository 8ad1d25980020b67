import type { IsUnknown } from './functions.ts'
import type { Dims, Mismatch, ShapeFunction } from './shape-function.ts'

/** What `einsumDense` does to shapes: the output's axes have the sizes that its options state, or those of the input's equal letters. */
export interface EinsumShape<Equation, Sizes> extends ShapeFunction {
  readonly output: IsUnknown<this['input']> extends true
    ? Dims
    : this['input'] extends infer S extends Dims
      ? Read<Equation, Sizes extends Dims ? Sizes : Sizes extends number ? readonly [Sizes] : Dims, S>
      : Dims
}

type Read<Equation, Stated extends Dims, S extends Dims> = number extends Stated['length']
  ? Dims
  : Equation extends `...${infer In},${string}->...${infer Out}`
    ? Tail<Letters<In>, S> extends readonly [infer Lead extends Dims, infer Own extends Dims]
      ? readonly [...Lead, ...Filled<Letters<Out>, Stated, Letters<In>, Own>]
      : // Without axes in the ellipsis the first letter is the batch's.
        Read<`${In},x->${Out}`, Stated, S>
    : Equation extends `${infer In}...,${string}->${infer Out}...`
      ? Head<Rest<Letters<In>>, S> extends readonly [infer Own extends Dims, infer More extends Dims]
        ? readonly [...Filled<Rest<Letters<Out>>, Stated, Rest<Letters<In>>, Own>, ...More]
        : Mismatch<`einsumDense needs inputs with an axis for each letter of ${In}`>
      : Equation extends `${infer In},${string}->${infer Out}`
        ? string extends In
          ? Dims
          : S['length'] extends Rest<Letters<In>>['length']
            ? Filled<Rest<Letters<Out>>, Stated, Rest<Letters<In>>, S>
            : Mismatch<`einsumDense needs inputs with an axis for each letter of ${In}`>
        : Dims

type Letters<Text extends string> = Text extends `${infer One}${infer More}` ? [One, ...Letters<More>] : []
type Rest<L extends readonly string[]> = L extends readonly [string, ...infer More extends readonly string[]]
  ? More
  : []

/** A shape as the last axes, one for each letter, and what is before them: at least nothing beside the batch. */
type Tail<L extends readonly string[], S extends Dims> = L extends readonly [
  ...infer Fewer extends readonly string[],
  string,
]
  ? S extends readonly [...infer Before extends Dims, infer Last extends number | null]
    ? Tail<Fewer, Before> extends readonly [infer Lead extends Dims, infer Own extends Dims]
      ? readonly [Lead, readonly [...Own, Last]]
      : undefined
    : undefined
  : readonly [S, readonly []]
/** As `Tail`, from the front. */
type Head<L extends readonly string[], S extends Dims> = L extends readonly [
  string,
  ...infer Fewer extends readonly string[],
]
  ? S extends readonly [infer First extends number | null, ...infer After extends Dims]
    ? Head<Fewer, After> extends readonly [infer Own extends Dims, infer More extends Dims]
      ? readonly [readonly [First, ...Own], More]
      : undefined
    : undefined
  : readonly [readonly [], S]

type Filled<Out extends readonly string[], Stated extends Dims, In extends readonly string[], Own extends Dims> = {
  readonly [K in keyof Out]: K extends keyof Stated
    ? Stated[K] extends number
      ? Stated[K]
      : SizeOf<Out[K], In, Own>
    : number
}
type SizeOf<Letter, In extends readonly string[], Own extends Dims> = In extends readonly [
  infer First,
  ...infer Letters extends readonly string[],
]
  ? Own extends readonly [infer Size extends number | null, ...infer Sizes extends Dims]
    ? First extends Letter
      ? Size
      : SizeOf<Letter, Letters, Sizes>
    : number
  : number
