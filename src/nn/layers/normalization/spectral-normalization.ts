import { stopGradient } from '../../../autodiff/stop-gradient.ts'
import { ArgumentError } from '../../../core/errors.ts'
import type { Value } from '../../../graph/value.ts'
import { ints, scalarLike } from '../../../ops/constants.ts'
import { equal } from '../../../ops/logic/equal.ts'
import { where as select } from '../../../ops/logic/where.ts'
import { abs } from '../../../ops/math/abs.ts'
import { add } from '../../../ops/math/add.ts'
import { div } from '../../../ops/math/div.ts'
import { matMul } from '../../../ops/math/mat-mul.ts'
import { max } from '../../../ops/math/max.ts'
import { sqrt } from '../../../ops/math/sqrt.ts'
import { sub } from '../../../ops/math/sub.ts'
import { reduceMax } from '../../../ops/reduce/reduce-max.ts'
import { reduceSumSquare } from '../../../ops/reduce/reduce-sum-square.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import { swapLast } from '../../../ops/shape/transpose.ts'
import { truncatedNormal } from '../../initializers.ts'
import type { AnyLayer, Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import { snakeCase } from '../../names.ts'
import type { ShapeOf } from '../../shapes/shape-function.ts'
import { positiveInt } from '../arguments.ts'
import { type CommonOptions, common } from '../options.ts'

export interface SpectralNormalizationOptions<L extends AnyLayer = AnyLayer> extends CommonOptions {
  /** A layer with a weight named `kernel` or `embeddings`. */
  readonly layer: L
  /** Rounds of the power iteration in each training step. Default 1. */
  readonly powerIterations?: number
}

/**
 * Miyato et al., "Spectral Normalization for Generative Adversarial Networks", 2018: in each training step the wrapped layer's kernel
 * is divided by its largest singular value, which a power iteration tracks with the vector u. As in Keras the kernel itself is
 * replaced, so that inference takes it as it is, and gradients are those at the divided kernel.
 */
export function spectralNormalization<L extends AnyLayer>(options: SpectralNormalizationOptions<L>): Layer<ShapeOf<L>> {
  const where = 'spectralNormalization'
  const layer: AnyLayer = options.layer
  const config = { layer, powerIterations: positiveInt(where, 'powerIterations', options.powerIterations ?? 1) }
  return makeLayer({
    type: 'SpectralNormalization',
    ...common(where, options),
    config,
    arity: layer.arity ?? { min: 1, max: 1 },
    call(inputs, scope) {
      let met = false
      const divided: AnyLayer = {
        ...layer,
        name: layer.name,
        // Read anew at each trace: a layer may be frozen after it was wrapped.
        trainable: layer.trainable,
        call: (given, inner) =>
          layer.call(given, {
            ...inner,
            weight(name, wanted) {
              if (name !== 'kernel' && name !== 'embeddings') return inner.weight(name, wanted)
              met = true
              const kernel = inner.weight(name, wanted)
              const u = scope.weight('vector_u', {
                shape: [1, wanted.shape.at(-1) ?? 1],
                initializer: truncatedNormal({ stddev: 0.02 }),
                trainable: false,
              })
              if (!scope.training) return kernel
              const next = normalized(kernel, u, config.powerIterations)
              scope.update('vector_u', next.u)
              inner.update(name, next.kernel)
              // The value of the divided kernel, the gradient of the kernel.
              return add(kernel, stopGradient(sub(next.kernel, kernel)))
            },
          }),
      }
      const outputs = scope.run(nameOf(layer), divided, inputs)
      if (met) return outputs
      throw new ArgumentError({
        where,
        expected: "a layer with a weight named 'kernel' or 'embeddings'",
        received: layer.type,
      })
    },
  })
}

const nameOf = (layer: AnyLayer): string => layer.name ?? snakeCase(layer.type)

/** The kernel over its largest singular value, and the next u. A kernel of zeros stays, and so does its u. */
function normalized(kernel: Value, u: Value, rounds: number): { readonly kernel: Value; readonly u: Value } {
  const matrix = reshape(kernel, ints([-1, Number(kernel.shape.at(-1))]))
  let right = u
  let left = u
  for (let i = 0; i < rounds; i++) {
    left = unit(matMul(right, swapLast(matrix)))
    right = unit(matMul(left, matrix))
  }
  const sigma = reshape(matMul(matMul(left, matrix), swapLast(right)), ints([]))
  const empty = equal(reduceMax(abs(kernel), undefined, { keepdims: 0 }), scalarLike(0, kernel))
  return { kernel: select(empty, kernel, div(kernel, sigma)), u: select(empty, u, right) }
}

const unit = (x: Value): Value =>
  div(x, sqrt(max([reduceSumSquare(x, undefined, { keepdims: 1 }), scalarLike(1e-14, x)])))
