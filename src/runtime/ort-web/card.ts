import type * as ort from 'onnxruntime-web'
import { EngineError } from '../../core/errors.ts'
import { sizeOf } from '../../core/shape.ts'
import type { TensorData } from '../../core/tensor-data.ts'
import type { ResidentTensor } from '../engine.ts'

/** Tensors on a graphics card, in a browser. */

// WebGPU's flags: TypeScript's library has their types, but no values.
const usage = { mapRead: 0x1, copySource: 0x4, copyTarget: 0x8, storage: 0x80 }
const forReading = 0x1

/** The card's memory is not the garbage collector's: tensors that nobody holds are given back through this. */
const abandoned = new FinalizationRegistry<() => void>(free => free())

/** A float32 tensor on the card. */
export class CardTensor implements ResidentTensor {
  readonly dtype = 'float32'

  constructor(
    readonly tensor: ort.Tensor,
    private readonly device: GPUDevice,
    /** Gives the memory back, once; must not hold this object. */
    private readonly free: () => void,
    /** The session whose memory it is, which must not go before it. */
    readonly owner?: object,
  ) {
    abandoned.register(this, free, this)
  }

  get shape(): readonly number[] {
    return this.tensor.dims
  }

  // ONNX Runtime's own `getData` makes the tensor one of the processor's, which can no longer be fed as it lies.
  async read(): Promise<TensorData<'float32'>> {
    const { tensor, device } = this
    const size = 4 * sizeOf(tensor.dims)
    const copy = device.createBuffer({ size, usage: usage.mapRead | usage.copyTarget })
    try {
      const encoder = device.createCommandEncoder()
      encoder.copyBufferToBuffer(tensor.gpuBuffer, 0, copy, 0, size)
      device.queue.submit([encoder.finish()])
      await copy.mapAsync(forReading)
      return { dtype: 'float32', shape: tensor.dims, data: new Float32Array(copy.getMappedRange().slice(0)) }
    } catch (cause) {
      throw new EngineError({
        where: 'webgpu engine',
        expected: 'to read a tensor from the graphics card',
        received: cause instanceof Error ? cause.message : String(cause),
        cause,
      })
    } finally {
      copy.destroy()
    }
  }

  release(): void {
    abandoned.unregister(this)
    this.free()
  }
}

/** Copies a tensor to the card. */
export function toCard({ Tensor }: typeof ort, device: GPUDevice, tensor: TensorData<'float32'>): CardTensor {
  const { data, shape } = tensor
  // Kernels read four numbers at once.
  const size = 16 * Math.max(1, Math.ceil(data.byteLength / 16))
  const buffer = device.createBuffer({ size, usage: usage.storage | usage.copySource | usage.copyTarget })
  // Weights never lie in memory that threads share, which is all that its type asks.
  device.queue.writeBuffer(buffer, 0, data as Float32Array<ArrayBuffer>)
  const made = Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims: shape })
  return new CardTensor(made, device, () => buffer.destroy())
}
