import type { IsUnknown, Option } from '../../shapes/functions.ts'
import type { Apply, Dims, Mismatch, ShapeFunction, ShapeOf } from '../../shapes/shape-function.ts'
import type { ConvWindows, OnSpatial, Rank, Windows } from '../../shapes/spatial.ts'
import type { AnyCell } from './cell.ts'

/** What recurrent layers do to shapes, for the compiler. */

/** The sequences among the inputs: initial states may follow. */
type Sequences<Input> = Input extends readonly [infer First extends Dims, ...Dims[]] ? First : Input

/** One shape, or one under the steps where all outputs are returned. */
type Output<Steps, S extends Dims, Returns> = [Returns] extends [true]
  ? readonly [Steps, ...S]
  : [Returns] extends [false]
    ? S
    : Dims

/** What comes out, and the states where they are returned. */
type WithStates<Y, States extends readonly Dims[], Returns> = [Returns] extends [false]
  ? Y
  : [Returns] extends [true]
    ? readonly [Y, ...States]
    : Dims

/** Sizes → shapes of one axis. */
type AsShapes<Sizes extends readonly unknown[]> = { readonly [K in keyof Sizes]: readonly [Sizes[K]] }

/**
 * [steps, features] → [Units], or [steps, Units] where all outputs are returned; then states of sizes `States` where those are.
 */
export interface RecurrentShape<
  Units,
  ReturnSequences,
  ReturnState,
  States extends readonly unknown[],
  Name extends string,
> extends ShapeFunction {
  readonly output: Sequences<this['input']> extends infer Given extends Dims
    ? IsUnknown<Given> extends true
      ? Dims
      : Given extends readonly [infer Steps, unknown]
        ? WithStates<Output<Steps, readonly [NumberOf<Units>], ReturnSequences>, DimsOf<AsShapes<States>>, ReturnState>
        : Mismatch<`${Name} needs sequences of shape [steps, features]`>
    : Dims
}
type NumberOf<N> = N extends number ? N : number
type DimsOf<T> = T extends readonly Dims[] ? T : readonly Dims[]

/** One step of a cell: [entry, states …] → [output, states …]. */
export interface CellShape<Units extends number, States extends readonly number[]> extends ShapeFunction {
  readonly output: readonly [readonly [Units], ...DimsOf<AsShapes<States>>]
}

/** [steps, spatial…, channels] → [spatial′…, filters] or [steps, spatial′…, filters], then two states of that shape without steps. */
export interface ConvRecurrentShape<Name extends string, R extends Rank, O extends { readonly filters: number }>
  extends ShapeFunction {
  readonly output: Sequences<this['input']> extends infer Given extends Dims
    ? IsUnknown<Given> extends true
      ? Dims
      : Given extends readonly [infer Steps, ...infer Entry extends Dims]
        ? OnSpatial<
            Name,
            R,
            Option<O, 'dataFormat', 'channelsLast'>,
            Entry,
            Windows<ConvWindows<O>>,
            O['filters'],
            'has a window larger than its input'
          > extends infer State
          ? State extends Dims
            ? IsUnknown<State> extends true
              ? Dims
              : WithStates<
                  Output<Steps, State, Option<O, 'returnSequences', false>>,
                  readonly [State, State],
                  Option<O, 'returnState', false>
                >
            : State extends Mismatch<infer Sentence>
              ? Mismatch<`${Sentence} at each step`>
              : Dims
          : never
        : Mismatch<`${Name} needs sequences`>
    : Dims
}

/** Cells one after the other: each one's output is the next one's entry; states in their order. */
export interface StackedShape<Cells extends readonly AnyCell[]> extends ShapeFunction {
  readonly output: Sequences<this['input']> extends infer Entry extends Dims ? Through<Cells, Entry, []> : Dims
}
type Through<
  Cells extends readonly AnyCell[],
  Entry extends Dims,
  States extends readonly Dims[],
> = Cells extends readonly [infer Cell, ...infer More extends readonly AnyCell[]]
  ? Apply<ShapeOf<Cell>, Entry> extends readonly [infer Y extends Dims, ...infer Own extends readonly Dims[]]
    ? Through<More, Y, readonly [...States, ...Own]>
    : Dims
  : Cells extends readonly []
    ? readonly [Entry, ...States]
    : Dims

/** A cell at every step: [steps, …] → its output, or [steps, …] of them; then its states where those are returned. */
export interface RnnShape<O extends { readonly cell: AnyCell | readonly AnyCell[] }> extends ShapeFunction {
  readonly output: Sequences<this['input']> extends infer Given extends Dims
    ? IsUnknown<Given> extends true
      ? Dims
      : Given extends readonly [infer Steps, ...infer Entry extends readonly [number | null, ...Dims]]
        ? Apply<
            O['cell'] extends readonly AnyCell[] ? StackedShape<O['cell']> : ShapeOf<O['cell']>,
            Entry
          > extends readonly [infer Y extends Dims, ...infer States extends readonly Dims[]]
          ? WithStates<Output<Steps, Y, Option<O, 'returnSequences', false>>, States, Option<O, 'returnState', false>>
          : Dims
        : Mismatch<'rnn needs sequences of shape [steps, …]'>
    : Dims
}
