import { ArgumentError } from '../core/errors.ts'
import type { Value } from '../graph/value.ts'
import { Tensor } from '../tensor/tensor.ts'
import { trace } from '../tensor/tracing.ts'
import type { Constraint } from './constraints.ts'
import { type Initializer, type InitializerName, resolveInitializer } from './initializers.ts'
import type { Layer, LayerScope } from './layer.ts'
import { makeLayer } from './make-layer.ts'
import type { Regularizer } from './regularizers.ts'
import type { AnyShape, ShapeFunction } from './shapes/shape-function.ts'

/** A weight that a custom layer declares. */
export interface CustomWeight {
  readonly shape: readonly number[]
  /** Default glorotUniform. */
  readonly initializer?: InitializerName | Initializer
  readonly trainable?: boolean
  readonly regularizer?: Regularizer
  readonly constraint?: Constraint
}

/** What a custom layer's function may ask for. */
export interface CustomScope {
  readonly training: boolean
  /** Adds a scalar to the loss. */
  addLoss(value: Tensor): void
}

export interface CustomLayerOptions<W extends Readonly<Record<string, CustomWeight>>> {
  /** Default `Custom`; its snake case is the layer's automatic name. */
  readonly type?: string
  readonly name?: string
  readonly trainable?: boolean
  /** The weights, or how they follow from the inputs' sizes (without the batch axis; `null` where a size varies). */
  readonly weights?: W | ((...inputs: readonly (readonly (number | null)[])[]) => W)
  /** The layer's output for its input, or for a list of inputs, and its weights. The batch axis is the first; its size may not be asked for. */
  readonly call: (
    inputs: readonly [Tensor<'float32'>, ...Tensor<'float32'>[]],
    weights: { readonly [K in keyof W]: Tensor<'float32'> },
    scope: CustomScope,
  ) => Tensor
}

/**
 * A layer as a function of tensors with declared weights:
 *
 *     const scale = layers.custom({
 *       type: 'Scale',
 *       weights: ([width]) => ({ factor: { shape: [width ?? 1], initializer: 'ones' } }),
 *       call: ([x], { factor }) => x.mul(factor),
 *     })
 *
 * It trains like any other layer. A function cannot be saved in a file: models with custom layers save their weights, or go to ONNX.
 */
export function custom<
  const W extends Readonly<Record<string, CustomWeight>> = Readonly<Record<never, CustomWeight>>,
  F extends ShapeFunction = AnyShape,
>(options: CustomLayerOptions<W>): Layer<F> {
  const { type = 'Custom', name, trainable, weights, call } = options
  if (!/^[A-Za-z]\w*$/.test(type))
    throw new ArgumentError({ where: 'custom', expected: "'type' to be a name", received: `'${type}'` })
  return makeLayer<F>({
    type,
    name,
    trainable,
    config: {},
    arity: { min: 1, max: Number.POSITIVE_INFINITY },
    masking: 'pass',
    call(inputs, scope) {
      const declared = declaredWeights(weights, inputs)
      const tensors = Object.fromEntries(
        Object.entries(declared).map(([key, weight]) => [key, new Tensor(weightOf(scope, key, weight))]),
      )
      const [first, ...others] = inputs.map(value => new Tensor<'float32'>(value))
      if (!first) throw new ArgumentError({ where: type, expected: 'an input', received: 'none' })
      const output = trace(type, () =>
        call(
          [first, ...others],
          // One tensor was made for each declared weight.
          tensors as { readonly [K in keyof W]: Tensor<'float32'> },
          { training: scope.training, addLoss: loss => scope.addLoss(loss.value) },
        ),
      )
      return output.value
    },
  })
}

function declaredWeights<W extends Readonly<Record<string, CustomWeight>>>(
  weights: CustomLayerOptions<W>['weights'],
  inputs: readonly Value[],
): Readonly<Record<string, CustomWeight>> {
  if (weights === undefined) return {}
  if (typeof weights !== 'function') return weights
  return weights(...inputs.map(({ shape }) => shape.slice(1).map(dim => (typeof dim === 'number' ? dim : null))))
}

const weightOf = (scope: LayerScope, name: string, { initializer = 'glorotUniform', ...weight }: CustomWeight): Value =>
  scope.weight(name, { ...weight, initializer: resolveInitializer(initializer, name) })
