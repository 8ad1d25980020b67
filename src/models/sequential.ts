import { ArgumentError } from '../core/errors.ts'
import { type AnyLayer, Symbolic } from '../nn/layer.ts'
import { applyLayer } from '../nn/make-layer.ts'
import { LayerGraph } from '../nn/network.ts'
import type { Apply, Dims, Mismatch, ShapeFunction } from '../nn/shapes/shape-function.ts'
import { Model } from './model.ts'

export interface ModelOptions {
  readonly name?: string
  /** For the weights' first values; the same seed gives the same weights. Default: drawn anew. */
  readonly seed?: number
}

/** A model of layers in a row. `S` and `I`: the shapes of its output and input, without the batch axis. */
export type Sequential<S extends Dims = Dims, I extends Dims = Dims> = Model<Symbolic<S>, Symbolic<I>>

type Rows = readonly (Symbolic | AnyLayer)[]

/** The shape that comes out of layers in a row, or what does not fit. */
type OutputShape<L extends Rows> = L extends readonly [Symbolic<infer S>, ...infer Rest] ? Through<S, Rest> : Dims
type InputShape<L extends Rows> = L extends readonly [Symbolic<infer S>, ...unknown[]] ? S : Dims
type Through<S, Rest> = Rest extends readonly [infer Next, ...infer More] ? Through<OneThrough<S, Next>, More> : S
type OneThrough<S, L> =
  S extends Mismatch<string>
    ? S
    : L extends { readonly shapeFunction?: infer F extends ShapeFunction }
      ? Apply<F, S>
      : Dims

/** The layers themselves where they fit, a sentence in the place of the first one that does not. */
type Fitting<L extends Rows> = L extends readonly [infer Head, ...infer Rest]
  ? Head extends Symbolic<infer S>
    ? readonly [Head, ...FittingRest<S, Rest>]
    : L
  : L
type FittingRest<S, Rest> = Rest extends readonly [infer Next, ...infer More]
  ? OneThrough<S, Next> extends infer Out
    ? Out extends Mismatch<string>
      ? readonly [Out, ...More]
      : readonly [Next, ...FittingRest<Out, More>]
    : never
  : Rest extends readonly unknown[]
    ? Rest
    : never

/**
 * A model of layers in a row; the first is `layers.input({ shape })`. Literal shapes flow through to the output's type, and a layer
 * that does not fit the one before does not compile.
 */
export function sequential<const L extends Rows>(
  layers: L & Fitting<L>,
  options: ModelOptions = {},
): Sequential<OutputShape<L> extends infer S extends Dims ? S : Dims, InputShape<L>> {
  // What tracing finds is what the types work out; test/nn/shapes.test.ts holds them together.
  return build(layers, options) as Sequential<OutputShape<L> extends infer S extends Dims ? S : Dims, InputShape<L>>
}

function build(layers: Rows, options: ModelOptions): Sequential {
  const [first, ...rest] = layers
  if (!(first instanceof Symbolic) || !('input' in first.origin)) {
    throw new ArgumentError({
      where: 'sequential',
      expected: 'layers.input({ shape }) as the first layer',
      received:
        first === undefined
          ? 'no layers'
          : first instanceof Symbolic
            ? 'the output of a layer'
            : `a ${first.type} layer`,
    })
  }
  const stack = rest.filter((layer): layer is AnyLayer => !(layer instanceof Symbolic))
  if (stack.length !== rest.length)
    throw new ArgumentError({ where: 'sequential', expected: 'one input layer, the first', received: 'several' })
  if (stack.length === 0)
    throw new ArgumentError({ where: 'sequential', expected: 'at least one layer after the input', received: 'none' })
  let output: Symbolic = first
  for (const layer of stack) {
    const next = applyLayer(layer, output)
    if (!(next instanceof Symbolic))
      throw new ArgumentError({
        where: 'sequential',
        expected: 'layers with one output',
        received: `${layer.name ?? layer.type} with ${next.length}`,
        remedy: 'Use model({ inputs, outputs }) for layers that return several.',
      })
    output = next
  }
  const network = new LayerGraph(options.name ?? 'sequential', [first], [output], options.seed ?? drawnSeed(), [
    'output',
  ])
  return new Model('Sequential', network, first, output)
}

/** A seed for weights that nobody asked to repeat. */
export const drawnSeed = (): number => Math.floor(Math.random() * 2 ** 31)
