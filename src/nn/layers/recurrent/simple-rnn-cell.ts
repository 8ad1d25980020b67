import { add } from '../../../ops/math/add.ts'
import { rnn } from '../../../ops/recurrent/rnn.ts'
import { common } from '../options.ts'
import { featuresOf, makeCell, type RnnCell } from './cell.ts'
import {
  dropoutMasks,
  maskedProduct,
  type RecurrentWeightOptions,
  recurrentConfig,
  resolveRecurrent,
  unitsOf,
} from './gates.ts'
import { directionOf, kernelName, kernelWeights, stateOf, withDirection, withoutDirection } from './kernel.ts'
import type { CellShape } from './shapes.ts'

export interface SimpleRnnCellOptions extends RecurrentWeightOptions {
  /** Size of the state, which is the output. */
  readonly units: number
}

/**
 * h′ = activation(x · kernel + h · recurrent_kernel + bias). Kernel [features, units], recurrent_kernel [units, units], bias [units].
 */
export function simpleRnnCell<const U extends number>(
  options: SimpleRnnCellOptions & { readonly units: U },
): RnnCell<CellShape<U, readonly [U]>> {
  const where = 'simpleRnnCell'
  const config = { units: unitsOf(where, options.units), ...recurrentConfig(where, options) }
  const { units } = config
  const { activation, ...weights } = resolveRecurrent(where, config)
  const name = kernelName(config.activation)
  return makeCell({
    type: 'SimpleRNNCell',
    ...common(where, options),
    config,
    stateSize: units,
    runsSequences: name !== undefined,
    call(inputs, scope) {
      const [x] = inputs
      const kernel = scope.weight('kernel', { shape: [featuresOf(where, x), units], ...weights.kernel })
      const recurrent = scope.weight('recurrent_kernel', { shape: [units, units], ...weights.recurrent })
      const bias = config.useBias ? scope.weight('bias', { shape: [units], ...weights.bias }) : undefined
      const direction = directionOf(scope)
      if (direction && name) {
        const { w, r, b } = kernelWeights({ kernel, recurrent, bias }, [0])
        const attributes = { hidden_size: units, direction, activations: [name] }
        const { y, y_h } = rnn(x, w, r, b, undefined, withDirection(inputs[1]), attributes)
        return withoutDirection(y, y_h)
      }
      const h = stateOf(where, inputs, 0)
      const entering = maskedProduct(x, kernel, 1, dropoutMasks(scope, config, 'dropout', x, 1))
      const returning = maskedProduct(h, recurrent, 1, dropoutMasks(scope, config, 'recurrentDropout', h, 1))
      const next = activation(add(bias ? add(entering, bias) : entering, returning))
      return [next, next]
    },
  })
}
