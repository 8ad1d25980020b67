import type { Tensor } from 'onnxruntime-common'
import type { DType } from '../core/dtype.ts'
import { EngineError } from '../core/errors.ts'
import type { TensorData } from '../core/tensor-data.ts'

/** Between Tenon's tensors and ONNX Runtime's, without copying. */

/**
 * Makes the function that wraps tensors for one ONNX Runtime. Each brings its own copy of the Tensor class and takes instances of
 * no other: a foreign one among the outputs is silently ignored.
 */
export function tensorWrapper(TensorClass: typeof Tensor): (tensor: TensorData) => Tensor {
  // Wrapping costs about a microsecond; a training step feeds hundreds of the same tensors again and again.
  const wrapped = new WeakMap<TensorData, Tensor>()
  return tensor => {
    const known = wrapped.get(tensor)
    if (known) return known
    if (tensor.dtype === 'bfloat16') {
      throw new EngineError({
        where: 'engine input',
        expected: 'a dtype that tensors may cross the border with',
        received: 'bfloat16',
        remedy: 'Cast to float32 inside the graph.',
      })
    }
    // ONNX Runtime's constructor is overloaded per dtype; the pair is right by TensorData's own type.
    const made = new TensorClass(tensor.dtype as 'float32', tensor.data as Float32Array, tensor.shape)
    wrapped.set(tensor, made)
    return made
  }
}

export function fromOrt(tensor: Tensor | undefined, name: string): TensorData {
  if (!tensor || !('data' in tensor))
    throw new EngineError({ where: `engine output '${name}'`, expected: 'a tensor', received: 'another kind of value' })
  const { type, dims, data } = tensor
  // Where JavaScript has a Float16Array, ONNX Runtime uses it; Tenon keeps the bits (core/dtype.ts).
  if (type === 'float16' && !(data instanceof Uint16Array) && ArrayBuffer.isView(data))
    return { dtype: type, shape: dims, data: new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) }
  return { dtype: type as DType, shape: dims, data: data as TensorData['data'] }
}
