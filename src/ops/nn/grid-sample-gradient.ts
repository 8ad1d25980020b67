import { sizeOf, staticShape, stridesOf } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { constant, ints, scalarLike } from '../constants.ts'
import { addUpRows } from '../index/accumulate.ts'
import { gather } from '../index/gather.ts'
import { and } from '../logic/and.ts'
import { greaterOrEqual } from '../logic/greater-or-equal.ts'
import { less } from '../logic/less.ts'
import { add } from '../math/add.ts'
import { cast } from '../math/cast.ts'
import { floor } from '../math/floor.ts'
import { min } from '../math/min.ts'
import { mod } from '../math/mod.ts'
import { mul } from '../math/mul.ts'
import { round } from '../math/round.ts'
import { sub } from '../math/sub.ts'
import { sum } from '../math/sum.ts'
import { reduceSum } from '../reduce/reduce-sum.ts'
import { concat } from '../shape/concat.ts'
import { expand } from '../shape/expand.ts'
import { reshapeTo } from '../shape/reshape.ts'
import { slice } from '../shape/slice.ts'
import { transpose } from '../shape/transpose.ts'
import { clip } from './clip.ts'

export interface Sampled {
  readonly align_corners: number
  readonly mode: string
  readonly padding_mode: string
}

/**
 * Sampling x [N, C, …spatial] mixes the elements around each place by weights, one factor for each axis (or takes the nearest one). Back
 * to x goes every element of `dy` [N, C, …places] with those weights; to the places, `dy` times the weights' slopes. `grid` is
 * undefined where these are all 0.
 */
export function sampledGradients(
  x: Value,
  grid: Value,
  dy: Value,
  how: Sampled,
): { x: Value; grid: Value | undefined } {
  const [batch = 0, channels = 0, ...spatial] = staticShape(x.shape, 'gradient of GridSample')
  const places = staticShape(grid.shape, 'gradient of GridSample').slice(1, -1)
  const rank = spatial.length
  const count = batch * sizeOf(places)
  const elements = sizeOf(spatial)
  const channelsLast = [0, ...spatial.map((_, i) => i + 2), 1]
  const channelsFirst = [0, rank + 1, ...spatial.map((_, i) => i + 1)]

  const strides = stridesOf(spatial)
  const images = Array.from({ length: count }, (_, i) => Math.floor(i / sizeOf(places)) * elements)
  let corners: Corner[] = [{ index: constant(images, [count], 'int64'), along: [] }]
  for (const [axis, size] of spatial.entries()) {
    // The grid names the last axis first.
    const found = neighbours(part(grid, rank - 1 - axis, count), size, how)
    corners = corners.flatMap(corner =>
      found.map(neighbour => ({
        index: add(corner.index, mul(neighbour.index, scalarLike(strides[axis] ?? 1, neighbour.index))),
        along: [...corner.along, neighbour],
      })),
    )
  }

  const pixels = reshapeTo(transpose(dy, { perm: channelsLast }), [count, channels])
  const indices = corners.map(({ index }) => index)
  const shares = corners.map(({ along }) =>
    mul(pixels, reshapeTo(product(along.map(({ weight }) => weight)), [count, 1])),
  )
  const sums = addUpRows(concat(shares, { axis: 0 }), concat(indices, { axis: 0 }), batch * elements)
  const dx = transpose(reshapeTo(sums, [batch, ...spatial, channels]), { perm: channelsFirst })
  if (how.mode === 'nearest') return { x: dx, grid: undefined }

  const table = reshapeTo(transpose(x, { perm: channelsLast }), [batch * elements, channels])
  const received = indices.map(index => reduceSum(mul(pixels, gather(table, index)), ints([1]), { keepdims: 0 }))
  const sides = spatial.map((_, axis) =>
    sum(
      corners.map(({ along }, k) =>
        product([...received.slice(k, k + 1), ...along.map(({ weight, slope }, i) => (i === axis ? slope : weight))]),
      ),
    ),
  )
  const dgrid = concat(
    sides.toReversed().map(side => reshapeTo(side, [batch, ...places, 1])),
    { axis: rank + 1 },
  )
  return { x: dx, grid: dgrid }
}

/** An element that counts for each place: its flat position, and its neighbour along each axis. */
interface Corner {
  readonly index: Value
  readonly along: readonly Neighbour[]
}

const product = (factors: readonly Value[]): Value => factors.reduce((a, b) => mul(a, b))

/** One coordinate of all places, [count]. */
const part = (grid: Value, at: number, count: number): Value =>
  reshapeTo(slice(grid, ints([at]), ints([at + 1]), ints([-1])), [count])

interface Neighbour {
  /** int64[count], inside of the axis. */
  readonly index: Value
  /** 0 where the neighbour is outside, and padding is zeros. */
  readonly weight: Value
  /** Its derivative by the coordinate. */
  readonly slope: Value
}

/** Along one axis of `size` elements: those that count for coordinates from −1 to 1, and how much. */
function neighbours(coordinate: Value, size: number, { align_corners, mode, padding_mode }: Sampled): Neighbour[] {
  const number = (value: number) => scalarLike(value, coordinate)
  const scale = align_corners ? (size - 1) / 2 : size / 2
  const place = add(mul(coordinate, number(scale)), number((size - 1) / 2))
  const low = mode === 'nearest' ? round(place) : floor(place)
  const weights = mode === 'nearest' ? [] : weightsOf(sub(place, low), mode)
  const neighbour = (offset: number, weight: Value, slope: Value): Neighbour => {
    const at = add(low, number(offset))
    const index = inside(cast(at, { to: 'int64' }), size, padding_mode, align_corners === 1)
    if (padding_mode !== 'zeros') return { index, weight, slope }
    const valid = cast(and(greaterOrEqual(at, number(0)), less(at, number(size))), { to: at.dtype })
    return { index, weight: mul(weight, valid), slope: mul(slope, valid) }
  }
  if (mode === 'nearest') return [neighbour(0, expand(number(1), ints(staticShape(low.shape))), number(0))]
  return weights.map(({ offset, weight, slope }) => neighbour(offset, weight, mul(slope, number(scale))))
}

/** Weights of the neighbours `offset` steps above the lower one, and their derivatives, for a place `share` of a step above it. */
function weightsOf(share: Value, mode: string): { offset: number; weight: Value; slope: Value }[] {
  const number = (value: number) => scalarLike(value, share)
  if (mode === 'linear') {
    return [
      { offset: 0, weight: sub(number(1), share), slope: number(-1) },
      { offset: 1, weight: share, slope: number(1) },
    ]
  }
  // Keys's cubic kernel (1981) with a = −3/4, as polynomials in the share, lowest power first.
  const a = -0.75
  const cubics = [
    [0, a, -2 * a, a],
    [1, 0, -(a + 3), a + 2],
    [0, -a, 2 * a + 3, -(a + 2)],
    [0, 0, a, -a],
  ]
  const polynomial = (coefficients: readonly number[]) =>
    coefficients
      .slice(0, -1)
      .reduceRight((value, c) => add(mul(value, share), number(c)), number(coefficients.at(-1) ?? 0))
  return cubics.map((coefficients, k) => ({
    offset: k - 1,
    weight: polynomial(coefficients),
    slope: polynomial(coefficients.slice(1).map((c, i) => c * (i + 1))),
  }))
}

/** Positions int64 that may lie outside of the axis, as the padding brings them in. */
function inside(at: Value, size: number, padding: string, alignCorners: boolean): Value {
  const number = (value: number) => scalarLike(value, at)
  if (padding !== 'reflection') return clip(at, number(0), number(size - 1))
  if (size === 1) return mul(at, number(0))
  // Mirrors stand on the outermost elements, or half a step behind them.
  const period = alignCorners ? 2 * (size - 1) : 2 * size
  const turned = mod(at, number(period))
  return min([turned, sub(number(alignCorners ? period : period - 1), turned)])
}
