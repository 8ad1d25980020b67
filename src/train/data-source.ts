import { bytesPerElement, type NumericArray } from '../core/dtype.ts'
import { DataError, DTypeError, ShapeError } from '../core/errors.ts'
import { fromNested, isTensorData, type Nested } from '../core/nested.ts'
import type { Rng } from '../core/rng.ts'
import { isScaled, type ScaledData } from '../core/scaled-data.ts'
import { formatShape } from '../core/shape.ts'
import { allocate, type TensorData, toNumbers } from '../core/tensor-data.ts'
import type { Loss } from '../nn/losses.ts'
import type { Network } from '../nn/network.ts'
import type { InputFormat } from './batch.ts'

/** Samples along axis 0. Raw elements may stand for scaled values (value = raw · scale + offset): pixels stay bytes. */
export type Samples = TensorData | ScaledData | readonly Nested[]

/** Inputs and targets, checked against a network and a loss, from which batches are taken. */
export class DataSource {
  private constructor(
    readonly x: TensorData,
    readonly y: TensorData,
    readonly format: InputFormat,
    /** Rows that belong to this source: all, or a part of a split. */
    readonly from: number,
    readonly to: number,
  ) {}

  static create(x: Samples, y: Samples, network: Network, loss: Loss): DataSource {
    const inputs = asTensor(x, 'x', network)
    const sparse = loss.classes?.(network.outputType)
    const targets = isTensorData(y) ? y : fromNested(y, sparse === undefined ? 'float32' : 'int32', 'y')
    const count = inputs.shape[0] ?? 0
    if (targets.shape[0] !== count) {
      throw new DataError({
        where: 'fit',
        expected: 'as many targets as inputs',
        received: `${count} inputs and ${targets.shape[0] ?? 0} targets`,
      })
    }
    if (count === 0) throw new DataError({ where: 'fit', expected: 'at least one sample', received: 'none' })
    if (sparse !== undefined) checkClasses(targets, sparse)
    return new DataSource(inputs, targets, formatOf(x, inputs), 0, count)
  }

  get length(): number {
    return this.to - this.from
  }

  /** Cuts off the last share of samples, before any shuffling, as Keras does. */
  split(share: number): [DataSource, DataSource] {
    const at = this.from + Math.floor(this.length * (1 - share))
    if (at === this.from || at === this.to) {
      throw new DataError({
        where: 'validationSplit',
        expected: 'both parts to hold samples',
        received: `${share} of ${this.length}`,
      })
    }
    return [
      new DataSource(this.x, this.y, this.format, this.from, at),
      new DataSource(this.x, this.y, this.format, at, this.to),
    ]
  }

  /** The order of one epoch. */
  order(rng: Rng | undefined): Uint32Array {
    return rng ? rng.permutation(this.length) : Uint32Array.from({ length: this.length }, (_, i) => i)
  }

  /** The dataset's row behind a place in an epoch's order. */
  row(order: Uint32Array, place: number): number {
    return this.from + (order[place] ?? 0)
  }
}

/** Assembles batches into one pair of arrays that is used again and again. */
export class Batch {
  readonly x: TensorData
  readonly y: TensorData

  constructor(
    private readonly source: DataSource,
    readonly size: number,
  ) {
    this.x = {
      dtype: source.x.dtype,
      shape: [size, ...source.x.shape.slice(1)],
      data: allocate(source.x.dtype, size * rowLength(source.x)),
    }
    this.y = {
      dtype: source.y.dtype,
      shape: [size, ...source.y.shape.slice(1)],
      data: allocate(source.y.dtype, size * rowLength(source.y)),
    }
  }

  /** Fills with the samples at places `start` … of an epoch's order. */
  fill(order: Uint32Array, start: number): void {
    copyRows(this.source, this.source.x, this.x, order, start, this.size)
    copyRows(this.source, this.source.y, this.y, order, start, this.size)
  }
}

function copyRows(
  source: DataSource,
  from: TensorData,
  to: TensorData,
  order: Uint32Array,
  start: number,
  size: number,
): void {
  if (Array.isArray(from.data) || Array.isArray(to.data))
    throw new DTypeError({ where: 'batch', expected: 'numeric samples', received: 'strings' })
  // As bytes: one kind of copy for every dtype, BigInt arrays included.
  const row = rowLength(from) * bytesPerElement(from.dtype)
  const input = bytes(from.data)
  const output = bytes(to.data)
  for (let i = 0; i < size; i++) {
    const at = source.row(order, start + i) * row
    output.set(input.subarray(at, at + row), i * row)
  }
}

const bytes = (array: NumericArray): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
const rowLength = (tensor: TensorData): number => tensor.shape.slice(1).reduce((n, dim) => n * dim, 1)

/** Checks inputs against what the network was built for. */
export function asTensor(x: Samples, name: string, network: Network): TensorData {
  const tensor = isTensorData(x) ? x : fromNested(x, 'float32', name)
  const wanted = network.inputShape
  if (tensor.dtype === 'string') throw new DTypeError({ where: name, expected: 'numeric samples', received: 'string' })
  if (tensor.shape.length !== wanted.length + 1 || wanted.some((dim, i) => tensor.shape[i + 1] !== dim)) {
    throw new ShapeError({
      where: name,
      expected: `samples of shape ${formatShape(['samples', ...wanted])}`,
      received: formatShape(tensor.shape),
      remedy:
        tensor.shape.length === wanted.length
          ? 'One sample alone still needs the samples axis in front, of size 1.'
          : 'Reshape the data, or change the input layer.',
    })
  }
  return tensor
}

export function formatOf(x: Samples, tensor: TensorData): InputFormat {
  const { scale, offset } = isTensorData(x) && isScaled(x) ? x : { scale: 1, offset: 0 }
  return { dtype: tensor.dtype, scale, offset }
}

function checkClasses(targets: TensorData, classes: number): void {
  const labels =
    targets.data instanceof BigInt64Array || targets.data instanceof BigUint64Array ? toNumbers(targets) : targets.data
  for (let i = 0; i < labels.length; i++) {
    const label = Number(labels[i])
    if (label >= 0 && label < classes && Number.isInteger(label)) continue
    throw new DataError({
      where: 'targets',
      expected: `class numbers from 0 to ${classes - 1}, since the model has ${classes} outputs`,
      received: `${label} at position ${i}`,
      remedy: 'Number the classes from 0, or give the last layer as many units as there are classes.',
      details: { label, position: i, classes },
    })
  }
}
