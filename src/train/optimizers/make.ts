import type { Value } from '../../graph/value.ts'
import { scalar } from '../../ops/constants.ts'
import { add } from '../../ops/math/add.ts'
import { div } from '../../ops/math/div.ts'
import { mul } from '../../ops/math/mul.ts'
import { pow } from '../../ops/math/pow.ts'
import { sqrt } from '../../ops/math/sqrt.ts'
import { sub } from '../../ops/math/sub.ts'
import type { Optimizer, Rule } from './optimizer.ts'
import type { settingsOf } from './settings.ts'

/** Puts an optimizer together whose rule is the same for all weights. */
export const uniform = (
  name: string,
  { settings, config }: ReturnType<typeof settingsOf>,
  own: Readonly<Record<string, unknown>>,
  rule: Rule,
  more: Pick<Optimizer, 'shared'> = {},
): Optimizer => ({ name, ...settings, config: { ...config, ...own }, ...more, ruleFor: () => rule })

/** share · old + (1 − share) · now. */
export const blend = (old: Value, now: Value, share: number): Value =>
  add(mul(old, scalar(share)), mul(now, scalar(1 - share)))

/** 1 − βᵗ, for t updates with this one. */
export const bias = (beta: number, step: Value): Value => sub(scalar(1), pow(scalar(beta), add(step, scalar(1))))

/** Adam's rate with both bias corrections: rate · √(1−β₂ᵗ) / (1−β₁ᵗ). */
export const adamRate = (rate: Value, step: Value, beta1: number, beta2: number): Value =>
  div(mul(rate, sqrt(bias(beta2, step))), bias(beta1, step))
