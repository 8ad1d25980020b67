import { ShapeError } from '../../core/errors.ts'
import { formatShape, sizeOf, staticShape } from '../../core/shape.ts'
import { constantInts, ints, requireInts } from '../constants.ts'
import { type AttributesOf, attr, defineOp, nondiff, type Op } from '../define.ts'
import { requireRank } from '../infer.ts'
import { concat } from './concat.ts'
import { pad } from './pad.ts'
import { reshapeTo } from './reshape.ts'
import { slice } from './slice.ts'
import { divided, foldIntoFirst } from './space.ts'

const attrs = { dilations: attr.ints(), pads: attr.ints(), strides: attr.ints() }

/**
 * Adds sliding blocks up into an image: columns [N, C·∏block, L] → [N, C, …image], where L counts the block positions. The adjoint of
 * im2col, which cuts an image into blocks.
 */
export const col2Im: Op<['x', 'image', 'block'], ['y'], typeof attrs> = defineOp({
  type: 'Col2Im',
  since: 18,
  inputs: ['x', 'image', 'block'],
  attrs,
  infer: ({ x, image, block }, attributes) => {
    requireRank('Col2Im', x, 3, '[N, C·block, L]')
    const sides = constantInts(image)
    const kernel = constantInts(block)
    const [n = 0, columns, positions] = x.shape
    if (!sides || !kernel) {
      const rank = Number(image.shape[0] ?? 2)
      return {
        dtype: x.dtype,
        shape: [n, `col2im_${x.id}`, ...Array.from({ length: rank }, (_, i) => `col2im_${image.id}_${i}`)],
      }
    }
    const { counts } = geometry(sides, kernel, attributes)
    if (typeof positions === 'number' && positions !== sizeOf(counts)) {
      throw new ShapeError({
        where: 'Col2Im',
        expected: `${sizeOf(counts)} block positions (${formatShape(counts)})`,
        received: `${positions}`,
      })
    }
    return { dtype: x.dtype, shape: [n, divided('Col2Im', columns, sizeOf(kernel), 'number of rows'), ...sides] }
  },
  vjp: ({ x, image, block }, _y, dy, attributes) => {
    // im2col: pad dy, then one strided slice for each place in the block, stacked.
    const sides = requireInts(image, 'gradient of Col2Im', 'image')
    const kernel = requireInts(block, 'gradient of Col2Im', 'block')
    const { counts, strides, dilations, before, after } = geometry(sides, kernel, attributes)
    const padded = pad(dy, ints([0, 0, ...before, 0, 0, ...after]))
    const [n = 0, columns = 0, positions = 0] = staticShape(x.shape, 'gradient of Col2Im')
    const channels = columns / sizeOf(kernel)
    const axes = ints(sides.map((_, i) => i + 2))
    const pieces = places(kernel).map(place => {
      const starts = place.map((at, i) => at * (dilations[i] ?? 1))
      const ends = starts.map((start, i) => start + ((counts[i] ?? 1) - 1) * (strides[i] ?? 1) + 1)
      return reshapeTo(slice(padded, ints(starts), ints(ends), axes, ints(strides)), [n, channels, 1, positions])
    })
    const x2 = reshapeTo(concat(pieces, { axis: 2 }), [n, columns, positions])
    return { x: x2, image: nondiff('sizes are integers'), block: nondiff('sizes are integers') }
  },
  batch: ({ x, image, block }, { call, attributes, size }) =>
    foldIntoFirst(x, size, folded => call({ x: folded, image: image.value, block: block.value }, attributes)),
  samples: [
    { x: [1, 4, 9], image: { values: [4, 4] }, block: { values: [2, 2] } },
    { x: [2, 12, 4], image: { values: [5, 4] }, block: { values: [3, 2] }, attrs: { strides: [2, 2] } },
    {
      x: [1, 4, 9],
      image: { values: [4, 3] },
      block: { values: [2, 2] },
      attrs: { dilations: [2, 2], pads: [1, 1, 0, 1] },
    },
    { x: [1, 6, 4], image: { values: [6] }, block: { values: [3] } },
  ],
})

function geometry(image: readonly number[], block: readonly number[], attributes: AttributesOf<typeof attrs>) {
  const ones = image.map(() => 1)
  const { strides = ones, dilations = ones, pads = [...image, ...image].map(() => 0) } = attributes
  const before = pads.slice(0, image.length)
  const after = pads.slice(image.length)
  const counts = image.map((side, i) => {
    const covered = (dilations[i] ?? 1) * ((block[i] ?? 1) - 1) + 1
    return Math.floor((side + (before[i] ?? 0) + (after[i] ?? 0) - covered) / (strides[i] ?? 1)) + 1
  })
  return { counts, strides, dilations, before, after }
}

/** Every position in the block, the last axis fastest. */
const places = (block: readonly number[]): number[][] =>
  block.reduce<number[][]>(
    (all, side) => all.flatMap(place => Array.from({ length: side }, (_, i) => [...place, i])),
    [[]],
  )
