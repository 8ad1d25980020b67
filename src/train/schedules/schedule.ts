import type { Value } from '../../graph/value.ts'
import { scalar } from '../../ops/constants.ts'

/** A learning rate that depends on the number of finished steps; computed in the graph, so that changing it costs nothing. */
export interface Schedule {
  readonly name: string
  readonly config: Readonly<Record<string, unknown>>
  /** `step`: finished steps, float32 scalar. Returns the learning rate, float32 scalar. */
  at(step: Value): Value
}

export const rateAt = (rate: number | Schedule, step: Value): Value =>
  typeof rate === 'number' ? scalar(rate) : rate.at(step)
