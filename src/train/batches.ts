import { ArgumentError, DataError } from '../core/errors.ts'
import { DataSource, type SampleSet } from './data-source.ts'
import type { Feed, Load, Portion } from './feed.ts'
import type { Recipe } from './step.ts'

/** Inputs, targets and, if the samples are to be weighted, their weights. */
export type BatchOf = readonly [SampleSet, SampleSet] | readonly [SampleSet, SampleSet, SampleSet | undefined]

/**
 * Something that gives one batch after the other: a generator, or an object that begins anew each time it is iterated. May be
 * endless where the steps of an epoch are given. No list: lists are samples.
 */
export type Stream<T> = (Iterable<T> | AsyncIterable<T>) & { readonly length?: never }
export type Batches = Stream<BatchOf>

/** Whether these are batches that are made one after the other, rather than samples in memory. */
export const isStream = <T>(given: unknown): given is Stream<T> =>
  typeof given === 'object' &&
  given !== null &&
  !Array.isArray(given) &&
  (Symbol.iterator in given || Symbol.asyncIterator in given)

/** Begins with a stream: anew, or with a generator where it stands. */
const iteratorOf = <T>(stream: Stream<T>): Iterator<T> | AsyncIterator<T> =>
  Symbol.asyncIterator in stream ? stream[Symbol.asyncIterator]() : stream[Symbol.iterator]()

/** A stream whose first batch has been looked at. */
export class OpenedStream<T> {
  private pending: T | undefined
  private iterator: Iterator<T> | AsyncIterator<T> | undefined

  private constructor(
    private readonly stream: Stream<T>,
    readonly where: string,
    readonly first: T,
    iterator: Iterator<T> | AsyncIterator<T>,
  ) {
    this.pending = first
    this.iterator = iterator
  }

  static async open<T>(stream: Stream<T>, where: string): Promise<OpenedStream<T>> {
    const iterator = iteratorOf(stream)
    const { done, value } = await iterator.next()
    if (done) throw ranOut(where)
    return new OpenedStream(stream, where, value, iterator)
  }

  /** Begins anew, unless nothing was taken yet. */
  restart(): void {
    if (this.pending === undefined) this.iterator = undefined
  }

  /** The next batch; undefined at the stream's end, after which it begins anew. */
  async next(): Promise<T | undefined> {
    if (this.pending !== undefined) {
      const { pending } = this
      this.pending = undefined
      return pending
    }
    this.iterator ??= iteratorOf(this.stream)
    const { done, value } = await this.iterator.next()
    if (!done) return value
    this.iterator = undefined
    return undefined
  }
}

/** Throws for what a stream may give in JavaScript. */
export function checkBatch(batch: BatchOf, where: string): BatchOf {
  if (Array.isArray(batch) && (batch.length === 2 || batch.length === 3)) return batch
  throw new ArgumentError({
    where,
    expected: 'batches of [inputs, targets] or [inputs, targets, weights]',
    received: Array.isArray(batch) ? `a list of ${batch.length}` : typeof batch,
  })
}

const ranOut = (where: string): DataError =>
  new DataError({
    where,
    expected: 'at least one more batch',
    received: 'the end of what gives them',
    remedy:
      'A generator gives its batches once. Let it go on without end and say how many steps there are, or give an object whose [Symbol.iterator] begins anew.',
  })

/**
 * Batches of a stream. Without `steps` an epoch is one pass, for which the stream is iterated anew. With `steps` it is so many
 * batches, and the next epoch goes on behind them; an epoch ends early where the stream does.
 */
export class StreamFeed implements Feed {
  readonly samples = Number.POSITIVE_INFINITY
  readonly batchSize: number
  readonly description: string
  private readonly firstSource: DataSource
  private begun = false
  private done = 0
  private seen = 0
  /** How many steps the last pass had, where none are given. */
  private counted = Number.POSITIVE_INFINITY

  constructor(
    private readonly opened: OpenedStream<BatchOf>,
    private readonly recipe: Recipe,
    private readonly load: Load,
    private readonly options: {
      readonly steps?: number | undefined
      readonly firstEpoch?: number | undefined
      /** Begin anew for each epoch though steps are given: for validation. Default false. */
      readonly restarts?: boolean
    },
  ) {
    const { steps, firstEpoch = 0 } = options
    this.firstSource = this.sourceOf(opened.first)
    this.batchSize = this.firstSource.length
    this.description = `batches as they come${steps === undefined ? '' : `, in epochs of ${steps} steps from epoch ${firstEpoch} on`}`
  }

  get steps(): number {
    return this.options.steps ?? this.counted
  }

  async prepare(): Promise<void> {
    await this.load(this.firstSource, this.firstSource.length)
  }

  async begin(epoch: number, done: number): Promise<void> {
    const { steps, firstEpoch = 0, restarts = false } = this.options
    // A run that goes on from a checkpoint draws what it had before, and leaves it.
    const before = this.begun || steps === undefined ? 0 : (epoch - firstEpoch) * steps
    if (steps === undefined || restarts) this.opened.restart()
    this.begun = true
    this.done = 0
    this.seen = 0
    for (let i = 0; i < before; i++) await this.opened.next()
    while (this.done < done) {
      const batch = await this.opened.next()
      this.seen += batch ? this.sourceOf(batch).length : 0
      this.done++
    }
  }

  async next(): Promise<Portion | undefined> {
    const { steps } = this.options
    if (steps !== undefined && this.done >= steps) return undefined
    // With steps given, the end of the stream may lie between two epochs.
    const batch =
      (await this.opened.next()) ?? (steps !== undefined && this.done === 0 ? await this.opened.next() : undefined)
    if (!batch) {
      if (this.done === 0) throw ranOut(this.opened.where)
      this.counted = this.done
      return undefined
    }
    const source = this.sourceOf(batch)
    this.done++
    this.seen += source.length
    return {
      columns: source.columns,
      size: source.length,
      runner: await this.load(source, source.length),
      samples: this.seen,
      source,
      order: source.order(undefined),
      start: 0,
    }
  }

  private sourceOf(batch: BatchOf): DataSource {
    const { network, objectives } = this.recipe
    const [x, y, sampleWeight] = checkBatch(batch, this.opened.where)
    return DataSource.create(x, y, network, objectives, sampleWeight === undefined ? {} : { sampleWeight })
  }
}
