import { ArgumentError } from '../../../core/errors.ts'
import { normalizeAxis } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { constant, ints } from '../../../ops/constants.ts'
import { groupNormalization as normalize } from '../../../ops/nn/group-normalization.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import { transpose } from '../../../ops/shape/transpose.ts'
import type { Layer } from '../../layer.ts'
import { channelsFirst, channelsLast } from '../../layout.ts'
import { makeLayer } from '../../make-layer.ts'
import { notNegative } from '../../serialized.ts'
import type { SameShape } from '../../shapes/functions.ts'
import { common } from '../options.ts'
import { type AffineOptions, affineConfig, affineRules, sizesAlong } from './affine.ts'

export interface GroupNormalizationOptions extends AffineOptions {
  /** Number of groups that the channels are parted into; −1: each channel is one, as in instance normalisation. Default 32. */
  readonly groups?: number
  /** The axis of channels. Default −1. */
  readonly axis?: number
  /** Added to the variance. Default 1e-3. */
  readonly epsilon?: number
}

/**
 * Wu & He, "Group Normalization", 2018: (x − mean) / √(variance + ε) · gamma + beta, with the moments of each group of channels of
 * each sample. One group is layer normalisation over all of a sample, a group for each channel instance normalisation.
 */
export function groupNormalization(options: GroupNormalizationOptions = {}): Layer<SameShape> {
  const where = 'groupNormalization'
  const { groups = 32 } = options
  if (!Number.isSafeInteger(groups) || (groups < 1 && groups !== -1)) {
    throw new ArgumentError({
      where,
      expected: "'groups' to be a positive integer, or -1 for a group of each channel",
      received: String(groups),
    })
  }
  const config = {
    groups,
    axis: options.axis ?? -1,
    epsilon: notNegative(where, 'epsilon', options.epsilon ?? 1e-3),
    ...affineConfig(options),
  }
  const rules = affineRules(where, config)
  return makeLayer({
    type: 'GroupNormalization',
    ...common(where, options),
    config,
    masking: 'pass',
    call([x], scope) {
      const axis = normalizeAxis(config.axis, x.shape.length, where)
      const [channels = 1] = sizesAlong(where, x, [axis])
      const count = groups === -1 ? channels : groups
      if (channels % count !== 0) {
        throw new ArgumentError({
          where,
          expected: `'groups' to divide ${channels} channels`,
          received: String(count),
        })
      }
      const shape = [channels]
      const filled = (value: number) => constant(new Array<number>(channels).fill(value))
      const gamma = config.scale ? scope.weight('gamma', { shape, ...rules.gamma }) : filled(1)
      const beta = config.center ? scope.weight('beta', { shape, ...rules.beta }) : filled(0)
      return withChannelsSecond(x, axis, y => normalize(y, gamma, beta, { num_groups: count, epsilon: config.epsilon }))
    },
  })
}

/** Runs a function of [batch, channels, …] on a value whose channels are elsewhere. Vectors get an axis of size 1. */
export function withChannelsSecond(x: Value, axis: number, work: (x: Value) => Value): Value {
  const rank = x.shape.length
  if (rank === 2) return reshape(work(reshape(x, ints([0, 0, 1]))), ints([0, -1]))
  if (axis === 1) return work(x)
  if (axis === rank - 1) return channelsLast(work(channelsFirst(x)))
  const others = x.shape.map((_, i) => i).filter(i => i !== 0 && i !== axis)
  const perm = [0, axis, ...others]
  const back = x.shape.map((_, i) => perm.indexOf(i))
  return transpose(work(transpose(x, { perm })), { perm: back })
}
