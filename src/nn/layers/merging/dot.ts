import { ArgumentError, ShapeError } from '../../../core/errors.ts'
import { formatShape, normalizeAxis } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { ints, scalarLike } from '../../../ops/constants.ts'
import { einsum } from '../../../ops/math/einsum.ts'
import { min } from '../../../ops/math/min.ts'
import { mul } from '../../../ops/math/mul.ts'
import { reciprocal } from '../../../ops/math/reciprocal.ts'
import { sqrt } from '../../../ops/math/sqrt.ts'
import { reduceSumSquare } from '../../../ops/reduce/reduce-sum-square.ts'
import { unsqueeze } from '../../../ops/shape/unsqueeze.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { Dotted } from '../../shapes/merging.ts'
import { type CommonOptions, common } from '../options.ts'

export interface DotOptions extends CommonOptions {
  /** The axis to multiply and sum along, of both inputs or of each; counted with the batch axis, 0, which it cannot be. */
  readonly axes: number | readonly [number, number]
  /** Scale vectors along the axis to length 1 first, which gives the cosine of their angle. Default false. */
  readonly normalize?: boolean
}

/**
 * Dot products of two tensors, sample by sample: the output has the first's axes, then the second's, without the two that were
 * summed along; [batch, 1] if none is left.
 */
export function dot<const A extends DotOptions['axes']>(options: DotOptions & { readonly axes: A }): Layer<Dotted<A>> {
  const { axes, normalize = false }: DotOptions = options
  const both: readonly number[] = typeof axes === 'number' ? [axes, axes] : axes
  const [first, second] = both
  if (both.length !== 2 || first === undefined || second === undefined || !both.every(Number.isSafeInteger)) {
    throw new ArgumentError({
      where: 'dot',
      expected: "'axes' to be an integer or two of them",
      received: JSON.stringify(axes),
    })
  }
  return makeLayer({
    type: 'Dot',
    ...common('dot', options),
    config: { axes, normalize },
    arity: { min: 2, max: 2 },
    call([x, other]) {
      const y = other ?? x
      const [a, b] = [normalizeAxis(first, x.shape.length, 'dot'), normalizeAxis(second, y.shape.length, 'dot')]
      const [p, q] = [x.shape[a], y.shape[b]]
      if (a === 0 || b === 0 || (typeof p === 'number' && typeof q === 'number' && p !== q)) {
        throw new ShapeError({
          where: 'dot',
          expected: "'axes' after the batch axis, of equal sizes",
          received: `axes ${a} and ${b} of shapes ${formatShape(x.shape)} and ${formatShape(y.shape)}`,
        })
      }
      const left = labels(x, a, 2)
      const right = labels(y, b, 2 + x.shape.length)
      const rest = [...left, ...right].filter(label => label !== 'a' && label !== 'b').join('')
      const [u, v] = normalize ? [unit(x, a), unit(y, b)] : [x, y]
      const product = einsum([u, v], { equation: `${left},${right}->a${rest}` })
      return rest === '' ? unsqueeze(product, ints([1])) : product
    },
  })
}

/** `a` for the batch axis, `b` for the one to sum along, others from the alphabet's position `from`. */
const labels = (x: Value, summed: number, from: number): string =>
  x.shape.map((_, i) => (i === 0 ? 'a' : i === summed ? 'b' : String.fromCharCode(97 + from + i))).join('')

/** x / max(‖x‖, 1e-7) along an axis. */
const unit = (x: Value, axis: number): Value =>
  mul(x, min([reciprocal(sqrt(reduceSumSquare(x, ints([axis])))), scalarLike(1e7, x)]))
