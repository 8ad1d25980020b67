import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { formatShape, normalizeAxis } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { constantNumbers } from '../constants.ts'
import type { ResizedAxis } from './resize-matrix.ts'

/** What the inputs of Resize say about each axis. */
export interface ResizeInputs {
  readonly x: { readonly shape: readonly (number | string)[] }
  readonly roi?: Value | undefined
  readonly scales?: Value | undefined
  readonly sizes?: Value | undefined
}

export interface ResizePlanAttributes {
  readonly axes: readonly number[] | undefined
  readonly coordinate_transformation_mode: string
  readonly keep_aspect_ratio_policy: string
}

/** Empty tensors stand for inputs left out in models of older opsets. */
const given = (value: Value | undefined): Value | undefined => (value?.type && value.shape[0] === 0 ? undefined : value)

/**
 * The resized axes, for constant scales or sizes; `undefined` when those are known only when the graph runs.
 * A symbolic dimension stays out of the plan if its scale is 1, and is named by `symbolic` otherwise.
 */
export function resizePlan(
  inputs: ResizeInputs,
  attributes: ResizePlanAttributes,
): { parts: ResizedAxis[]; symbolic: number[] } | undefined {
  const { shape } = inputs.x
  const scales = given(inputs.scales)
  const sizes = given(inputs.sizes)
  if (!scales === !sizes) {
    throw new ArgumentError({
      where: 'Resize',
      expected: "either 'scales' or 'sizes'",
      received: scales ? 'both' : 'neither',
    })
  }
  const axes = attributes.axes?.map(axis => normalizeAxis(axis, shape.length, 'Resize')) ?? shape.map((_, i) => i)
  const numbers = constantNumbers(scales ?? sizes)
  const roi = given(inputs.roi)
  const crops = attributes.coordinate_transformation_mode === 'tf_crop_and_resize'
  const region = crops ? constantNumbers(roi) : undefined
  if (!numbers || (crops && !region)) return undefined
  if (numbers.length !== axes.length) {
    throw new ShapeError({
      where: 'Resize',
      expected: `${axes.length} numbers in '${scales ? 'scales' : 'sizes'}', one for each axis`,
      received: formatShape(numbers),
    })
  }
  if (numbers.some(n => !(n > 0)))
    throw new ArgumentError({ where: 'Resize', expected: 'positive scales and sizes', received: formatShape(numbers) })
  const common = sizes
    ? commonScale(
        numbers,
        axes.map(axis => shape[axis] ?? 1),
        attributes.keep_aspect_ratio_policy,
      )
    : undefined
  const parts: ResizedAxis[] = []
  const symbolic: number[] = []
  axes.forEach((axis, i) => {
    const from = shape[axis] ?? 1
    const number = numbers[i] ?? 1
    const interval: [number, number] = region ? [region[i] ?? 0, region[i + axes.length] ?? 1] : [0, 1]
    const whole = interval[0] === 0 && interval[1] === 1
    if (typeof from === 'string') {
      if (!scales || number !== 1 || !whole) symbolic.push(axis)
      return
    }
    const part = scales
      ? { to: scaledSize(from, number), scale: number }
      : common === undefined
        ? { to: number, scale: number / from }
        : { to: Math.floor(common * from + 0.5), scale: common }
    if (part.to !== from || part.scale !== 1 || !whole) parts.push({ axis, from, ...part, roi: interval })
  })
  return { parts, symbolic }
}

/**
 * In float32, as the engine multiplies: 3 · 2.3333333 is 7, and not just below it. The region of tf_crop_and_resize takes no part,
 * as in ONNX Runtime and in ONNX's reference (the text of the specification says otherwise).
 */
const scaledSize = (from: number, scale: number): number => Math.floor(Math.fround(from * Math.fround(scale)))

/** One scale for all axes, when the aspect ratio is kept. */
function commonScale(
  sizes: readonly number[],
  shape: readonly (number | string)[],
  policy: string,
): number | undefined {
  if (policy === 'stretch') return undefined
  const ratios = sizes.map((size, i) => size / Number(shape[i]))
  if (policy === 'not_larger') return Math.min(...ratios)
  if (policy === 'not_smaller') return Math.max(...ratios)
  throw new ArgumentError({
    where: 'Resize',
    expected: "keep_aspect_ratio_policy 'stretch', 'not_larger' or 'not_smaller'",
    received: `'${policy}'`,
  })
}
