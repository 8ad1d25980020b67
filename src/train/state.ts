import { sizeOf } from '../core/shape.ts'
import type { TensorData } from '../core/tensor-data.ts'
import type { Value } from '../graph/value.ts'
import type { Variable } from '../nn/variable.ts'

/** A graph input that looks into a slab. */
export interface View {
  readonly input: Value
  readonly offset: number
  readonly shape: readonly number[]
  /** The weight that it stands for, if it does. */
  readonly variable?: Variable
}

/**
 * Part of a training state as it lies in memory: one float array that the step graph reads through one or more views and
 * writes as a whole. Many small weights share one, so that one update serves them all.
 */
export interface Slab {
  /** `weights:dense/kernel`, `m:small`, `metric:accuracy:0`. */
  readonly name: string
  readonly dtype: 'float32' | 'int64'
  readonly length: number
  /** Graph inputs that look into this slab. */
  readonly views: readonly View[]
  /** The graph output that replaces it, and the shape it is written with. None: the step only reads it. */
  readonly output: { readonly value: Value; readonly shape: readonly number[] } | undefined
  /** The output may go to the memory the input is read from: true where each element is read once, to compute itself. */
  readonly inPlace: boolean
  /** As large as weights are: it stays in the engine's own memory between steps, where that has one. The host looks at the others each time. */
  readonly resident?: boolean
  /** Sets the first values of a float slab; zeros if left out. */
  readonly initialize?: (data: Float32Array) => void
}

type Elements = Float32Array | BigInt64Array

/** One of a slab's buffers, with the tensors that wrap it: made once, since a step names each of them. */
interface Buffer {
  readonly elements: Elements
  readonly views: readonly TensorData[]
  readonly whole: TensorData | undefined
}

/** The memory of a slab: rotating buffers, and for each the tensors that wrap its views. */
export class SlabMemory {
  private readonly buffers: Buffer[]
  private front = 0

  /** `copies`: how many buffers rotate; 1 writes in place. */
  constructor(
    readonly slab: Slab,
    copies: number,
  ) {
    this.buffers = Array.from({ length: copies }, () =>
      this.wrapped(slab.dtype === 'int64' ? new BigInt64Array(slab.length) : new Float32Array(slab.length)),
    )
    const { current } = this
    if (current instanceof Float32Array) slab.initialize?.(current)
  }

  /** The present values. Valid until the next step; copy to keep. */
  get current(): Elements {
    return this.at(this.front).elements
  }

  /** A look at the present values. */
  read(): Elements {
    return this.current
  }

  get inputs(): readonly TensorData[] {
    return this.at(this.front).views
  }

  /** Where the step should write; nothing for a slab that it only reads. */
  get target(): TensorData | undefined {
    return this.at((this.front + 1) % this.buffers.length).whole
  }

  /** Takes the step's result: turns the buffers, or adopts an array that the engine made. */
  advance(result: TensorData): void {
    this.front = (this.front + 1) % this.buffers.length
    if (result === this.at(this.front).whole) return
    const { data } = result
    if (data instanceof Float32Array || data instanceof BigInt64Array) this.buffers[this.front] = this.wrapped(data)
  }

  /** Goes back to the values before the last step. */
  retreat(): void {
    this.front = (this.front + this.buffers.length - 1) % this.buffers.length
  }

  private wrapped(elements: Elements): Buffer {
    const { views, output } = this.slab
    return {
      elements,
      views: views.map(({ offset, shape }) => wrap(elements, offset, shape)),
      whole: output && wrap(elements, 0, output.shape),
    }
  }

  private at(i: number): Buffer {
    const buffer = this.buffers[i]
    if (!buffer) throw new RangeError('slab buffer out of range')
    return buffer
  }
}

function wrap(buffer: Elements, offset: number, shape: readonly number[]): TensorData {
  const size = sizeOf(shape)
  return buffer instanceof BigInt64Array
    ? { dtype: 'int64', shape, data: buffer.subarray(offset, offset + size) }
    : { dtype: 'float32', shape, data: buffer.subarray(offset, offset + size) }
}
