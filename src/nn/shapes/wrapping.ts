import type { Plus } from './arithmetic.ts'
import type { IsUnknown } from './functions.ts'
import type { Apply, Dims, Mismatch, ShapeFunction } from './shape-function.ts'

/** What layers that run other layers do to shapes. */

/** A layer at every step: [steps, …] → [steps, …′]. */
export interface EachStep<F extends ShapeFunction> extends ShapeFunction {
  readonly output: IsUnknown<this['input']> extends true
    ? Dims
    : this['input'] extends readonly [
          infer Steps extends number | null,
          ...infer Entry extends readonly [number | null, ...Dims],
        ]
      ? Apply<F, Entry> extends infer Output
        ? Output extends Dims
          ? IsUnknown<Output> extends true
            ? Dims
            : readonly [Steps, ...Output]
          : Output extends readonly [infer First extends Dims, ...Dims[]]
            ? readonly [Steps, ...First]
            : Output extends Mismatch<string>
              ? Output
              : Dims
        : never
      : Mismatch<'timeDistributed needs sequences of shape [steps, …]'>
}

/** A recurrent layer in both directions. `Mode` null: both outputs; 'concat': their last axes joined. */
export interface BothWays<Forward extends ShapeFunction, Backward extends ShapeFunction, Mode> extends ShapeFunction {
  readonly output: InBoth<Apply<Forward, this['input']>, Apply<Backward, this['input']>, Mode>
}
type InBoth<A, B, Mode> =
  A extends Mismatch<string>
    ? A
    : A extends Dims
      ? B extends Dims
        ? [Mode] extends [null]
          ? readonly [A, B]
          : Together<A, B, Mode>
        : Dims
      : A extends readonly [infer Y extends Dims, ...infer States extends readonly Dims[]]
        ? B extends readonly [infer Z extends Dims, ...infer Others extends readonly Dims[]]
          ? [Mode] extends [null]
            ? readonly [Y, Z, ...States, ...Others]
            : readonly [Together<Y, Z, Mode>, ...States, ...Others]
          : Dims
        : Dims
type Together<A extends Dims, B extends Dims, Mode> = [Mode] extends ['concat']
  ? A extends readonly [...infer Lead extends Dims, infer X]
    ? B extends readonly [...Dims, infer Y]
      ? readonly [...Lead, Plus<X, Y>]
      : Dims
    : Dims
  : [Mode] extends ['sum' | 'mul' | 'ave']
    ? A
    : Dims
