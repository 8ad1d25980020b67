import { deserialized, type Serialized } from '../../nn/serialized.ts'
import * as decays from './decays.ts'
import type { Schedule } from './schedule.ts'

/** A schedule from its serialised form, `{ type: 'CosineDecay', config }`. */
export const resolveSchedule = (given: Serialized, where: string): Schedule =>
  deserialized(decays, given, where, 'a schedule')
