import { ArgumentError } from '../core/errors.ts'
import type { Callback } from './callbacks/callback.ts'
import type { CheckpointOptions } from './checkpoint-options.ts'
import type { Shuffle } from './feed.ts'
import type { History } from './history.ts'

/** What `fit` takes for batches that are made one after the other. */
export interface RunOptions {
  /** Epochs there are to be in the end, those before `initialEpoch` included. Default 1. */
  readonly epochs?: number
  /** The number, from 0, of the first epoch. A run that goes on from a checkpoint knows by itself. Default 0. */
  readonly initialEpoch?: number
  /**
   * Steps of an epoch. Epochs of fewer steps than there are batches go on where the epoch before ended, and end early where the
   * data does. Default: all of the data.
   */
  readonly stepsPerEpoch?: number
  /** Steps of each validation, always the first ones. Default: all of its data. */
  readonly validationSteps?: number
  /** Samples per step of validation. Default: those of training. */
  readonly validationBatchSize?: number
  /** Validate after every so many epochs, or after those of a list, counted from 1. Default 1. */
  readonly validationFreq?: number | readonly number[]
  /** For shuffling and dropout; the same seed repeats a run bit for bit. Default: drawn anew. */
  readonly seed?: number
  readonly callbacks?: readonly Callback[]
  readonly checkpoint?: string | CheckpointOptions
  /** Aborting finishes the present step, saves the checkpoint if there is one, and returns. */
  readonly signal?: AbortSignal
}

export interface FitOptions extends RunOptions {
  /** Samples per step. Default 32; with `stepsPerEpoch` what divides all samples among the steps. */
  readonly batchSize?: number
  /** New order in each pass over the data, or with `'batch'` among the samples of each batch. Default true. */
  readonly shuffle?: Shuffle
}

export interface FitResult {
  readonly history: History
  /** Ended by its signal, before all epochs were done. */
  readonly aborted: boolean
  readonly seed: number
}

/** Throws for options that are no positive integers; undefined ones are left out. */
export function checkCounts(where: string, counts: Readonly<Record<string, unknown>>, least = 1): void {
  for (const [name, value] of Object.entries(counts)) {
    if (value === undefined || (typeof value === 'number' && Number.isSafeInteger(value) && value >= least)) continue
    const expected = `'${name}' to be ${least === 1 ? 'a positive integer' : `an integer of ${least} or more`}`
    throw new ArgumentError({ where, expected, received: String(value) })
  }
}

/** Throws for options that cannot be meant. */
export function checkFitOptions(options: FitOptions): void {
  const { epochs, initialEpoch, batchSize, stepsPerEpoch, validationSteps, validationBatchSize, validationFreq } =
    options
  checkCounts('fit', { epochs, batchSize, stepsPerEpoch, validationSteps, validationBatchSize })
  checkCounts('fit', { initialEpoch }, 0)
  for (const epoch of frequencies(validationFreq)) checkCounts('fit', { validationFreq: epoch })
  const { shuffle } = options
  if (shuffle === undefined || typeof shuffle === 'boolean' || shuffle === 'batch') return
  throw new ArgumentError({
    where: 'fit',
    expected: "'shuffle' to be true, false or 'batch'",
    received: String(shuffle),
  })
}

const frequencies = (given: FitOptions['validationFreq']): readonly unknown[] =>
  typeof given === 'object' ? given : [given]

/** Whether an epoch, counted from 0, is one after which to validate. */
export const validatesAfter = (epoch: number, frequency: FitOptions['validationFreq'] = 1): boolean =>
  typeof frequency === 'number' ? (epoch + 1) % frequency === 0 : frequency.includes(epoch + 1)
