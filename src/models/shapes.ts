import { ShapeError } from '../core/errors.ts'
import { formatShape } from '../core/shape.ts'
import type { Value } from '../graph/value.ts'
import type { ShapesOf, Symbolic, SymbolicInputs } from '../nn/layer.ts'
import type { Network } from '../nn/network.ts'
import type { Dims, Mismatch, ShapeFunction } from '../nn/shapes/shape-function.ts'

/** What a model does to shapes, as a layer of a larger one: it takes inputs of its own shapes, and its outputs have those they always have. */
export interface ModelShape<Outputs, Inputs = unknown> extends ShapeFunction {
  readonly output: Outputs extends SymbolicInputs
    ? Refused<this['input'], Inputs> extends infer Wanted
      ? [Wanted] extends [never]
        ? ShapesOf<Outputs>
        : Wanted extends Dims
          ? Mismatch<`the model needs inputs of shape [${Listed<Wanted>}]`>
          : readonly Dims[]
      : never
    : readonly Dims[]
}

/** The shape of an input that what is given does not fit; `never` where all fit. */
type Refused<Given, Inputs> =
  Inputs extends Symbolic<infer Wanted>
    ? Given extends Dims
      ? RefusedBy<Given, Wanted>
      : Given extends readonly [infer Only extends Dims]
        ? RefusedBy<Only, Wanted>
        : never
    : Inputs extends readonly Symbolic[]
      ? {
          [K in keyof Inputs]: K extends keyof Given
            ? Inputs[K] extends Symbolic<infer Wanted>
              ? Given[K] extends Dims
                ? RefusedBy<Given[K], Wanted>
                : never
              : never
            : never
        }[number]
      : never
type RefusedBy<Given extends Dims, Wanted extends Dims> = number extends Given['length'] | Wanted['length']
  ? never
  : Given['length'] extends Wanted['length']
    ? 1 extends { [K in keyof Wanted]: K extends keyof Given ? Differ<Given[K], Wanted[K]> : 1 }[number]
      ? Wanted
      : never
    : Wanted
/** 1 for two sizes that are known and not the same. */
type Differ<A, B> = null extends A | B ? 0 : number extends A ? 0 : number extends B ? 0 : A extends B ? 0 : 1
type Listed<S extends Dims> = S extends readonly [infer One extends number | null, ...infer More extends Dims]
  ? More extends readonly []
    ? `${One}`
    : `${One}, ${Listed<More>}`
  : ''

/** Refuses inputs of another rank or size than the model was made for, as Keras does. */
export function checkInputs({ name, inputs }: Network, given: readonly Value[]): void {
  for (const [i, input] of inputs.entries()) {
    const shape = given[i]?.shape.slice(1)
    // Layers that take more than one form of an input look at it themselves.
    if (!shape || input.prepare) continue
    const fits =
      shape.length === input.shape.length &&
      input.shape.every((size, axis) => size === null || typeof shape[axis] === 'string' || shape[axis] === size)
    if (fits) continue
    throw new ShapeError({
      where: name,
      expected: `'${input.name}' of shape [batch, ${input.shape.map(size => size ?? 'any').join(', ')}]`,
      received: `shape ${formatShape(given[i]?.shape ?? [])}`,
    })
  }
}
