/**
 * Arithmetic on literal types, so that the compiler can follow shapes: 28 − 3 + 1 = 26, 13 · 13 · 32 = 5408. Numbers are lists of
 * decimal digits, least significant first; whatever is not a literal natural number gives `number`.
 */

type Digit = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9
type Digits = readonly Digit[]

/** As many elements as a digit says: sums of digits are lengths of joined tuples. */
type Units = [
  [],
  [1],
  [1, 1],
  [1, 1, 1],
  [1, 1, 1, 1],
  [1, 1, 1, 1, 1],
  [1, 1, 1, 1, 1, 1],
  [1, 1, 1, 1, 1, 1, 1],
  [1, 1, 1, 1, 1, 1, 1, 1],
  [1, 1, 1, 1, 1, 1, 1, 1, 1],
]
type Ten = [...Units[5], ...Units[5]]
/** 0 … 19 → its last digit and the carry. */
type Carry = [
  [0, 0],
  [1, 0],
  [2, 0],
  [3, 0],
  [4, 0],
  [5, 0],
  [6, 0],
  [7, 0],
  [8, 0],
  [9, 0],
  [0, 1],
  [1, 1],
  [2, 1],
  [3, 1],
  [4, 1],
  [5, 1],
  [6, 1],
  [7, 1],
  [8, 1],
  [9, 1],
]
type Length<T> = T extends readonly unknown[] ? T['length'] : never
type Split<N> = N extends keyof Carry ? (Carry[N] extends readonly [Digit, 0 | 1] ? Carry[N] : never) : never

type Parse<S extends string, Result extends Digits = []> = S extends `${infer D extends Digit}${infer Rest}`
  ? Parse<Rest, [D, ...Result]>
  : Result
type Format<D extends Digits, Text extends string = ''> = D extends readonly [
  infer First extends Digit,
  ...infer Rest extends Digits,
]
  ? Format<Rest, `${First}${Text}`>
  : Text
/** Without zeros in front. */
type Trim<D extends Digits> = D extends readonly [...infer Rest extends readonly [Digit, ...Digit[]], 0]
  ? Trim<Rest>
  : D
type ToNumber<D extends Digits> = Format<Trim<D>> extends `${infer N extends number}` ? N : number

type AddDigits<
  A extends Digits,
  B extends Digits,
  C extends 0 | 1 = 0,
  Result extends Digits = [],
> = A extends readonly [infer X extends Digit, ...infer Xs extends Digits]
  ? B extends readonly [infer Y extends Digit, ...infer Ys extends Digits]
    ? Split<Length<[...Units[X], ...Units[Y], ...Units[C]]>> extends readonly [
        infer D extends Digit,
        infer Next extends 0 | 1,
      ]
      ? AddDigits<Xs, Ys, Next, [...Result, D]>
      : never
    : AddDigits<A, [0], C, Result>
  : B extends readonly [Digit, ...Digits]
    ? AddDigits<[0], B, C, Result>
    : C extends 1
      ? [...Result, 1]
      : Result

/** A − B for A ≥ B; `never` otherwise. */
type SubDigits<
  A extends Digits,
  B extends Digits,
  Borrow extends 0 | 1 = 0,
  Result extends Digits = [],
> = A extends readonly [infer X extends Digit, ...infer Xs extends Digits]
  ? B extends readonly [infer Y extends Digit, ...infer Ys extends Digits]
    ? [...Units[X], ...Ten] extends readonly [...Units[Y], ...Units[Borrow], ...infer Rest]
      ? Split<Rest['length']> extends readonly [infer D extends Digit, infer Full extends 0 | 1]
        ? SubDigits<Xs, Ys, Full extends 1 ? 0 : 1, [...Result, D]>
        : never
      : never
    : SubDigits<A, [0], Borrow, Result>
  : B extends readonly [Digit, ...Digits]
    ? Trim<B> extends readonly [0]
      ? SubDigits<A, [], Borrow, Result>
      : never
    : Borrow extends 1
      ? never
      : Result

/** A · D for one digit. */
type Times<A extends Digits, D extends Digit> = Units[D] extends readonly [1, ...infer Fewer]
  ? Fewer['length'] extends Digit
    ? AddDigits<A, Times<A, Fewer['length']>>
    : never
  : [0]
type MulDigits<A extends Digits, B extends Digits> = B extends readonly [
  infer Y extends Digit,
  ...infer Ys extends Digits,
]
  ? AddDigits<Times<A, Y>, [0, ...MulDigits<A, Ys>]>
  : [0]

/** How often B goes into A, with the rest, for A < 10 · B. */
type Count<A extends Digits, B extends Digits, N extends readonly 1[] = []> = [SubDigits<A, B>] extends [never]
  ? [N['length'], A]
  : Count<Trim<SubDigits<A, B>>, B, [...N, 1]>
/** Long division, from the most significant digit on. */
type DivDigits<
  A extends Digits,
  B extends Digits,
  Rest extends Digits = [0],
  Result extends Digits = [],
> = A extends readonly [...infer Lower extends Digits, infer Top extends Digit]
  ? Count<Trim<[Top, ...Rest]>, B> extends readonly [infer Q extends Digit, infer R extends Digits]
    ? DivDigits<Lower, B, R, [Q, ...Result]>
    : never
  : Result

/** A literal natural number as digits; `never` for anything else. */
type Natural<N> = N extends number
  ? number extends N
    ? never
    : `${N}` extends `${string}${'.' | '-' | 'e'}${string}`
      ? never
      : Parse<`${N}`>
  : never
type Both<A, B, Result> = [Natural<A>] extends [never] ? number : [Natural<B>] extends [never] ? number : Result

export type Plus<A, B> = Both<A, B, ToNumber<AddDigits<Natural<A>, Natural<B>>>>
/** `never` where the result would be negative. */
export type Minus<A, B> = Both<
  A,
  B,
  [SubDigits<Natural<A>, Natural<B>>] extends [never] ? never : ToNumber<SubDigits<Natural<A>, Natural<B>>>
>
export type Multiply<A, B> = Both<A, B, ToNumber<MulDigits<Natural<A>, Natural<B>>>>
/** ⌊A / B⌋ for B > 0. */
export type Divide<A, B> = Both<A, B, B extends 0 ? number : ToNumber<DivDigits<Natural<A>, Natural<B>>>>
/** ⌈A / B⌉. */
export type DivideUp<A, B> = Divide<Plus<A, Minus<B, 1>>, B>
/** Whether A ≥ B, as far as both are known. */
export type AtLeast<A, B> = [Minus<A, B>] extends [never] ? false : true

/** The product of all sizes of a shape; `number` where one is not known, `null` where one varies. */
export type Product<S extends readonly unknown[], Result = 1> = S extends readonly [infer First, ...infer Rest]
  ? First extends null
    ? null
    : Product<Rest, Multiply<Result, First>>
  : S extends readonly []
    ? Result
    : number
