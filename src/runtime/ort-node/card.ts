import * as ort from 'onnxruntime-node'
import { encodeModel } from '../../compile/onnx/encode.ts'
import { EngineError } from '../../core/errors.ts'
import { sizeOf } from '../../core/shape.ts'
import type { TensorData } from '../../core/tensor-data.ts'
import { Graph } from '../../graph/graph.ts'
import { Value } from '../../graph/value.ts'
import type { ResidentTensor } from '../engine.ts'

/**
 * Tensors on a graphics card, outside of browsers. The binding gives buffers there to JavaScript as handles that can be fed again and
 * nothing else: its `getData` ends the process (docs/adr/0022). What copies is therefore a model that does nothing.
 */

/**
 * Tensors that nobody holds any more are given back through this. A tensor must go before the session that it comes from, so that is
 * held until then.
 */
const abandoned = new FinalizationRegistry<{ readonly free: () => void; readonly owner: ort.InferenceSession }>(
  ({ free }) => free(),
)

/** A float32 tensor on the card. */
export class CardTensor implements ResidentTensor {
  readonly dtype = 'float32'
  /** What is fed: the same memory in the tensor's own shape. */
  readonly tensor: ort.Tensor

  constructor(
    held: ort.Tensor,
    readonly shape: readonly number[],
    owner: ort.InferenceSession,
    /** Gives the memory back, once; must not hold this object. */
    private readonly free: () => void,
  ) {
    this.tensor = inShape(held, shape)
    abandoned.register(this, { free, owner }, this)
  }

  async read(): Promise<TensorData<'float32'>> {
    const { fromCard } = await movers()
    const { y } = await fromCard.run({ x: inShape(this.tensor, [sizeOf(this.shape)]) })
    if (y?.data instanceof Float32Array) return { dtype: 'float32', shape: this.shape, data: y.data }
    throw unmoved(y)
  }

  release(): void {
    abandoned.unregister(this)
    this.free()
  }
}

/** Copies a tensor to the card. */
export async function toCard({ shape, data }: TensorData<'float32'>): Promise<CardTensor> {
  const { toCard } = await movers()
  const { y } = await toCard.run({ x: new ort.Tensor('float32', data, [data.length]) })
  if (y?.location !== 'gpu-buffer') throw unmoved(y)
  return new CardTensor(y, shape, toCard, () => y.dispose())
}

const inShape = ({ gpuBuffer }: ort.Tensor, shape: readonly number[]): ort.Tensor =>
  ort.Tensor.fromGpuBuffer(gpuBuffer, { dataType: 'float32', dims: shape })

let found: Promise<{ readonly toCard: ort.InferenceSession; readonly fromCard: ort.InferenceSession }> | undefined

/** The model that does nothing, with its result there and here. Made once per process: they hold nothing but a device. */
function movers(): NonNullable<typeof found> {
  found ??= (async () => {
    const x = Value.input({ dtype: 'float32', shape: ['n'] }, 'x')
    const model = encodeModel(new Graph({ inputs: [x], outputs: [x], outputNames: ['y'] }))
    const options = { executionProviders: ['webgpu'], logSeverityLevel: 3 } as const
    const create = (place: 'cpu' | 'gpu-buffer') =>
      ort.InferenceSession.create(model, { ...options, preferredOutputLocation: { y: place } })
    return { toCard: await create('gpu-buffer'), fromCard: await create('cpu') }
  })()
  return found
}

const unmoved = (tensor: ort.Tensor | undefined): EngineError =>
  new EngineError({
    where: 'webgpu engine',
    expected: 'a copy of a tensor between the card and here',
    received: tensor ? `one in '${tensor.location}'` : 'none',
  })
