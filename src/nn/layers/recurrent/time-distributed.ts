import { ArgumentError, ShapeError } from '../../../core/errors.ts'
import { formatShape } from '../../../core/shape.ts'
import { ints } from '../../../ops/constants.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import type { AnyLayer, Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { ShapeOf } from '../../shapes/shape-function.ts'
import type { EachStep } from '../../shapes/wrapping.ts'
import { type CommonOptions, common } from '../options.ts'
import { runSteps, swapSteps } from './run.ts'

export interface TimeDistributedOptions<L extends AnyLayer = AnyLayer> extends CommonOptions {
  readonly layer: L
}

/**
 * Applies a layer to every step: [batch, steps, …] → [batch, steps, …′]. The steps of a batch go through the layer together, as a
 * larger batch; a layer that looks at its whole batch (batch normalisation in training) therefore sees all steps at once, where
 * Keras shows it one after the other.
 */
export function timeDistributed<L extends AnyLayer>({
  layer: given,
  ...options
}: TimeDistributedOptions<L>): Layer<EachStep<ShapeOf<L>>> {
  const layer: AnyLayer = given
  if (typeof layer?.call !== 'function')
    throw new ArgumentError({ where: 'timeDistributed', expected: "a 'layer'", received: typeof layer })
  return makeLayer({
    type: 'TimeDistributed',
    ...common('timeDistributed', options),
    config: { layer },
    masking: 'pass',
    call([x], scope) {
      const [batch, steps, ...rest] = x.shape
      if (x.shape.length < 3) {
        throw new ShapeError({
          where: 'timeDistributed',
          expected: 'sequences of shape [batch, steps, …]',
          received: `shape ${formatShape(x.shape)}`,
        })
      }
      if (typeof batch === 'number' && typeof steps === 'number') {
        const sizes = rest.map(Number)
        const [y] = scope.run('layer', layer, reshape(x, ints([batch * steps, ...sizes])))
        return reshape(y, ints([batch, steps, ...y.shape.slice(1).map(Number)]))
      }
      // With open sizes the axes cannot be merged and parted again: step by step.
      const { outputs } = runSteps({
        name: 'timeDistributed',
        x,
        mask: undefined,
        initial: [],
        stateShapes: [],
        backwards: false,
        zeroOutputForMask: false,
        unroll: false,
        sequences: true,
        training: false,
        step: entry => ({ output: scope.run('layer', layer, entry)[0], states: [] }),
      })
      return swapSteps(outputs ?? x)
    },
  })
}
