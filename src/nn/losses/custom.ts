import { cast } from '../../ops/math/cast.ts'
import { Tensor } from '../../tensor/tensor.ts'
import { defineLoss, type Loss, type ReductionOptions } from './loss.ts'

export interface CustomLossOptions extends ReductionOptions {
  /** Default: the function's own name. */
  readonly name?: string
}

/**
 * A loss from a function of tensors, which gives a value per sample or a scalar:
 * `custom((target, output) => output.sub(target).abs().mean({ axis: -1 }))`. Targets come in the dtype of the outputs.
 */
export function custom(
  f: (target: Tensor<'float32'>, output: Tensor<'float32'>) => Tensor<'float32'>,
  { name = f.name || 'custom', ...options }: CustomLossOptions = {},
): Loss {
  return defineLoss(
    name,
    options,
    (target, output) => f(new Tensor(cast(target, { to: output.dtype })), new Tensor(output)).value,
  )
}
