import type { DType } from './dtype.ts'
import { isNumeric } from './dtype.ts'
import { DTypeError } from './errors.ts'
import type { TensorData } from './tensor-data.ts'

/**
 * Raw elements that stand for real numbers: value = raw · scale + offset. Pixels stay the bytes they are on the heap and
 * on their way to the engine; the conversion to float32 happens inside the graph (a quarter of the memory, none of the JavaScript).
 */
export interface ScaledData<D extends DType = DType> extends TensorData<D> {
  readonly scale: number
  readonly offset: number
}

/** Marks elements with their scale (default 1) and offset (default 0), without a copy: `scaled(pixels, { scale: 1 / 255 })`. */
export function scaled<D extends DType>(
  tensor: TensorData<D>,
  { scale = 1, offset = 0 }: { readonly scale?: number; readonly offset?: number },
): ScaledData<D> {
  if (!isNumeric(tensor.dtype)) {
    throw new DTypeError({ where: 'scaled', expected: 'numbers', received: `dtype ${tensor.dtype}` })
  }
  return { dtype: tensor.dtype, shape: tensor.shape, data: tensor.data, scale, offset }
}

export const isScaled = (tensor: TensorData): tensor is ScaledData => 'scale' in tensor && 'offset' in tensor
