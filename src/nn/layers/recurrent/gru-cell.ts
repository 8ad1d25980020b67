import type { Value } from '../../../graph/value.ts'
import { ints } from '../../../ops/constants.ts'
import { add } from '../../../ops/math/add.ts'
import { matMul } from '../../../ops/math/mat-mul.ts'
import { mul } from '../../../ops/math/mul.ts'
import { sub } from '../../../ops/math/sub.ts'
import { gru } from '../../../ops/recurrent/gru.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import { split } from '../../../ops/shape/split.ts'
import { type Activation, resolveActivation } from '../../activations.ts'
import { common } from '../options.ts'
import { featuresOf, makeCell, type RnnCell } from './cell.ts'
import {
  cut,
  dropoutMasks,
  maskedProduct,
  type RecurrentWeightOptions,
  recurrentConfig,
  resolveRecurrent,
  unitsOf,
} from './gates.ts'
import { directionOf, kernelName, kernelWeights, stateOf, withDirection, withoutDirection } from './kernel.ts'
import type { CellShape } from './shapes.ts'

export interface GruCellOptions extends RecurrentWeightOptions {
  /** Size of the state, which is the output. */
  readonly units: number
  /** Of the gates. Default sigmoid. */
  readonly recurrentActivation?: Activation
  /** Applies the reset gate to the product with the state rather than to the state. Default true. */
  readonly resetAfter?: boolean
}

/**
 * Gated recurrent unit (Cho et al., 2014). Gates z, r, h side by side in kernel [features, 3 · units] and recurrent_kernel
 * [units, 3 · units]; bias [2, 3 · units] for inputs and state with `resetAfter`, else [3 · units]. h′ = z⊙h + (1 − z)⊙candidate.
 */
export function gruCell<const U extends number>(
  options: GruCellOptions & { readonly units: U },
): RnnCell<CellShape<U, readonly [U]>> {
  const where = 'gruCell'
  const config = {
    units: unitsOf(where, options.units),
    recurrentActivation: options.recurrentActivation ?? 'sigmoid',
    resetAfter: options.resetAfter ?? true,
    ...recurrentConfig(where, options),
  }
  const { units, resetAfter } = config
  const { activation, ...weights } = resolveRecurrent(where, config)
  const gate = resolveActivation(config.recurrentActivation, where)
  const names = [kernelName(config.recurrentActivation), kernelName(config.activation)]
  const known = names.flatMap(name => name ?? [])
  const masks = config.recurrentDropout === 0 ? 1 : 3
  return makeCell({
    type: 'GRUCell',
    ...common(where, options),
    config,
    stateSize: units,
    runsSequences: known.length === names.length,
    call(inputs, scope) {
      const [x] = inputs
      const kernel = scope.weight('kernel', { shape: [featuresOf(where, x), 3 * units], ...weights.kernel })
      const recurrent = scope.weight('recurrent_kernel', { shape: [units, 3 * units], ...weights.recurrent })
      const shape = resetAfter ? [2, 3 * units] : [3 * units]
      const whole = config.useBias ? scope.weight('bias', { shape, ...weights.bias }) : undefined
      const [bias, recurrentBias] =
        resetAfter && whole ? cut(whole, 2, 0).map(row => reshape(row, ints([-1]))) : [whole]
      const direction = directionOf(scope)
      if (direction) {
        const { w, r, b } = kernelWeights({ kernel, recurrent, bias, recurrentBias }, [0, 1, 2])
        const { y, y_h } = gru(x, w, r, b, undefined, withDirection(inputs[1]), {
          hidden_size: units,
          direction,
          activations: known,
          linear_before_reset: resetAfter ? 1 : 0,
        })
        return withoutDirection(y, y_h)
      }
      const h = stateOf(where, inputs, 0)
      const product = maskedProduct(x, kernel, 3, dropoutMasks(scope, config, 'dropout', x, masks))
      const entering = bias ? add(product, bias) : product
      const drops = dropoutMasks(scope, config, 'recurrentDropout', h, 3)
      const next = resetAfter
        ? stepAfter(entering, h, plus(maskedProduct(h, recurrent, 3, drops), recurrentBias), gate, activation)
        : stepBefore(entering, h, recurrent, drops, gate, activation)
      return [next, next]
    },
  })
}

type Step = (x: Value) => Value

const plus = (value: Value, bias: Value | undefined): Value => (bias ? add(value, bias) : value)

/** z⊙h + (1 − z)⊙n */
const mixed = (z: Value, h: Value, n: Value): Value => add(n, mul(z, sub(h, n)))

function stepAfter(entering: Value, h: Value, returning: Value, gate: Step, activation: Step): Value {
  const [xz = h, xr = h, xh = h] = cut(entering, 3, 1)
  const [hz = h, hr = h, hh = h] = cut(returning, 3, 1)
  const n = activation(add(xh, mul(gate(add(xr, hr)), hh)))
  return mixed(gate(add(xz, hz)), h, n)
}

/** The candidate's product waits for the reset gate. */
function stepBefore(
  entering: Value,
  h: Value,
  recurrent: Value,
  masks: readonly Value[] | undefined,
  gate: Step,
  activation: Step,
): Value {
  const units = Number(h.shape[1])
  const [gates = recurrent, candidate = recurrent] = split(recurrent, ints([2 * units, units]), { axis: 1 })
  const [xz = h, xr = h, xh = h] = cut(entering, 3, 1)
  const [hz = h, hr = h] = cut(maskedProduct(h, gates, 2, masks?.slice(0, 2)), 2, 1)
  const state = masks?.[2] ? mul(h, masks[2]) : h
  const n = activation(add(xh, matMul(mul(gate(add(xr, hr)), state), candidate)))
  return mixed(gate(add(xz, hz)), h, n)
}
