import { ShapeError } from '../../core/errors.ts'
import {
  broadcastShapes,
  formatShape,
  normalizeAxis,
  type Shape,
  sameShape,
  sizeOf,
  staticShape,
} from '../../core/shape.ts'
import type { TensorType, Value } from '../../graph/value.ts'
import { ensureBatched, logicalRank, padRank } from '../batching.ts'
import { ints, scalarLike } from '../constants.ts'
import { attr, defineOp, type Op } from '../define.ts'
import { unbroadcast } from '../gradients.ts'
import { requireFloat, sameDType } from '../infer.ts'
import { add } from '../math/add.ts'
import { cast } from '../math/cast.ts'
import { mul } from '../math/mul.ts'
import { sub } from '../math/sub.ts'
import { expand } from '../shape/expand.ts'
import { countedSize } from './conv-shape.ts'
import { normalizedGradient } from './normalized.ts'

const attrs = { axis: attr.int(-1), epsilon: attr.float(1e-5), stash_type: attr.int(1) }

/**
 * (x − mean) / √(variance + ε) · scale + b over the axes from `axis` on (Ba, Kiros & Hinton, 2016). The further outputs
 * are the mean and 1/√(variance + ε), with those axes as 1. https://onnx.ai/onnx/operators/onnx__LayerNormalization.html
 */
export const layerNormalization: Op<['x', 'scale', 'b?'], ['y', 'mean?', 'invStdDev?'], typeof attrs> = defineOp({
  type: 'LayerNormalization',
  since: 17,
  inputs: ['x', 'scale', 'b?'],
  outputs: ['y', 'mean?', 'invStdDev?'],
  attrs,
  infer: ({ x, scale, b }, { axis }) => {
    requireFloat('LayerNormalization', x)
    const first = normalizeAxis(axis, x.shape.length, 'LayerNormalization')
    if (b) sameDType('LayerNormalization', x, scale, b)
    requireFits('LayerNormalization', 'scale', scale, x.shape)
    if (b) requireFits('LayerNormalization', 'b', b, x.shape)
    const dtype = x.dtype === 'float64' ? 'float64' : 'float32'
    const statistics: TensorType = { dtype, shape: x.shape.map((dim, i) => (i < first ? dim : 1)) }
    return { y: x, mean: statistics, invStdDev: statistics }
  },
  vjp: ({ x, scale, b }, outputs, grads, { axis }) => {
    const axes = trailingAxes(x, axis)
    const mean = cast(outputs.mean, { to: x.dtype })
    const inverse = cast(outputs.invStdDev, { to: x.dtype })
    const normal = mul(sub(x, mean), inverse)
    const { y: dy } = grads
    let dx = dy && normalizedGradient(mul(dy, scale), { normal, inverse }, axes)
    const plus = (extra: Value) => (dx ? add(dx, extra) : extra)
    // The statistics are outputs too (gradients of gradients pass through them): dμ/dx = 1/M, dr/dx = −r²·x̂/M.
    const share = scalarLike(1 / sizeOf(x.shape.filter((_, i) => axes.includes(i))), x)
    if (grads.invStdDev) {
      const along = mul(mul(cast(grads.invStdDev, { to: x.dtype }), mul(inverse, inverse)), share)
      dx = plus(mul(mul(along, normal), scalarLike(-1, x)))
    }
    if (grads.mean) dx = add(dx ?? mul(x, scalarLike(0, x)), mul(cast(grads.mean, { to: x.dtype }), share))
    return { x: dx, scale: dy && unbroadcast(mul(dy, normal), scale), b: dy && b && unbroadcast(dy, b) }
  },
  batch: ({ x, scale, b }, { call, attributes, size }) => {
    const all = ensureBatched(x, size)
    const rank = logicalRank(x)
    const first = normalizeAxis(attributes.axis, rank, 'vmap of LayerNormalization')
    const moved = { ...attributes, axis: first + 1 }
    if (!scale.batched && !b?.batched) return call({ x: all, scale: scale.value, b: b?.value }, moved)
    // A scale or bias per entry is applied afterwards.
    const ones = expand(scalarLike(1, all), ints(staticShape(all.shape.slice(first + 1), 'vmap of LayerNormalization')))
    const result = call({ x: all, scale: ones, b: undefined }, moved)
    const scaled = mul(result.y, padRank(scale, rank))
    return { ...result, y: b ? add(scaled, padRank(b, rank)) : scaled }
  },
  samples: [
    { x: [2, 3, 5], scale: [5], b: [5] },
    { x: [2, 3, 4], scale: [3, 4], b: [3, 4], attrs: { axis: 1, epsilon: 0.01 } },
    { x: [4, 5], scale: [5] },
  ],
  traits: { flops: node => 8 * countedSize(node.inputs[0]?.shape ?? []) },
})

/** The axes from `axis` on. */
export function trailingAxes(x: Value, axis: number): number[] {
  const rank = x.shape.length
  const first = normalizeAxis(axis, rank, 'normalization')
  return Array.from({ length: rank - first }, (_, i) => first + i)
}

/** Throws unless `input` broadcasts to x's shape. */
export function requireFits(where: string, name: string, input: TensorType, shape: Shape): void {
  if (input.shape.length <= shape.length && sameShape(broadcastShapes(`${where} '${name}'`, shape, input.shape), shape))
    return
  throw new ShapeError({
    where,
    expected: `'${name}' of a shape that broadcasts to the input's, ${formatShape(shape)}`,
    received: formatShape(input.shape),
  })
}
