import { sizeOf, staticShape } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { ints, scalarLike } from '../../../ops/constants.ts'
import { sumExamples } from '../../../ops/nn/channels.ts'
import type { StaticWindowAxis } from '../../../ops/nn/conv-shape.ts'
import { concat } from '../../../ops/shape/concat.ts'
import { expand } from '../../../ops/shape/expand.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import { slice } from '../../../ops/shape/slice.ts'
import { transpose } from '../../../ops/shape/transpose.ts'
import { Blocked, blockedConv, blockLast, declare, fromBlocks } from './channel-blocks.ts'

type Axes = readonly [StaticWindowAxis, StaticWindowAxis]

/** How far the windows reach beyond the input; negative where they leave its end unread. */
const tail = ({ output, stride, extent, before, input }: StaticWindowAxis): number =>
  (output - 1) * stride + extent - before - input

/**
 * The weight gradient of a convolution with a channel per group: each channel of each example is convolved with its dy, whose image is the
 * window; x and dy lie right as they are. [M, 1, h, w], M channels.
 */
export function depthwiseWeightGradient(x: Blocked, dy: Blocked, axes: Axes, block: number): Value {
  const [n = 0, c = 0, ...size] = staticShape(x.value.shape, 'gradient of Conv')
  const [rows, columns] = axes
  const kernel = [rows.kernel, columns.kernel]
  const image = declare(x.value, [1, n * c, ...size])
  const filters = declare(dy.value, [n * c, 1, rows.output, columns.output])
  const sums = blockedConv(image, filters, undefined, {
    group: n * c,
    strides: [rows.dilation, columns.dilation],
    dilations: [rows.stride, columns.stride],
    pads: [rows.before, columns.before, Math.max(0, tail(rows)), Math.max(0, tail(columns))],
  })
  // Positions beyond the window, where its end leaves a part of x unread.
  const [, , h = 0, w = 0] = staticShape(sums.value.shape, 'gradient of Conv')
  const perExample = reshape(sums.value, ints([n, c / block, h, w, block]))
  const places =
    h === rows.kernel && w === columns.kernel ? perExample : slice(perExample, ints([0, 0]), ints(kernel), ints([2, 3]))
  const sum = sumExamples(reshape(places, ints([n, c * sizeOf(kernel)])))
  return reshape(fromBlocks(declare(sum, [1, c, ...kernel])), ints([c, 1, ...kernel]))
}

/**
 * The weight gradient dw[m,c,k] of a convolution without groups, as a convolution in blocks that sums over examples, whose window is dy's
 * image: [M/block, N/block, h, w, block of examples, block of filters]. Channels come after columns in its image, [N/block, h, w·C,
 * block of examples], and so in its positions: place j of channel c is position j·C + c, w's stride s a dilation of s·C (docs/adr/0016 has
 * the same form for examples in their order). The border's columns are put there, since windows that reach beyond an image are slow,
 * and two thirds of these would; its rows are few and left to the engine.
 */
export function blockedWeightGradient(image: Value | Blocked, dy: Blocked, axes: Axes, block: number): Value {
  const [rows, columns] = axes
  const x = image instanceof Blocked ? image.value : image
  const [, m = 0] = staticShape(dy.value.shape, 'gradient of Conv')
  const [, c = 0] = staticShape(x.shape, 'gradient of Conv')
  const n = wholeBlocks(x, block)
  const run = image instanceof Blocked ? block : 1
  const sums = blockedConv(
    columnsOf(filled(x, n), run, columns, block),
    filters(filled(dy.value, n), axes, block),
    undefined,
    {
      group: 1,
      strides: [rows.dilation, 1],
      dilations: [rows.stride, columns.stride * c],
      pads: [rows.before, 0, Math.max(0, tail(rows)), 0],
    },
  )
  const plain = fromBlocks(sums) // [1, M, rows, places·C]
  const [, , found = 0] = staticShape(plain.shape, 'gradient of Conv')
  // Rows beyond the window, where its end leaves a part of x unread.
  const exact = found === rows.kernel ? plain : slice(plain, ints([0]), ints([rows.kernel]), ints([2]))
  const swapped = transpose(reshape(exact, ints([m, rows.kernel * columns.kernel, c])), { perm: [0, 2, 1] })
  return reshape(swapped, ints([m, c, rows.kernel, columns.kernel]))
}

/** How many examples fill whole blocks: the last one is filled up with zeros. */
export const wholeBlocks = (x: Value, block: number): number =>
  Math.ceil((staticShape(x.shape, 'gradient of Conv')[0] ?? 0) / block) * block

/** Zeros in place of the examples up to n. */
function filled(x: Value, n: number): Value {
  const [own = 0, ...rest] = staticShape(x.shape, 'gradient of Conv')
  return own === n ? x : concat([x, zeros([n - own, ...rest], x)], { axis: 0 })
}

const zeros = (shape: readonly number[], like: Value): Value => expand(scalarLike(0, like), ints(shape))

/**
 * x, of whose channels `run` lie together, as [1, N, h, width·C] in blocks of examples: what the windows read of its columns, and the
 * border's.
 */
function columnsOf(x: Value, run: number, columns: StaticWindowAxis, block: number): Blocked {
  const [n = 0, c = 0, h = 0, w = 0] = staticShape(x.shape, 'gradient of Conv')
  const examples = blockLast(x, n / block, block, c * h * w)
  const examplesLast = reshape(examples, ints([n / block, c / run, h, w, run * block]))
  const channelsAfter = transpose(examplesLast, { perm: [0, 2, 3, 1, 4] })
  const after = tail(columns)
  const read = w + Math.min(0, after)
  const whole = after < 0 ? slice(channelsAfter, ints([0]), ints([read]), ints([2])) : channelsAfter
  const lines = (n / block) * h
  const border = (width: number) => zeros([lines, width * c * block], x)
  const parts = [reshape(whole, ints([lines, read * c * block]))]
  if (columns.before > 0) parts.unshift(border(columns.before))
  if (after > 0) parts.push(border(after))
  const all = parts.length === 1 ? whole : concat(parts, { axis: 1 })
  return declare(all, [1, n, h, (columns.before + read + Math.max(0, after)) * c])
}

/** dy [N, M, h, w] in blocks of m as filters: blocks of examples outside of their elements. */
function filters(dy: Value, [rows, columns]: Axes, block: number): Blocked {
  const [n = 0, m = 0] = staticShape(dy.shape, 'gradient of Conv')
  const [blocks, places] = [m / block, rows.output * columns.output]
  const divided = reshape(dy, ints([n / block, block, blocks, places, block]))
  // In two steps, each of which moves one axis: 2.0 ms where one takes 3.2 ([64, 64, 32, 32]).
  const examplesInside = transpose(divided, { perm: [0, 2, 3, 1, 4] })
  const run = places * block * block
  const filtersOutside = transpose(reshape(examplesInside, ints([n / block, blocks, run])), { perm: [1, 0, 2] })
  return declare(filtersOutside, [m, n, rows.output, columns.output])
}
