import { staticShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { constant, ints, scalarLike } from '../constants.ts'
import { addUpRows } from '../index/accumulate.ts'
import { gather } from '../index/gather.ts'
import { and } from '../logic/and.ts'
import { greaterOrEqual } from '../logic/greater-or-equal.ts'
import { lessOrEqual } from '../logic/less-or-equal.ts'
import { add } from '../math/add.ts'
import { cast } from '../math/cast.ts'
import { floor } from '../math/floor.ts'
import { mul } from '../math/mul.ts'
import { round } from '../math/round.ts'
import { sub } from '../math/sub.ts'
import { sum } from '../math/sum.ts'
import { reduceSum } from '../reduce/reduce-sum.ts'
import { concat } from '../shape/concat.ts'
import { reshapeTo } from '../shape/reshape.ts'
import { slice } from '../shape/slice.ts'
import { transpose } from '../shape/transpose.ts'
import { clip } from './clip.ts'

export interface Sampled {
  readonly align_corners: number
  readonly mode: string
  readonly padding_mode: string
}

/** Whether `sampledGradients` knows the way back: images, sampled linearly or at the nearest pixel. */
export const hasGradients = (x: Value, { mode, padding_mode }: Sampled): boolean =>
  x.shape.length === 4 && mode !== 'cubic' && padding_mode !== 'reflection'

/**
 * Sampling x [N, C, H, W] mixes the four pixels around each place by weights, or takes the nearest one. Back to x goes every element of
 * `dy` [N, C, h, w] with those weights; to the places, `dy` times the weights' slopes. `grid` is undefined where these are all 0.
 */
export function sampledGradients(
  x: Value,
  grid: Value,
  dy: Value,
  how: Sampled,
): { x: Value; grid: Value | undefined } {
  const [batch = 0, channels = 0, height = 0, width = 0] = staticShape(x.shape, 'gradient of GridSample')
  const [, down = 0, across = 0] = staticShape(grid.shape, 'gradient of GridSample')
  const count = batch * down * across
  const columns = neighbours(part(grid, 0, count), width, how)
  const rows = neighbours(part(grid, 1, count), height, how)
  const images = Array.from({ length: count }, (_, i) => Math.floor(i / (down * across)) * height * width)
  const first = constant(images, [count], 'int64')
  const pixels = reshapeTo(transpose(dy, { perm: [0, 2, 3, 1] }), [count, channels])
  const corners = rows.flatMap(row =>
    columns.map(column => ({
      row,
      column,
      index: add(first, add(mul(row.index, scalarLike(width, row.index)), column.index)),
    })),
  )
  const shares = corners.map(({ row, column }) => mul(pixels, reshapeTo(mul(row.weight, column.weight), [count, 1])))
  const indices = corners.map(({ index }) => index)
  const sums = addUpRows(concat(shares, { axis: 0 }), concat(indices, { axis: 0 }), batch * height * width)
  const dx = transpose(reshapeTo(sums, [batch, height, width, channels]), { perm: [0, 3, 1, 2] })
  if (how.mode === 'nearest') return { x: dx, grid: undefined }

  const table = reshapeTo(transpose(x, { perm: [0, 2, 3, 1] }), [batch * height * width, channels])
  const slopes = corners.map(({ row, column, index }) => {
    const weight = reduceSum(mul(pixels, gather(table, index)), ints([1]), { keepdims: 0 })
    return [mul(weight, mul(row.weight, column.slope)), mul(weight, mul(row.slope, column.weight))] as const
  })
  const sides = [sum(slopes.map(([across]) => across)), sum(slopes.map(([, down]) => down))]
  const dgrid = concat(
    sides.map(side => reshapeTo(side, [batch, down, across, 1])),
    { axis: 3 },
  )
  return { x: dx, grid: dgrid }
}

/** One coordinate of all places, [count]. */
const part = (grid: Value, at: number, count: number): Value =>
  reshapeTo(slice(grid, ints([at]), ints([at + 1]), ints([3])), [count])

interface Neighbour {
  /** int64[count], inside of the axis. */
  readonly index: Value
  /** 0 where the neighbour is outside. */
  readonly weight: Value
  /** Its derivative by the coordinate. */
  readonly slope: Value
}

/** Along one axis of `size` pixels: the pixels that count for coordinates from −1 to 1, and how much. */
function neighbours(coordinate: Value, size: number, { align_corners, mode, padding_mode }: Sampled): Neighbour[] {
  const number = (value: number) => scalarLike(value, coordinate)
  const within = (at: Value) =>
    cast(and(greaterOrEqual(at, number(0)), lessOrEqual(at, number(size - 1))), { to: at.dtype })
  const scale = align_corners ? (size - 1) / 2 : size / 2
  const place = add(mul(coordinate, number(scale)), number((size - 1) / 2))
  const border = padding_mode === 'border'
  const inside = border ? clip(place, number(0), number(size - 1)) : place
  const low = mode === 'nearest' ? round(inside) : floor(inside)
  const share = sub(inside, low)
  const neighbour = (at: Value, weight: Value, slope: number): Neighbour => {
    const valid = within(at)
    const moving = border ? mul(valid, within(place)) : valid
    const index = cast(clip(at, number(0), number(size - 1)), { to: 'int64' })
    return { index, weight: mul(weight, valid), slope: mul(moving, number(slope)) }
  }
  if (mode === 'nearest') return [neighbour(low, number(1), 0)]
  return [neighbour(low, sub(number(1), share), -scale), neighbour(add(low, number(1)), share, scale)]
}
