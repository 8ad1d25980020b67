import { normalizeAxis, staticShape } from '../../core/shape.ts'
import type { Batched } from '../../graph/operator.ts'
import type { Value } from '../../graph/value.ts'
import { ensureBatched, logicalRank, padRank } from '../batching.ts'
import { ints, scalarLike } from '../constants.ts'
import { attr, defineOp, type Op } from '../define.ts'
import { unbroadcast } from '../gradients.ts'
import { requireFloat, sameDType } from '../infer.ts'
import { add } from '../math/add.ts'
import { div } from '../math/div.ts'
import { mul } from '../math/mul.ts'
import { sqrt } from '../math/sqrt.ts'
import { sub } from '../math/sub.ts'
import { reduceMean } from '../reduce/reduce-mean.ts'
import { expand } from '../shape/expand.ts'
import { countedSize } from './conv-shape.ts'
import { requireFits, trailingAxes } from './layer-normalization.ts'

const attrs = { axis: attr.int(-1), epsilon: attr.float(1e-5), stash_type: attr.int(1) }

/** x / √(mean(x²) + ε) · scale over the axes from `axis` on (Zhang & Sennrich, 2019). */
export const rmsNormalization: Op<['x', 'scale'], ['y'], typeof attrs> = defineOp({
  type: 'RMSNormalization',
  since: 23,
  inputs: ['x', 'scale'],
  attrs,
  infer: ({ x, scale }, { axis }) => {
    requireFloat('RMSNormalization', x)
    normalizeAxis(axis, x.shape.length, 'RMSNormalization')
    requireFits('RMSNormalization', 'scale', scale, x.shape)
    return { dtype: sameDType('RMSNormalization', x, scale), shape: x.shape }
  },
  vjp: ({ x, scale }, _y, dy, attributes) => rmsGradient(x, scale, dy, attributes),
  batch: batchRms,
  samples: [
    { x: [2, 3, 5], scale: [5] },
    { x: [2, 3, 4], scale: [3, 4], attrs: { axis: 1, epsilon: 0.01 } },
  ],
  traits: { flops: node => 4 * countedSize(node.inputs[0]?.shape ?? []) },
})

interface RmsAttributes {
  readonly axis: number
  readonly epsilon: number
  readonly stash_type: number
}

/** With x̂ = x·r, r = (mean(x²) + ε)^(−1/2): dx = r·(g − x̂·mean(g·x̂)), g = dy·scale. */
export function rmsGradient(x: Value, scale: Value, dy: Value, { axis, epsilon }: RmsAttributes) {
  const axes = ints(trailingAxes(x, axis))
  const r = div(scalarLike(1, x), sqrt(add(reduceMean(mul(x, x), axes), scalarLike(epsilon, x))))
  const normal = mul(x, r)
  const g = mul(dy, scale)
  const along = reduceMean(mul(g, normal), axes)
  return { x: mul(r, sub(g, mul(normal, along))), scale: unbroadcast(mul(dy, normal), scale) }
}

/** The axis moves by one; a scale per entry is applied afterwards. */
export function batchRms(
  { x, scale }: { readonly x: Batched; readonly scale: Batched },
  context: {
    readonly call: (inputs: { x: Value; scale: Value }, attributes: RmsAttributes) => Value
    readonly attributes: RmsAttributes
    readonly size: number
  },
): Value {
  const { call, attributes, size } = context
  const all = ensureBatched(x, size)
  const rank = logicalRank(x)
  const first = normalizeAxis(attributes.axis, rank, 'vmap of a normalisation')
  const moved = { ...attributes, axis: first + 1 }
  if (!scale.batched) return call({ x: all, scale: scale.value }, moved)
  const ones = expand(scalarLike(1, all), ints(staticShape(all.shape.slice(first + 1), 'vmap of a normalisation')))
  return mul(call({ x: all, scale: ones }, moved), padRank(scale, rank))
}
