import { layers } from 'tenon'
import { expectTypeOf } from 'vitest'

/** Checked by `npm run typecheck`; nothing here runs. */

const image = layers.input({ shape: [28, 28, 3] })
const labels = layers.input({ shape: [10] })

export function coloursKeepTheirShape(): void {
  const hue = layers.randomHue({ factor: 0.1 })(layers.autoContrast()(image))
  expectTypeOf(hue.shape).toEqualTypeOf<readonly [28, 28, 3]>()
  const policy = layers.augMix()(layers.randAugment({ numOps: 3 })(hue))
  expectTypeOf(policy.shape).toEqualTypeOf<readonly [28, 28, 3]>()
  const jitter = layers.randomColorJitter({ hueFactor: [0.1, 0.2] })(policy)
  expectTypeOf(layers.randomGaussianBlur()(jitter).shape).toEqualTypeOf<readonly [28, 28, 3]>()
}

export function mixingGivesAsMuchAsItTakes(): void {
  expectTypeOf(layers.mixUp()(image).shape).toEqualTypeOf<readonly [28, 28, 3]>()
  const [mixed, targets] = layers.cutMix()([image, labels])
  expectTypeOf(mixed.shape).toEqualTypeOf<readonly [28, 28, 3]>()
  expectTypeOf(targets.shape).toEqualTypeOf<readonly [10]>()
}
