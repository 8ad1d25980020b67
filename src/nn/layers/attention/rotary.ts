import { ArgumentError, ShapeError } from '../../../core/errors.ts'
import { formatShape } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { constantLike, ints } from '../../../ops/constants.ts'
import { add } from '../../../ops/math/add.ts'
import { mul } from '../../../ops/math/mul.ts'
import { sub } from '../../../ops/math/sub.ts'
import { concat } from '../../../ops/shape/concat.ts'
import { split } from '../../../ops/shape/split.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import { positive } from '../../serialized.ts'
import type { SameShape } from '../../shapes/functions.ts'
import { type CommonOptions, common } from '../options.ts'

export interface RotaryOptions {
  /** Pairs of features turn by position / maxWavelength^(i / pairs) radians. Default 10,000. */
  readonly maxWavelength?: number
  /** Positions are divided by it, to stretch what a model knows over longer sequences. Default 1. */
  readonly scalingFactor?: number
}

export const rotaryConfig = (where: string, options: RotaryOptions): Required<RotaryOptions> => ({
  maxWavelength: positive(where, 'maxWavelength', options.maxWavelength ?? 10_000),
  scalingFactor: positive(where, 'scalingFactor', options.scalingFactor ?? 1),
})

/**
 * Su et al., "RoFormer", 2021: rotates pairs of features by angles that grow with the position, so that scores of attention depend
 * on distances. Input [batch, steps, …, size] with an even size; features i and i + size/2 are a pair. Not part of Keras: options
 * and results are those of KerasHub's layer of this name.
 */
export function rotaryEmbedding(options: RotaryOptions & CommonOptions = {}): Layer<SameShape> {
  const where = 'rotaryEmbedding'
  const config = rotaryConfig(where, options)
  return makeLayer({
    type: 'RotaryEmbedding',
    ...common(where, options),
    config,
    masking: 'pass',
    call: ([x]) => rotated(x, 1, config),
  })
}

/** The rotation, with positions along `axis` and features along the last. */
export function rotated(x: Value, axis: number, { maxWavelength, scalingFactor }: Required<RotaryOptions>): Value {
  const where = 'rotaryEmbedding'
  const [steps, size] = [x.shape[axis], x.shape.at(-1)]
  if (typeof steps !== 'number' || typeof size !== 'number' || x.shape.length < 3) {
    throw new ShapeError({
      where,
      expected: 'an input of known numbers of steps and features',
      received: formatShape(x.shape),
    })
  }
  if (size % 2 !== 0) throw new ArgumentError({ where, expected: 'an even number of features', received: String(size) })
  const half = size / 2
  const table = (f: (angle: number) => number) =>
    constantLike(
      Array.from({ length: steps * half }, (_, at) => {
        const position = Math.floor(at / half) / scalingFactor
        return f(position / maxWavelength ** ((at % half) / half))
      }),
      x.shape.slice(axis).map((_, i, rest) => (i === 0 ? steps : i === rest.length - 1 ? half : 1)),
      x,
    )
  const [cosines, sines] = [table(Math.cos), table(Math.sin)]
  const [a = x, b = x] = split(x, ints([half, half]), { axis: -1 })
  return concat([sub(mul(a, cosines), mul(b, sines)), add(mul(b, cosines), mul(a, sines))], { axis: -1 })
}
