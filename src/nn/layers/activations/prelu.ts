import { ArgumentError, ShapeError } from '../../../core/errors.ts'
import { formatShape } from '../../../core/shape.ts'
import { pRelu } from '../../../ops/nn/p-relu.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { SameShape } from '../../shapes/functions.ts'
import {
  type CommonOptions,
  type ConstraintOption,
  common,
  type InitializerOption,
  type RegularizerOption,
  weightRules,
} from '../options.ts'

export interface PreluOptions extends CommonOptions {
  /** Default zeros. */
  readonly alphaInitializer?: InitializerOption
  readonly alphaRegularizer?: RegularizerOption
  readonly alphaConstraint?: ConstraintOption
  /** Axes along which one slope is shared, counted with the batch axis: [1, 2] for one slope per channel of an image. */
  readonly sharedAxes?: number | readonly number[] | null
}

/** x above 0, alpha · x below, with learned slopes (He et al., "Delving Deep into Rectifiers", 2015). */
export function prelu(options: PreluOptions = {}): Layer<SameShape> {
  const { sharedAxes: given = null } = options
  const sharedAxes = typeof given === 'number' ? [given] : given
  if (sharedAxes?.some(axis => !Number.isSafeInteger(axis) || axis < 1)) {
    throw new ArgumentError({
      where: 'prelu',
      expected: "'sharedAxes' to be axes from 1 on",
      received: JSON.stringify(given),
    })
  }
  const config = {
    alphaInitializer: options.alphaInitializer ?? 'zeros',
    alphaRegularizer: options.alphaRegularizer ?? null,
    alphaConstraint: options.alphaConstraint ?? null,
    sharedAxes,
  } as const
  const alpha = weightRules('prelu', config.alphaInitializer, config.alphaRegularizer, config.alphaConstraint)
  return makeLayer({
    type: 'PReLU',
    ...common('prelu', options),
    config,
    masking: 'pass',
    call([x], scope) {
      const shape = x.shape.slice(1).map((dim, i) => {
        if (sharedAxes?.includes(i + 1)) return 1
        if (typeof dim === 'number') return dim
        throw new ShapeError({
          where: 'prelu',
          expected: `axis ${i + 1} to have a known size`,
          received: formatShape(x.shape),
          remedy: 'Share its slope: { sharedAxes: […] }.',
        })
      })
      return pRelu(x, scope.weight('alpha', { shape, ...alpha }))
    },
  })
}
