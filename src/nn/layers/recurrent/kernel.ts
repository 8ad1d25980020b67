import { GraphError } from '../../../core/errors.ts'
import { sizeOf } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { constant, ints } from '../../../ops/constants.ts'
import { concat } from '../../../ops/shape/concat.ts'
import { squeeze } from '../../../ops/shape/squeeze.ts'
import { transpose } from '../../../ops/shape/transpose.ts'
import { unsqueeze } from '../../../ops/shape/unsqueeze.ts'
import type { Activation } from '../../activations.ts'
import type { LayerInputs, LayerScope } from '../../layer.ts'
import { sequenceOption } from './cell.ts'
import { cut } from './gates.ts'

/** Keras's weights in the layouts of ONNX's RNN, GRU and LSTM, whose kernels run whole sequences. */

const kernelNames: Readonly<Record<string, string>> = { tanh: 'Tanh', sigmoid: 'Sigmoid', relu: 'Relu' }

/** The kernels' name of an activation; `undefined` where they have none. */
export const kernelName = (activation: Activation): string | undefined =>
  typeof activation === 'string' ? kernelNames[activation] : undefined

/** The direction in which the cell is to run a whole sequence; `undefined` for a single step. */
export function directionOf(scope: LayerScope): 'forward' | 'reverse' | undefined {
  const given = scope.options[sequenceOption]
  return given === 'forward' ? 'forward' : given === 'backward' ? 'reverse' : undefined
}

/** State `i` of a step. */
export function stateOf(where: string, inputs: LayerInputs, i: number): Value {
  const state = inputs[1 + i]
  if (state) return state
  throw new GraphError({ where, expected: 'an entry and all states', received: `${inputs.length} inputs` })
}

export interface StepWeights {
  /** [features, gates · units] and [units, gates · units]. */
  readonly kernel: Value
  readonly recurrent: Value
  /** [gates · units] each. */
  readonly bias?: Value | undefined
  readonly recurrentBias?: Value | undefined
}

/** `order`: which of Keras's gates stands where in ONNX. */
export function kernelWeights({ kernel, recurrent, bias, recurrentBias }: StepWeights, order: readonly number[]) {
  const arranged = (value: Value, axis: number): Value => {
    const gates = cut(value, order.length, axis)
    return order.length === 1
      ? value
      : concat(
          order.flatMap(i => gates[i] ?? []),
          { axis },
        )
  }
  const matrix = (value: Value) => unsqueeze(transpose(arranged(value, 1)), ints([0]))
  const zeros = () => constant(new Array<number>(sizeOf([kernel.shape[1] ?? 0])).fill(0))
  const biases = [bias, recurrentBias].map(value => (value ? arranged(value, 0) : zeros()))
  return {
    w: matrix(kernel),
    r: matrix(recurrent),
    b: bias || recurrentBias ? unsqueeze(concat(biases, { axis: 0 }), ints([0])) : undefined,
  }
}

/** A state with the kernels' axis of directions. */
export const withDirection = (state: Value | undefined): Value | undefined => state && unsqueeze(state, ints([0]))

/** The kernels' outputs without it: all outputs and the last states. */
export const withoutDirection = (y: Value, ...states: readonly Value[]): readonly [Value, ...Value[]] => [
  squeeze(y, ints([1])),
  ...states.map(state => squeeze(state, ints([0]))),
]
