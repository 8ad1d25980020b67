import { staticShape } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { ints } from '../../../ops/constants.ts'
import type { StaticWindowAxis } from '../../../ops/nn/conv-shape.ts'
import { concat } from '../../../ops/shape/concat.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import { blockedTransposedFilters } from './blocked-filters.ts'
import { type Blocked, blockedConv, declare } from './channel-blocks.ts'

type Axes = readonly [StaticWindowAxis, StaticWindowAxis]

/** Along one axis, what makes the results at r, r + stride, r + 2·stride …: places of the window, and padding of dy. */
interface Phase {
  readonly places: readonly number[]
  readonly before: number
  readonly after: number
}

/**
 * The transposed convolution of dy [N, M, …] with w [M, C/group, h, w] in blocks: with a stride, the results of each phase are a
 * convolution of their own with the places of the window that reach them, and are put between each other. `axes` are those of the
 * convolution that this one is the transpose of. `undefined` where a phase is not such a convolution.
 */
export function blockedConvTranspose(
  dy: Blocked,
  w: Value,
  bias: Value | undefined,
  axes: Axes,
  { group, block }: { readonly group: number; readonly block: number },
): Blocked | undefined {
  const [rows, columns] = axes
  const [rowPhases, columnPhases] = [phases(rows), phases(columns)]
  if (!rowPhases || !columnPhases) return undefined
  const lines = rowPhases.map(row =>
    between(
      columnPhases.map(column => {
        const places = row.places.flatMap(i => column.places.map(j => i * columns.kernel + j))
        const kernel = [row.places.length, column.places.length]
        return blockedConv(dy, blockedTransposedFilters(w, block, group, places, kernel), bias, {
          group,
          strides: [1, 1],
          dilations: [rows.stride === 1 ? rows.dilation : 1, columns.stride === 1 ? columns.dilation : 1],
          pads: [row.before, column.before, row.after, column.after],
        })
      }),
      3,
      block,
    ),
  )
  return between(lines, 2, block)
}

/**
 * Position i = r + stride·j gets dy[o]·w[k] where o·stride + k = i + before: for k ≡ i + before (mod stride), o = j + (r + before − k)/stride.
 * From the last place to the first, those are consecutive elements of dy. With stride 1 places may be dilated.
 */
function phases({ kernel, stride, dilation, before, input, output }: StaticWindowAxis): readonly Phase[] | undefined {
  if (stride > 1 && (dilation > 1 || input % stride !== 0 || kernel < stride)) return undefined
  const length = input / stride
  const step = stride === 1 ? dilation : 1
  const found = Array.from({ length: stride }, (_, r): Phase => {
    const places = Array.from({ length: kernel }, (_, k) => kernel - 1 - k).filter(
      k => stride === 1 || (r + before - k) % stride === 0,
    )
    const [last = 0] = places
    const first = (r + before - last * step) / stride
    return { places, before: -first, after: length - 1 + first + (places.length - 1) * step - (output - 1) }
  })
  return found.every(phase => phase.places.length > 0 && phase.before >= 0 && phase.after >= 0) ? found : undefined
}

/** Puts images between each other along the axis (2 or 3): the first elements of all, then the second ones … */
function between(parts: readonly Blocked[], axis: 2 | 3, block: number): Blocked {
  const [first] = parts
  if (!first) throw new Error('no phases')
  if (parts.length === 1) return first
  const [n = 0, c = 0, h = 0, w = 0] = staticShape(first.value.shape, 'ConvTranspose')
  const [lead, run] = axis === 3 ? [((n * c) / block) * h * w, block] : [((n * c) / block) * h, w * block]
  const all = concat(
    parts.map(part => reshape(part.value, ints([lead, run]))),
    { axis: 1 },
  )
  return declare(all, axis === 3 ? [n, c, h, w * parts.length] : [n, c, h * parts.length, w])
}
