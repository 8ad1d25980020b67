import { ArgumentError, UnsupportedError } from '../../../core/errors.ts'
import type { Value } from '../../../graph/value.ts'
import type { Layer, LayerInputs } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { AnyShape, ShapeFunction } from '../../shapes/shape-function.ts'
import { type CommonOptions, common } from '../options.ts'

/** What a lambda's function is told besides the layer's inputs. */
export interface LambdaCall {
  readonly training: boolean
  /** The first input's mask. */
  readonly mask: Value | undefined
  /** The others' too. */
  readonly masks: readonly (Value | undefined)[]
}

export interface LambdaOptions extends CommonOptions {
  /** Operators applied to the inputs: `([x]) => tanh(x)`. Output shapes follow from them. */
  readonly function: (inputs: LayerInputs, call: LambdaCall) => Value | readonly [Value, ...Value[]]
  /** The output's mask, from the inputs and their masks. Default: none. */
  readonly mask?: ((inputs: LayerInputs, masks: readonly (Value | undefined)[]) => Value | undefined) | null
}

/**
 * A function as a layer. It has no weights, and no file can hold it: a model with one is saved as ONNX, or with a layer of your own
 * (`makeLayer`) in its place. What it does to shapes can be told to the compiler: `lambda<SameShape>({ function })`.
 */
export function lambda<F extends ShapeFunction = AnyShape>(options: LambdaOptions): Layer<F> {
  const { function: apply, mask = null } = options
  if (typeof apply !== 'function') {
    throw new ArgumentError({ where: 'lambda', expected: "'function' to be a function", received: typeof apply })
  }
  return makeLayer({
    type: 'Lambda',
    ...common('lambda', options),
    config: { function: apply, mask, toJSON: unsaveable },
    arity: { min: 1, max: Number.POSITIVE_INFINITY },
    masking: (inputs, { masks }) => mask?.(inputs, masks),
    call: (inputs, { training, masks }) => apply(inputs, { training, mask: masks[0], masks }),
  })
}

function unsaveable(): never {
  throw new UnsupportedError({
    where: 'lambda',
    expected: 'layers that a file can hold',
    received: 'a function',
    remedy: 'Export the model as ONNX, save its weights only, or write the function as a layer with makeLayer.',
  })
}
