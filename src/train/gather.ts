import { bytesPerElement, type NumericArray } from '../core/dtype.ts'
import { sizeOf } from '../core/shape.ts'
import { allocate, type TensorData } from '../core/tensor-data.ts'
import type { DataSource } from './data-source.ts'

/** Assembles batches into one set of arrays that is used again and again. */
export class Batch {
  /** In the order of the source's columns. */
  readonly columns: readonly TensorData[]
  private readonly copies: readonly Copy[]

  constructor(
    private readonly source: DataSource,
    readonly size: number,
  ) {
    const pairs = source.columns.map(from => {
      const row = sizeOf(from.shape.slice(1))
      const data = allocate(from.dtype, size * row)
      return { to: { dtype: from.dtype, shape: [size, ...from.shape.slice(1)], data }, copy: copyOf(from, data, row) }
    })
    this.columns = pairs.map(({ to }) => to)
    this.copies = pairs.map(({ copy }) => copy)
  }

  /** Fills with the samples at places `start` … of an epoch's order. */
  fill(order: Uint32Array, start: number): void {
    const { source, size, copies } = this
    for (let i = 0; i < size; ) {
      // Rows that lie together, all of them where nothing is shuffled, are copied together.
      const first = source.row(order, start + i)
      let count = 1
      while (i + count < size && source.row(order, start + i + count) === first + count) count++
      for (const copy of copies) copy(first, i, count)
      i += count
    }
  }
}

/** Copies `count` rows, from row `first` of the source to row `at` of the batch. */
type Copy = (first: number, at: number, count: number) => void

function copyOf(from: TensorData, to: TensorData['data'], row: number): Copy {
  if (Array.isArray(from.data) || Array.isArray(to)) {
    return (first, at, count) => {
      for (let k = 0; k < count * row; k++) to[at * row + k] = from.data[first * row + k] ?? ''
    }
  }
  // As bytes: one kind of copy for every dtype, BigInt arrays included.
  const [input, output] = [bytes(from.data), bytes(to)]
  const width = row * bytesPerElement(from.dtype)
  return (first, at, count) => {
    const [start, length] = [first * width, count * width]
    // A few bytes, such as a label's, are copied sooner than a view of them is made.
    if (length > 32) output.set(input.subarray(start, start + length), at * width)
    else for (let k = 0; k < length; k++) output[at * width + k] = input[start + k] ?? 0
  }
}

const bytes = (array: NumericArray): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
