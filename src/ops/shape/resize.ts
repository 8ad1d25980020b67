import { type FloatDType, isFloat } from '../../core/dtype.ts'
import { ArgumentError, DTypeError, NotBatchableError } from '../../core/errors.ts'
import { formatShape, staticShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { constant, ints, scalarLike } from '../constants.ts'
import { type AttributesOf, attr, defineOp, nondiff, type Op } from '../define.ts'
import { add } from '../math/add.ts'
import { mul } from '../math/mul.ts'
import { sub } from '../math/sub.ts'
import { alongAxis, transposed } from './along-axis.ts'
import { reshapeTo } from './reshape.ts'
import { type ResizedAxis, resizeMap } from './resize-matrix.ts'
import { type ResizeInputs, resizePlan } from './resize-plan.ts'

const attrs = {
  antialias: attr.int(0),
  axes: attr.ints(),
  coordinate_transformation_mode: attr.string('half_pixel'),
  cubic_coeff_a: attr.float(-0.75),
  exclude_outside: attr.int(0),
  extrapolation_value: attr.float(0),
  keep_aspect_ratio_policy: attr.string('stretch'),
  mode: attr.string('nearest'),
  nearest_mode: attr.string('round_prefer_floor'),
}
type Attributes = AttributesOf<typeof attrs>

/**
 * Resamples along any axes, to `scales` or to `sizes` (one of the two). Linear, cubic and nearest interpolation are separable: along
 * each axis the output is a constant matrix times the input, which is what the gradient rule uses.
 */
export const resize: Op<['x', 'roi?', 'scales?', 'sizes?'], ['y'], typeof attrs> = defineOp({
  type: 'Resize',
  since: 19,
  inputs: ['x', 'roi?', 'scales?', 'sizes?'],
  attrs,
  infer: ({ x, roi, scales, sizes }, attributes) => {
    const plan = resizePlan({ x, roi, scales, sizes }, attributes)
    const shape = [...x.shape]
    const symbolic =
      plan?.symbolic ?? attributes.axes?.map(axis => (axis < 0 ? axis + shape.length : axis)) ?? shape.map((_, i) => i)
    for (const axis of symbolic) shape[axis] = `resize_${(scales ?? sizes ?? x).id}_${axis}`
    for (const { axis, to } of plan?.parts ?? []) shape[axis] = to
    return { dtype: x.dtype, shape }
  },
  // y = M₁ M₂ … x, one matrix for each axis: dx = M₁ᵀ M₂ᵀ … dy. Which elements are read does not depend on their values.
  vjp: ({ x, roi, scales, sizes }, _y, dy, attributes) => ({
    x: plannedParts({ x, roi, scales, sizes }, attributes).reduce(
      (grad, part) => alongAxis(grad, transposed(resizeMap(part, attributes))),
      dy,
    ),
    roi: nondiff('the region of interest chooses elements'),
    scales: nondiff('scales decide the size of the output'),
    sizes: nondiff('sizes are integers'),
  }),
  batch: ({ x, roi, scales, sizes }, { call, attributes, size }) => {
    if (!x.batched || roi?.batched || scales?.batched || sizes?.batched) {
      throw new NotBatchableError({
        where: 'vmap of Resize',
        expected: 'one size for the whole batch',
        received: 'a batch of them',
      })
    }
    const [, first = 1, ...rest] = staticShape(x.value.shape, 'vmap of Resize')
    const entry = { x: { shape: x.value.shape.slice(1) }, roi: roi?.value, scales: scales?.value, sizes: sizes?.value }
    const parts = plannedParts(entry, attributes)
    if (parts.length === 0) return x.value
    const separate =
      attributes.coordinate_transformation_mode === 'tf_crop_and_resize' ||
      attributes.keep_aspect_ratio_policy !== 'stretch'
    // The runtime interpolates in few layouts only; what it may not take, with a batch axis in front, goes through the matrices.
    if (separate || parts.some(({ axis }) => axis === 0)) return resizeByMatrices(x.value, parts, attributes)
    // Where the leading axis is not resized, the batch joins it, and the same kernel runs on.
    const axes = parts.map(({ axis }) => axis)
    const given = {
      x: reshapeTo(x.value, [size * first, ...rest]),
      roi: undefined,
      scales: entry.scales && constant(parts.map(({ scale }) => scale)),
      sizes: entry.scales ? undefined : ints(parts.map(({ to }) => to)),
    }
    const y = call(given, { ...attributes, axes })
    return reshapeTo(y, [size, first, ...staticShape(y.shape).slice(1)])
  },
  samples: [
    { x: [1, 2, 3, 4], scales: scales(1, 1, 2, 1.5) },
    {
      x: [1, 2, 3, 4],
      sizes: { values: [2, 7] },
      attrs: { axes: [-1, 2], coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
    },
    {
      x: [5],
      scales: scales(2.4),
      attrs: { nearest_mode: 'round_prefer_ceil' },
      skip: { webgpu: 'its kernel knows two and three spatial axes' },
    },
    { x: [1, 1, 4, 5], scales: scales(1, 1, 0.6, 1.7), attrs: { mode: 'linear' } },
    {
      x: [2, 1, 3, 4],
      sizes: { values: [2, 1, 5, 7] },
      attrs: { mode: 'linear', coordinate_transformation_mode: 'align_corners' },
    },
    {
      x: [2, 4, 4],
      sizes: { values: [6, 3] },
      attrs: { axes: [1, 2], mode: 'linear', coordinate_transformation_mode: 'pytorch_half_pixel' },
    },
    {
      x: [4, 3],
      scales: scales(1.6, 2),
      attrs: { mode: 'linear', coordinate_transformation_mode: 'half_pixel_symmetric' },
    },
    { x: [1, 1, 4, 5], scales: scales(1, 1, 0.8, 1.6), attrs: { mode: 'cubic' } },
    {
      x: [1, 1, 5, 4],
      sizes: { values: [1, 1, 3, 9] },
      attrs: { mode: 'cubic', cubic_coeff_a: -0.5, exclude_outside: 1 },
    },
    {
      x: [1, 1, 6, 5],
      scales: scales(1, 1, 0.5, 0.7),
      attrs: { mode: 'linear', antialias: 1 },
      skip: { webgpu: 'its kernel has no antialiasing' },
    },
    {
      x: [1, 1, 6, 5],
      scales: scales(1, 1, 0.6, 0.6),
      attrs: { mode: 'cubic', antialias: 1 },
      skip: { webgpu: 'its kernel has no antialiasing' },
    },
    {
      x: [1, 1, 6, 4],
      sizes: { values: [4, 4] },
      attrs: { axes: [2, 3], mode: 'linear', keep_aspect_ratio_policy: 'not_larger' },
    },
    {
      x: [1, 1, 4, 4],
      roi: { values: [0, 0, 0.2, 0.4, 1, 1, 0.8, 1.3], dtype: 'float32' },
      sizes: { values: [1, 1, 3, 5] },
      attrs: { mode: 'linear', coordinate_transformation_mode: 'tf_crop_and_resize', extrapolation_value: 2 },
    },
  ],
})

/** The axes to resize, or a typed error when they are known only as the graph runs. */
function plannedParts(inputs: ResizeInputs, attributes: Attributes): ResizedAxis[] {
  const plan = resizePlan(inputs, attributes)
  if (plan && plan.symbolic.length === 0) return plan.parts
  throw new ArgumentError({
    where: 'Resize',
    expected: "constant 'scales' or 'sizes' and static dimensions, since the rule depends on them",
    received: plan ? formatShape(inputs.x.shape) : 'a value that is known only when the graph runs',
  })
}

/** A batch [size, …] of tensors resized one axis after the other. */
function resizeByMatrices(x: Value, parts: readonly ResizedAxis[], attributes: Attributes): Value {
  const maps = parts.map(part => ({ ...resizeMap(part, attributes), axis: part.axis + 1 }))
  const y = maps.reduce(alongAxis, x)
  if (attributes.coordinate_transformation_mode !== 'tf_crop_and_resize') return y
  // Rows of zeros stand for positions outside of x, which get the extrapolation value.
  const rank = x.shape.length
  const inside = maps.map(({ axis, rows, columns, elements }) => {
    const flags = Array.from({ length: rows }, (_, row) =>
      Number(elements.subarray(row * columns, (row + 1) * columns).some(weight => weight !== 0)),
    )
    return constant(
      flags,
      Array.from({ length: rank }, (_, i) => (i === axis ? rows : 1)),
      floatOf(x),
    )
  })
  const outside = sub(
    scalarLike(1, x),
    inside.reduce((a, b) => mul(a, b)),
  )
  return add(y, mul(outside, scalarLike(attributes.extrapolation_value, x)))
}

function floatOf(x: Value): FloatDType {
  if (isFloat(x.dtype)) return x.dtype
  throw new DTypeError({ where: 'vmap of Resize', expected: 'a floating-point tensor', received: x.dtype })
}

function scales(...values: number[]) {
  return { values, dtype: 'float32' as const }
}
