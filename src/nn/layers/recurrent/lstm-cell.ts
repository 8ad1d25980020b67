import type { Value } from '../../../graph/value.ts'
import { add } from '../../../ops/math/add.ts'
import { mul } from '../../../ops/math/mul.ts'
import { lstm } from '../../../ops/recurrent/lstm.ts'
import { type Activation, resolveActivation } from '../../activations.ts'
import { common } from '../options.ts'
import { featuresOf, makeCell, type RnnCell } from './cell.ts'
import {
  cut,
  dropoutMasks,
  maskedProduct,
  openForgetGate,
  type RecurrentWeightOptions,
  recurrentConfig,
  resolveRecurrent,
  unitsOf,
} from './gates.ts'
import { directionOf, kernelName, kernelWeights, stateOf, withDirection, withoutDirection } from './kernel.ts'
import type { CellShape } from './shapes.ts'

export interface LstmCellOptions extends RecurrentWeightOptions {
  /** Size of both states; the first one is the output. */
  readonly units: number
  /** Of the gates. Default sigmoid. */
  readonly recurrentActivation?: Activation
  /** Starts the forget gate's bias at 1 (Jozefowicz et al., 2015). Default true. */
  readonly unitForgetBias?: boolean
}

/** Where ONNX's gates i, o, f, c are among Keras's i, f, c, o. */
const onnxOrder = [0, 3, 1, 2]

/**
 * Long short-term memory (Hochreiter & Schmidhuber, 1997). Gates i, f, c, o side by side in kernel [features, 4 · units],
 * recurrent_kernel [units, 4 · units] and bias [4 · units]. c′ = f⊙c + i⊙g, h′ = o⊙activation(c′); states h and c.
 */
export function lstmCell<const U extends number>(
  options: LstmCellOptions & { readonly units: U },
): RnnCell<CellShape<U, readonly [U, U]>> {
  const where = 'lstmCell'
  const config = {
    units: unitsOf(where, options.units),
    recurrentActivation: options.recurrentActivation ?? 'sigmoid',
    unitForgetBias: options.unitForgetBias ?? true,
    ...recurrentConfig(where, options),
  }
  const { units } = config
  const { activation, ...weights } = resolveRecurrent(where, config)
  const gate = resolveActivation(config.recurrentActivation, where)
  const initializer = config.unitForgetBias ? openForgetGate(weights.bias.initializer) : weights.bias.initializer
  const names = [kernelName(config.recurrentActivation), kernelName(config.activation), kernelName(config.activation)]
  const known = names.flatMap(name => name ?? [])
  // As in Keras, recurrent dropout gives each gate masks of its own.
  const masks = config.recurrentDropout === 0 ? 1 : 4
  return makeCell({
    type: 'LSTMCell',
    ...common(where, options),
    config,
    stateSize: [units, units],
    runsSequences: known.length === names.length,
    call(inputs, scope) {
      const [x] = inputs
      const kernel = scope.weight('kernel', { shape: [featuresOf(where, x), 4 * units], ...weights.kernel })
      const recurrent = scope.weight('recurrent_kernel', { shape: [units, 4 * units], ...weights.recurrent })
      const bias = config.useBias
        ? scope.weight('bias', { ...weights.bias, shape: [4 * units], initializer })
        : undefined
      const direction = directionOf(scope)
      if (direction) {
        const { w, r, b } = kernelWeights({ kernel, recurrent, bias }, onnxOrder)
        const states = [withDirection(inputs[1]), withDirection(inputs[2])] as const
        const attributes = { hidden_size: units, direction, activations: known }
        const { y, y_h, y_c } = lstm(x, w, r, b, undefined, ...states, undefined, attributes)
        return withoutDirection(y, y_h, y_c)
      }
      const [h, c] = [stateOf(where, inputs, 0), stateOf(where, inputs, 1)]
      const entering = maskedProduct(x, kernel, 4, dropoutMasks(scope, config, 'dropout', x, masks))
      const returning = maskedProduct(h, recurrent, 4, dropoutMasks(scope, config, 'recurrentDropout', h, 4))
      return lstmStep(add(bias ? add(entering, bias) : entering, returning), c, 1, gate, activation)
    },
  })
}

/** From all gates' sums, side by side along `axis`, and the old c: the output, which is h′, then h′ and c′. */
export function lstmStep(
  sums: Value,
  c: Value,
  axis: number,
  gate: (x: Value) => Value,
  activation: (x: Value) => Value,
): readonly [Value, Value, Value] {
  const [i = sums, f = sums, g = sums, o = sums] = cut(sums, 4, axis)
  const next = add(mul(gate(f), c), mul(gate(i), activation(g)))
  const output = mul(gate(o), activation(next))
  return [output, output, next]
}
