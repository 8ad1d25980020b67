import { ArgumentError } from '../core/errors.ts'
import { Value } from '../graph/value.ts'
import { layerKey } from '../nn/layer-key.ts'
import { Tensor } from '../tensor/tensor.ts'
import type { SymbolicForm } from './forms.ts'
import type { Model } from './model.ts'

/** A model's weights by path: `dense/kernel`. */
export type Weights = Readonly<Record<string, Tensor<'float32'>>>

export interface ApplyOptions {
  /** Layers such as dropout behave as in training. Default false. */
  readonly training?: boolean
  /** Random bits for those layers: an int64 tensor of shape [2]. Each layer draws its own from it. */
  readonly key?: Tensor<'int64'>
}

/** A model without state: a function of its weights and inputs. */
export interface PureModel {
  /** The present weights. */
  readonly weights: Weights
  /** Outputs for given weights and inputs, in the order of the model's outputs. */
  apply(weights: Weights, inputs: Tensor | readonly Tensor[], options?: ApplyOptions): readonly Tensor<'float32'>[]
}

/**
 * The model as a pure function, for `grad`, `vmap` and `jit`, and for training loops of one's own:
 *
 *     const { weights, apply } = pure(net)
 *     const loss = w => apply(w, x)[0].sub(y).square().mean()
 *     const gradients = grad(loss)(weights)
 */
export function pure<O extends SymbolicForm>(model: Model<O>): PureModel {
  const { network } = model
  return {
    weights: Object.fromEntries(
      // Copies: tensors are immutable, and training goes on in the model's own arrays.
      network.variables.map(({ path, value }) => [
        path,
        new Tensor<'float32'>(Value.constant({ ...value, data: value.data.slice() }, path)),
      ]),
    ),
    apply(weights, inputs, { training = false, key } = {}) {
      const given = inputs instanceof Tensor ? [inputs] : inputs
      if (given.length !== network.inputs.length) {
        throw new ArgumentError({
          where: model.name,
          expected: `${network.inputs.length} inputs`,
          received: `${given.length}`,
        })
      }
      const { outputs } = network.trace(
        given.map(({ value }) => value),
        {
          training,
          weight: ({ path }) => {
            const weight = weights[path]
            if (weight) return weight.value
            throw new ArgumentError({ where: model.name, expected: `a weight '${path}'`, received: 'none' })
          },
          ...(key ? { key: path => layerKey(key.value, path) } : {}),
        },
      )
      return outputs.map(value => new Tensor<'float32'>(value))
    },
  }
}
