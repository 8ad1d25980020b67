import { ArgumentError } from '../core/errors.ts'
import { type AnyLayer, Symbolic } from '../nn/layer.ts'
import { applyLayer } from '../nn/make-layer.ts'
import { LayerGraph } from '../nn/network.ts'
import { Model } from './model.ts'

export interface ModelOptions {
  readonly name?: string
  /** For the weights' first values; the same seed gives the same weights. Default: drawn anew. */
  readonly seed?: number
}

/** A model of layers in a row. */
export type Sequential = Model<Symbolic>

/** A model of layers in a row; the first is `layers.input({ shape })`. */
export function sequential(layers: readonly (Symbolic | AnyLayer)[], options: ModelOptions = {}): Sequential {
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
  return new Model('Sequential', network, output)
}

/** A seed for weights that nobody asked to repeat. */
export const drawnSeed = (): number => Math.floor(Math.random() * 2 ** 31)
