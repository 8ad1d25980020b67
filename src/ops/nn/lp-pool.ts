import { ArgumentError } from '../../core/errors.ts'
import type { Value } from '../../graph/value.ts'
import { scalarLike } from '../constants.ts'
import { attr, defineOp, type Op } from '../define.ts'
import { requireFloat } from '../infer.ts'
import { abs } from '../math/abs.ts'
import { div } from '../math/div.ts'
import { mul } from '../math/mul.ts'
import { pow } from '../math/pow.ts'
import { sign } from '../math/sign.ts'
import { staticAxes, windowOffsets } from './conv-shape.ts'
import { foldExamples, poolAttrs, poolAxes, pooledType, poolFlops } from './pool-shape.ts'
import { addToWindows } from './window-slices.ts'

const attrs = { ...poolAttrs, p: attr.int(2) }

/** ‖window‖ₚ = (Σ |x|ᵖ)^(1/p) of every window over x [N, C, …spatial]. */
export const lpPool: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'LpPool',
  since: 18,
  inputs: ['x'],
  attrs,
  infer: ({ x }, attributes) => {
    requireFloat('LpPool', x)
    requireNorm('LpPool', attributes.p)
    return pooledType('LpPool', x, attributes)
  },
  vjp: ({ x }, y, dy, attributes) => {
    const axes = staticAxes('gradient of LpPool', poolAxes('LpPool', x, attributes))
    const share = overNorm(dy, y, attributes.p)
    const spread = addToWindows(
      windowOffsets(attributes.kernel_shape).map(() => share),
      axes,
    )
    return { x: mul(spread, powerOf(x, attributes.p)) }
  },
  batch: foldExamples,
  samples: [
    { x: [2, 2, 4, 4], attrs: { kernel_shape: [2, 2], strides: [2, 2] } },
    { x: { shape: [1, 2, 5, 5], low: 0.5, high: 2 }, attrs: { kernel_shape: [3, 2], pads: [1, 0, 1, 1], p: 3 } },
    { x: { shape: [1, 2, 6], low: 0.5, high: 2 }, attrs: { kernel_shape: [2], dilations: [2], p: 1 } },
  ],
  traits: { flops: poolFlops },
})

export function requireNorm(where: string, p: number): void {
  if (p < 1) throw new ArgumentError({ where, expected: 'p of at least 1', received: String(p) })
}

// d‖x‖ₚ/dxᵢ = ‖x‖^(1−p) · |xᵢ|^(p−1) · sign(xᵢ), in two factors.

/** dy · ‖x‖^(1−p) */
export const overNorm = (dy: Value, y: Value, p: number): Value =>
  p === 1 ? dy : div(dy, p === 2 ? y : pow(y, scalarLike(p - 1, y)))

/** |x|^(p−1) · sign(x) */
export const powerOf = (x: Value, p: number): Value =>
  p === 2 ? x : p === 1 ? sign(x) : mul(pow(abs(x), scalarLike(p - 1, x)), sign(x))
