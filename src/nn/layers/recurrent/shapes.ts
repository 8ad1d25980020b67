import type { Dims, Mismatch, ShapeFunction } from '../../shapes/shape-function.ts'

/** What recurrent layers do to shapes, for the compiler. */

/** The sequences among the inputs: initial states may follow. */
type Sequences<Input> = Input extends readonly [infer First extends Dims, ...Dims[]] ? First : Input

type Output<Steps, Units, Returns> = [Returns] extends [true]
  ? readonly [Steps, Units]
  : [Returns] extends [false]
    ? readonly [Units]
    : Dims

type WithStates<Y, Units, Count, Returns> = [Returns] extends [false]
  ? Y
  : [Returns] extends [true]
    ? Count extends 1
      ? readonly [Y, readonly [Units]]
      : readonly [Y, readonly [Units], readonly [Units]]
    : Dims

/** [steps, features] → [Units], or [steps, Units] where all outputs are returned; then the states where those are. */
export interface RecurrentShape<Units, ReturnSequences, ReturnState, States, Name extends string>
  extends ShapeFunction {
  readonly output: Sequences<this['input']> extends infer Given extends Dims
    ? number extends Given['length']
      ? Dims
      : Given extends readonly [infer Steps, unknown]
        ? WithStates<Output<Steps, Units, ReturnSequences>, Units, States, ReturnState>
        : Mismatch<`${Name} needs sequences of shape [steps, features]`>
    : Dims
}
