import { ArgumentError } from '../core/errors.ts'
import { isTensorData } from '../core/nested.ts'
import { type Batches, type BatchOf, checkBatch, isStream, OpenedStream, StreamFeed } from '../train/batches.ts'
import type { Callback, TrainRun } from '../train/callbacks/callback.ts'
import { DataSource, type SampleSet, type Weighting } from '../train/data-source.ts'
import { runEvaluate } from '../train/evaluate.ts'
import { ArrayFeed, type Feed } from '../train/feed.ts'
import { runFit } from '../train/fit.ts'
import { checkCounts, checkFitOptions, type FitOptions, type FitResult, type RunOptions } from '../train/fit-options.ts'
import type { Logs } from '../train/history.ts'
import type { Trainer } from '../train/trainer.ts'
import type { HistoryOf, Results } from './types.ts'

/** Inputs, targets and, if they are to be weighted, weights; or such batches one after the other. */
export type ValidationData = BatchOf | Batches

export interface ModelFitOptions extends FitOptions, Weighting {
  /**
   * Share of the samples kept for validation: the last ones, cut off before shuffling. Default 0. Sample weights go with them;
   * class weights are for training alone.
   */
  readonly validationSplit?: number
  /** Takes the place of `validationSplit`. */
  readonly validationData?: ValidationData
}

export interface StreamFitOptions extends RunOptions {
  readonly validationData?: ValidationData
}

interface Steps {
  /** So many batches, the first ones. Default: all of the data. */
  readonly steps?: number
  readonly callbacks?: readonly Callback[]
}

export interface PredictOptions extends Steps {
  /** Default 32; with `steps` what divides all samples among them. */
  readonly batchSize?: number
}

export interface EvaluateOptions extends PredictOptions, Weighting {}

export type StreamEvaluateOptions = Steps

export interface TrainOnBatchOptions extends Weighting {
  /**
   * For the random bits of this step and the next ones; those of a step follow from it and from the number of steps so far. Default: the
   * one given before, at first 0.
   */
  readonly seed?: number
}

/** What `fit` returns: `history` has an entry for each epoch, that of validation one for each epoch that was validated. */
export interface Fitted<Name extends string> {
  readonly history: HistoryOf<Name>
  /** Ended by its signal, before all epochs were done. */
  readonly aborted: boolean
  readonly seed: number
}

/** A compiled model whose metrics TypeScript knows: `compile` returns it. */
export interface Compiled<Name extends string> {
  fit(x: SampleSet, y: SampleSet, options?: ModelFitOptions): Promise<Fitted<Name>>
  fit(batches: Batches, options?: StreamFitOptions): Promise<Fitted<Name>>
  evaluate(x: SampleSet, y: SampleSet, options?: EvaluateOptions): Promise<Results<Name>>
  evaluate(batches: Batches, options?: StreamEvaluateOptions): Promise<Results<Name>>
  trainOnBatch(x: SampleSet, y: SampleSet, options?: TrainOnBatchOptions): Promise<Results<Name>>
  testOnBatch(x: SampleSet, y: SampleSet, weighting?: Weighting): Promise<Results<Name>>
}

/** What `fit` or `evaluate` was called with. */
export interface Call<Options> {
  readonly data: readonly [SampleSet, SampleSet] | OpenedStream<BatchOf>
  /** Of all samples, or of the first batch: metrics by name depend on their shape. */
  readonly targets: SampleSet
  readonly options: Options
}

/** What `fit` was called with, checked. */
export const fitCall = (x: SampleSet | Batches, second?: SampleSet | StreamFitOptions, third?: ModelFitOptions) =>
  callOf<ModelFitOptions>('fit', x, second, third, checkFit)

/** What `evaluate` was called with, checked. */
export const evaluateCall = (
  x: SampleSet | Batches,
  second?: SampleSet | StreamEvaluateOptions,
  third?: EvaluateOptions,
) => callOf<EvaluateOptions>('evaluate', x, second, third, options => checkSteps('evaluate', options))

/** Tells samples from a stream of batches, with which go other options. */
async function callOf<Options extends object>(
  where: string,
  x: SampleSet | Batches,
  second: SampleSet | Options | undefined,
  third: Options | undefined,
  check: (options: Options) => void,
): Promise<Call<Options>> {
  // The overloads of `fit` and `evaluate` say which of the two the second argument is; what JavaScript may do is checked below.
  const options = ((isStream<BatchOf>(x) ? second : third) ?? {}) as Options
  check(options)
  if (!isStream<BatchOf>(x)) {
    const y = second as SampleSet
    return { data: [x, y], targets: y, options }
  }
  if (third !== undefined || Array.isArray(second) || isTensorData(second))
    throw new ArgumentError({ where, expected: 'batches with their targets in them', received: 'targets beside' })
  checkStreamOptions(where, options)
  const data = await OpenedStream.open(x, where)
  return { data, targets: checkBatch(data.first, where)[1], options }
}

/** What cannot be done, or was done, by whoever makes the batches. */
function checkStreamOptions(where: string, options: object): void {
  const given = new Map<string, unknown>(Object.entries(options))
  for (const name of ['batchSize', 'sampleWeight', 'classWeight', 'validationSplit', 'shuffle']) {
    const value = given.get(name)
    if (value === undefined || value === false || value === 0) continue
    throw new ArgumentError({
      where,
      expected: `no '${name}' for batches that are made one after the other`,
      received: String(value),
      remedy:
        name === 'validationSplit'
          ? 'Give validationData.'
          : 'Batches come as they are: shuffled, in their sizes, with their weights as [inputs, targets, weights].',
    })
  }
}

/** Trains as `fit` was called to. */
export async function fitWith(trainer: Trainer, call: Call<ModelFitOptions>, run: TrainRun): Promise<FitResult> {
  const { feed, validation } = await fitFeeds(trainer, call)
  return runFit(trainer, feed, validation, call.options, run)
}

/** Evaluates as `evaluate` was called to. */
export const evaluateWith = (trainer: Trainer, call: Call<EvaluateOptions>, run: TrainRun): Promise<Logs> =>
  runEvaluate(trainer, evaluateFeed(trainer, call), call.options.callbacks ?? [], { epoch: undefined, run })

/** Batches to train with and to validate with. */
async function fitFeeds(
  trainer: Trainer,
  { data, options }: Call<ModelFitOptions>,
): Promise<{ readonly feed: Feed; readonly validation: Feed | undefined }> {
  const { batchSize, stepsPerEpoch: steps, shuffle = true, initialEpoch: firstEpoch } = options
  const { validationData, validationBatchSize, validationSteps } = options
  const load = trainer.prepare.bind(trainer)
  const toValidate = (source: DataSource): Feed =>
    new ArrayFeed(source, trainer.prepareEvaluation.bind(trainer), {
      batchSize: validationBatchSize ?? batchSize,
      steps: validationSteps,
    })
  let validation: Feed | undefined
  if (isStream<BatchOf>(validationData)) {
    const opened = await OpenedStream.open(validationData, 'validationData')
    validation = evaluateFeed(trainer, { data: opened, options: { steps: validationSteps } })
  } else if (validationData) {
    const [x, y, sampleWeight] = validationData
    validation = toValidate(sourceOf(trainer, x, y, sampleWeight === undefined ? {} : { sampleWeight }))
  }
  if (data instanceof OpenedStream)
    return { feed: new StreamFeed(data, trainer.recipe, load, { steps, firstEpoch }), validation }
  const all = sourceOf(trainer, data[0], data[1], options)
  const share = validation ? 0 : shareOf(options)
  const [source, held] = share === 0 ? [all, undefined] : all.split(share)
  const feed = new ArrayFeed(source, load, { batchSize, steps, shuffle, firstEpoch })
  return { feed, validation: validation ?? (held && toValidate(held)) }
}

/** Batches to evaluate with. */
function evaluateFeed(
  trainer: Trainer,
  { data, options }: Pick<Call<Weighting & { batchSize?: number; steps?: number | undefined }>, 'data' | 'options'>,
): Feed {
  const load = trainer.prepareEvaluation.bind(trainer)
  const { batchSize, steps } = options
  return data instanceof OpenedStream
    ? new StreamFeed(data, trainer.recipe, load, { steps, restarts: true })
    : new ArrayFeed(sourceOf(trainer, data[0], data[1], options), load, { batchSize, steps })
}

export const sourceOf = ({ recipe }: Trainer, x: SampleSet, y: SampleSet, weighting: Weighting): DataSource =>
  DataSource.create(x, y, recipe.network, recipe.objectives, weighting)

const shareOf = ({ validationSplit = 0 }: ModelFitOptions): number => validationSplit

/** Throws for options of `fit` that cannot be meant. */
function checkFit(options: ModelFitOptions): void {
  checkFitOptions(options)
  const share = shareOf(options)
  if (share >= 0 && share < 1) return
  throw new ArgumentError({ where: 'fit', expected: "'validationSplit' between 0 and 1", received: String(share) })
}

/** Throws for options of `evaluate` or `predict` that cannot be meant. */
export const checkSteps = (where: string, { batchSize, steps }: PredictOptions): void =>
  checkCounts(where, { batchSize, steps })
