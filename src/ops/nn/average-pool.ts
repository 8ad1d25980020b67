import type { Value } from '../../graph/value.ts'
import { constantLike } from '../constants.ts'
import { attr, defineOp, type Op } from '../define.ts'
import { requireFloat } from '../infer.ts'
import { mul } from '../math/mul.ts'
import { type StaticWindowAxis, staticAxes, windowOffsets } from './conv-shape.ts'
import { foldExamples, type PoolAttributes, poolAttrs, poolAxes, pooledType, poolFlops } from './pool-shape.ts'
import { addToWindows } from './window-slices.ts'

const attrs = { ...poolAttrs, count_include_pad: attr.int(0) }

/**
 * The mean of every window over x [N, C, …spatial]; padding counts as zeros with `count_include_pad`, else not at all.
 * https://onnx.ai/onnx/operators/onnx__AveragePool.html
 */
export const averagePool: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'AveragePool',
  since: 19,
  inputs: ['x'],
  attrs,
  infer: ({ x }, attributes) => {
    requireFloat('AveragePool', x)
    return pooledType('AveragePool', x, attributes)
  },
  vjp: ({ x }, _y, dy, attributes) => ({ x: averagePoolGradient(x, dy, attributes) }),
  batch: foldExamples,
  samples: [
    { x: [2, 2, 4, 6], attrs: { kernel_shape: [2, 2], strides: [2, 2] } },
    { x: [1, 2, 5, 7], attrs: { kernel_shape: [2, 3], strides: [2, 3] } },
    { x: [1, 2, 6, 6], attrs: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] } },
    { x: [1, 2, 6, 6], attrs: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 0, 1, 1], count_include_pad: 1 } },
    { x: [1, 2, 5, 5], attrs: { kernel_shape: [3, 2], auto_pad: 'SAME_UPPER' } },
    { x: [1, 1, 7, 7], attrs: { kernel_shape: [2, 3], strides: [3, 3], ceil_mode: 1 } },
    {
      x: [1, 1, 6, 6],
      attrs: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 0, 0], ceil_mode: 1, count_include_pad: 1 },
    },
    { x: [1, 2, 7, 6], attrs: { kernel_shape: [2, 2], dilations: [2, 3], strides: [2, 1] } },
    { x: [2, 3, 7], attrs: { kernel_shape: [3], strides: [2], auto_pad: 'SAME_LOWER' } },
    { x: [1, 2, 4, 4, 5], attrs: { kernel_shape: [2, 2, 2], strides: [2, 2, 2] } },
  ],
  traits: { flops: poolFlops },
})

/** dx: every element of a window gets dy / (number of elements that the mean was taken over). */
function averagePoolGradient(
  x: Value,
  dy: Value,
  attributes: PoolAttributes & { readonly count_include_pad: number },
): Value {
  const axes = staticAxes('gradient of AveragePool', poolAxes('AveragePool', x, attributes))
  const share = mul(dy, windowShares(axes, attributes.count_include_pad === 1, x))
  return addToWindows(
    windowOffsets(axes.map(axis => axis.kernel)).map(() => share),
    axes,
  )
}

/** 1 / elements in each window, as a constant [1, 1, …output]; the count is a product over the axes. */
function windowShares(axes: readonly StaticWindowAxis[], includePad: boolean, like: Value): Value {
  let counts = [1]
  for (const axis of axes) {
    const along = Array.from({ length: axis.output }, (_, o) => elementsAlong(axis, o, includePad))
    counts = counts.flatMap(count => along.map(n => count * n))
  }
  const shape = new Set(counts).size === 1 ? [] : [1, 1, ...axes.map(axis => axis.output)]
  return constantLike(
    (shape.length === 0 ? counts.slice(0, 1) : counts).map(count => 1 / count),
    shape,
    like,
  )
}

/** Elements of window `o` that count along an axis: those in the input, or also those in its padding (never those beyond it). */
function elementsAlong(axis: StaticWindowAxis, o: number, includePad: boolean): number {
  let count = 0
  for (let k = 0; k < axis.kernel; k++) {
    const at = o * axis.stride + k * axis.dilation - axis.before
    if (includePad ? at < axis.input + axis.after : at >= 0 && at < axis.input) count++
  }
  return count
}
