/** Sizes of a tensor without the batch axis, as far as the compiler knows them: a literal, `number` where it does not; `null` where they vary. */
export type Dims = readonly (number | null)[]

/**
 * A function from shapes to shapes that the compiler evaluates. TypeScript has no functions of types as values, so one is an
 * interface whose `output` is written in terms of `this['input']`:
 *
 *     interface LastAxis<Units extends number> extends ShapeFunction {
 *       readonly output: this['input'] extends readonly [...infer Rest extends Dims, number] ? readonly [...Rest, Units] : …
 *     }
 */
export interface ShapeFunction {
  readonly input: unknown
  /** What the call was given besides its inputs, such as `{ reverse: true }`. */
  readonly options: unknown
  readonly output: unknown
}

/** Of a layer whose output shape the compiler does not follow. */
export interface AnyShape extends ShapeFunction {
  readonly output: Dims
}

/** The output's shape for an input's: a `Dims`, or a tuple of them for several outputs. */
export type Apply<F extends ShapeFunction, Input, Options = Record<never, never>> = (F & {
  readonly input: Input
  readonly options: Options
})['output']

/** What a layer does to shapes. */
export type ShapeOf<L> = L extends { readonly shapeFunction?: infer F extends ShapeFunction } ? F : AnyShape

/** The output of a shape function for inputs that the layer does not take: a sentence for whoever wrote the model. */
export interface Mismatch<Sentence extends string> {
  readonly shapeMismatch: Sentence
}
