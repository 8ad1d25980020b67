import type { Value } from '../graph/value.ts'
import { scalar } from '../ops/constants.ts'
import { add } from '../ops/math/add.ts'
import { div } from '../ops/math/div.ts'
import { max } from '../ops/math/max.ts'
import { mul } from '../ops/math/mul.ts'
import { sqrt } from '../ops/math/sqrt.ts'
import { clip } from '../ops/nn/clip.ts'
import { reduceSumSquare } from '../ops/reduce/reduce-sum-square.ts'
import type { Settings } from './optimizers/optimizer.ts'

/** Gradient clipping as in Keras: by each norm, by value, or by the norm of all together. */
export function clipGradients(gradients: readonly Value[], settings: Settings): readonly Value[] {
  const { clipnorm, clipvalue, globalClipnorm } = settings
  if (gradients.length === 0) return gradients
  if (clipnorm !== undefined) return gradients.map(g => mul(g, shrink(sumOfSquares(g), clipnorm)))
  if (globalClipnorm !== undefined) {
    const total = gradients.map(sumOfSquares).reduce((a, b) => add(a, b))
    // As in Keras, an infinite norm makes all gradients NaN, rather than some of them 0.
    const factor = add(shrink(total, globalClipnorm), mul(total, scalar(0)))
    return gradients.map(g => mul(g, factor))
  }
  if (clipvalue !== undefined) return gradients.map(g => clip(g, scalar(-clipvalue), scalar(clipvalue)))
  return gradients
}

const sumOfSquares = (g: Value): Value => reduceSumSquare(g, undefined, { keepdims: 0 })

/** limit / max(norm, limit): 1 for short gradients. */
const shrink = (squares: Value, limit: number): Value => div(scalar(limit), max([sqrt(squares), scalar(limit)]))
