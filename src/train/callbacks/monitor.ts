import { ArgumentError } from '../../core/errors.ts'
import type { EpochInfo } from './callback.ts'

export interface MonitorOptions {
  /** Name of the result that is watched. Default `valLoss`. */
  readonly monitor?: string
  /** Whether it is to fall or to rise. Default `auto`: accuracies and their like rise, all else falls. */
  readonly mode?: 'auto' | 'min' | 'max'
  /** Changes below this count as none. */
  readonly minDelta?: number
}

/** Results for which more is better. */
const rising = /(accuracy|auc|precision|recall|score|iou|similarity|correlation|specificity|positives|negatives)$/i

/** Watches one result over the epochs. */
export class Monitor {
  readonly name: string
  readonly rises: boolean
  private readonly minDelta: number

  constructor(
    private readonly where: string,
    { monitor = 'valLoss', mode = 'auto', minDelta = 0 }: MonitorOptions,
  ) {
    if (!['auto', 'min', 'max'].includes(mode))
      throw new ArgumentError({ where, expected: "'mode' to be 'auto', 'min' or 'max'", received: `'${mode}'` })
    this.name = monitor
    this.rises =
      mode === 'auto' ? rising.test(monitor) && !/(false(positives|negatives))$/i.test(monitor) : mode === 'max'
    this.minDelta = Math.abs(minDelta)
  }

  /** The worst there is. */
  get worst(): number {
    return this.rises ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  }

  /** The watched result of an epoch; undefined for one without validation, where others have it. */
  read({ logs, skippedValidation = false }: Pick<EpochInfo, 'logs' | 'skippedValidation'>): number | undefined {
    const value = logs[this.name]
    if (value !== undefined || (skippedValidation && this.name.startsWith('val'))) return value
    throw new ArgumentError({
      where: this.where,
      expected: `'monitor' among ${Object.keys(logs).join(', ')}`,
      received: `'${this.name}'`,
      remedy: this.name.startsWith('val')
        ? 'Give fit validationSplit or validationData.'
        : 'Compile the model with this metric.',
    })
  }

  improves(value: number, best: number): boolean {
    return this.rises ? value - this.minDelta > best : value + this.minDelta < best
  }
}
