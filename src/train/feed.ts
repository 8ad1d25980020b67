import { Rng } from '../core/rng.ts'
import type { TensorData } from '../core/tensor-data.ts'
import type { DataSource } from './data-source.ts'
import { Batch } from './gather.ts'
import type { StepRunner } from './runner.ts'

/** A batch that is ready to run. */
export interface Portion {
  /** In the order in which a step takes them. */
  readonly columns: readonly TensorData[]
  readonly size: number
  readonly runner: StepRunner
  /** Finished samples of the epoch once this batch is. */
  readonly samples: number
  /** Where its samples came from: places `start` … of an order of a source. */
  readonly source: DataSource
  readonly order: Uint32Array
  readonly start: number
}

/** Loads the graph for batches of `size` samples of a source, unless it is loaded. */
export type Load = (source: DataSource, size: number) => Promise<StepRunner>

/** Batches, epoch by epoch. */
export interface Feed {
  /** Steps of an epoch, which may end sooner where the data does; Infinity where only its end tells. */
  readonly steps: number
  /** The same in samples. */
  readonly samples: number
  /** Samples of each batch but the last one. */
  readonly batchSize: number
  /** What the batches of two runs have to have in common for one to go on with the other's checkpoint. */
  readonly description: string
  /** Loads the graph of the first batch, and with it the state. */
  prepare(): Promise<void>
  /** Begins an epoch, behind so many steps that are done already. */
  begin(epoch: number, done: number, seed: number): void | Promise<void>
  /** The next batch; undefined at the epoch's end. Its columns may be those of the batch before, filled anew. */
  next(): Portion | undefined | Promise<Portion | undefined>
}

/** How an order is drawn: not, for each pass over the data, or for each batch among its own samples. */
export type Shuffle = boolean | 'batch'

export interface ArrayFeedOptions {
  /** Default 32; with `steps` what divides all samples among them. */
  readonly batchSize?: number | undefined
  /** Default: as many as there are batches. */
  readonly steps?: number | undefined
  /** Default false. */
  readonly shuffle?: Shuffle | undefined
  /** The epoch that begins with the first batch. Default 0. */
  readonly firstEpoch?: number | undefined
}

/**
 * Batches of samples in memory. As in Keras, epochs of fewer steps than there are batches go on where the epoch before ended, the
 * last one of a pass over the data is as long as what is left, and each pass has an order of its own.
 */
export class ArrayFeed implements Feed {
  readonly steps: number
  readonly samples: number
  readonly batchSize: number
  readonly description: string
  private readonly batches: number
  private readonly full: Batch
  private readonly rest: Batch | undefined
  private readonly shuffle: Shuffle
  private readonly firstEpoch: number
  private runner: StepRunner | undefined
  private order: Uint32Array = new Uint32Array()
  /** The epoch's first batch, the next one and the one behind its last, in the present order. */
  private first = 0
  private at = 0
  private end = 0

  constructor(
    private readonly source: DataSource,
    private readonly load: Load,
    { batchSize, steps, shuffle = false, firstEpoch = 0 }: ArrayFeedOptions,
  ) {
    const { length } = source
    const wanted = batchSize ?? (steps === undefined ? 32 : Math.ceil(length / steps))
    this.batchSize = Math.min(wanted, length)
    this.batches = Math.ceil(length / this.batchSize)
    this.steps = steps ?? this.batches
    this.samples = Math.min(this.steps * this.batchSize, length)
    this.shuffle = shuffle
    this.firstEpoch = firstEpoch
    const kind = shuffle === 'batch' ? 'batches, shuffled within, ' : shuffle ? 'shuffled batches ' : 'batches '
    const parts = steps === undefined ? '' : ` in epochs of ${steps} steps from epoch ${firstEpoch} on`
    this.description = `${length} samples in ${kind}of ${wanted}${parts}`
    this.full = new Batch(source, this.batchSize)
    const rest = length % this.batchSize
    this.rest = rest === 0 ? undefined : new Batch(source, rest)
  }

  /** The order of the samples in the present pass over the data. */
  get orderOfPass(): Uint32Array {
    return this.order
  }

  async prepare(): Promise<void> {
    this.runner = await this.load(this.source, this.batchSize)
  }

  begin(epoch: number, done: number, seed: number): void {
    const { batches, steps, firstEpoch } = this
    const perPass = Math.ceil(batches / steps)
    const since = epoch - firstEpoch
    this.order = this.ordered(firstEpoch + Math.floor(since / perPass), seed)
    this.first = (since % perPass) * steps
    this.at = this.first + done
    this.end = Math.min(this.first + steps, batches)
  }

  next(): Portion | undefined | Promise<Portion> {
    const { at, source, order, batchSize } = this
    if (at >= this.end) return undefined
    this.at++
    const last = this.rest !== undefined && at === this.batches - 1
    const batch = last && this.rest ? this.rest : this.full
    const start = at * batchSize
    batch.fill(order, start)
    const portion = (runner: StepRunner): Portion => ({
      columns: batch.columns,
      size: batch.size,
      runner,
      samples: start + batch.size - this.first * batchSize,
      source,
      order,
      start,
    })
    return this.runner && !last ? portion(this.runner) : this.load(source, batch.size).then(portion)
  }

  private ordered(pass: number, seed: number): Uint32Array {
    const { source, shuffle, batchSize } = this
    const rng = shuffle ? new Rng(seed).fork(`shuffle ${pass}`) : undefined
    if (shuffle !== 'batch' || !rng) return source.order(rng)
    const order = source.order(undefined)
    for (let start = 0; start < order.length; start += batchSize) {
      const own = rng.permutation(Math.min(batchSize, order.length - start))
      for (const [i, place] of own.entries()) order[start + i] = start + place
    }
    return order
  }
}
