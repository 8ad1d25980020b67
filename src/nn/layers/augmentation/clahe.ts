import { ShapeError } from '../../../core/errors.ts'
import { formatShape } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { constant, ints, scalar } from '../../../ops/constants.ts'
import { gather } from '../../../ops/index/gather.ts'
import { gatherElements } from '../../../ops/index/gather-elements.ts'
import { equal } from '../../../ops/logic/equal.ts'
import { where } from '../../../ops/logic/where.ts'
import { add } from '../../../ops/math/add.ts'
import { cast } from '../../../ops/math/cast.ts'
import { div } from '../../../ops/math/div.ts'
import { min } from '../../../ops/math/min.ts'
import { mul } from '../../../ops/math/mul.ts'
import { sub } from '../../../ops/math/sub.ts'
import { cumSum } from '../../../ops/reduce/cum-sum.ts'
import { reduceMin } from '../../../ops/reduce/reduce-min.ts'
import { reduceSum } from '../../../ops/reduce/reduce-sum.ts'
import { expand } from '../../../ops/shape/expand.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import { slice } from '../../../ops/shape/slice.ts'
import { transpose } from '../../../ops/shape/transpose.ts'
import { byteRange, clipped } from './colour.ts'
import { countedInto } from './histogram.ts'

const bins = 256

/**
 * Contrast-limited adaptive histogram equalisation (Zuiderveld, 1994) of bytes, float32 [batch, height, width, channels]: every
 * tile of a grid gets a table from its own histogram, cut at `clipLimit` times the mean, and pixels are looked up in the four tables around
 * them. Sizes but for the batch's are known when the graph is made.
 */
export function clahe(
  name: string,
  x: Value,
  clipLimit: number,
  [gridRows, gridColumns]: readonly [number, number],
): Value {
  const [, height, width, channels] = x.shape
  if (typeof height !== 'number' || typeof width !== 'number' || typeof channels !== 'number') {
    throw new ShapeError({ where: name, expected: 'images of a known size', received: `shape ${formatShape(x.shape)}` })
  }
  const rows = tiling(height, gridRows)
  const columns = tiling(width, gridColumns)
  const area = rows.size * columns.size
  const tiled = reshape(
    transpose(
      reshape(
        mirrored(mirrored(x, 1, height, rows), 2, width, columns),
        ints([0, gridRows, rows.size, gridColumns, columns.size, channels]),
      ),
      { perm: [0, 1, 3, 5, 2, 4] },
    ),
    ints([0, gridRows, gridColumns, channels, area]),
  )
  const tables = tablesOf(bytesOf(tiled), area, clipLimit)

  // Tiles at the border count twice, so that every pixel has four around it.
  const framed = gather(gather(tables, ints(withBorder(gridRows)), { axis: 1 }), ints(withBorder(gridColumns)), {
    axis: 2,
  })
  const flat = reshape(framed, ints([0, -1]))
  const down = neighbours(height, rows.size, (gridColumns + 2) * channels * bins)
  const right = neighbours(width, columns.size, channels * bins)
  const place = add(
    bytesOf(x),
    constant(
      Array.from({ length: channels }, (_, c) => c * bins),
      [channels],
      'int64',
    ),
  )
  const at = (row: readonly number[], column: readonly number[]): Value => {
    const offset = add(constant(row, [height, 1, 1], 'int64'), constant(column, [width, 1], 'int64'))
    const index = reshape(add(place, offset), ints([0, height * width * channels]))
    return reshape(gatherElements(flat, index, { axis: 1 }), ints([0, height, width, channels]))
  }
  const blend = (a: Value, b: Value, share: readonly number[], shape: readonly number[]): Value =>
    add(
      mul(
        a,
        constant(
          share.map(weight => 1 - weight),
          shape,
        ),
      ),
      mul(b, constant(share, shape)),
    )
  const along = (row: readonly number[]): Value =>
    blend(at(row, right.before), at(row, right.after), right.share, [width, 1])
  return blend(along(down.before), along(down.after), down.share, [height, 1, 1])
}

/** Cumulative histograms, cut and scaled to bytes: [batch, rows, columns, channels, pixels] → [batch, rows, columns, channels, 256]. */
function tablesOf(pixels: Value, area: number, clipLimit: number): Value {
  const first = cast(slice(pixels, ints([0]), ints([1]), ints([4])), { to: 'float32' })
  const empty = expand(mul(first, scalar(0)), ints([1, 1, 1, 1, bins]))
  const counts = countedInto(empty, pixels)
  const cumulative = cumSum(clipLimit > 0 ? limited(counts, (clipLimit * area) / bins) : counts, scalar(4, 'int64'))
  const least = reduceMin(cumulative, ints([4]), { keepdims: 1 })
  const rest = sub(scalar(area), least)
  const denominator = where(equal(rest, scalar(0)), scalar(1), rest)
  return clipped(div(mul(sub(cumulative, least), scalar(255)), denominator), byteRange)
}

/** What exceeds the limit is spread over all bins. */
function limited(counts: Value, limit: number): Value {
  const cut = min([counts, scalar(limit)])
  const excess = reduceSum(sub(counts, cut), ints([4]), { keepdims: 1 })
  return add(cut, mul(excess, scalar(1 / bins)))
}

const bytesOf = (x: Value): Value => cast(clipped(x, byteRange), { to: 'int64' })

interface Tiling {
  /** Of a tile. */
  readonly size: number
  /** Of all tiles: what is padded to. */
  readonly total: number
}

function tiling(length: number, tiles: number): Tiling {
  const size = Math.ceil(length / tiles)
  return { size, total: size * tiles }
}

/** Grown at its end by a mirror image, which repeats the last element. */
function mirrored(x: Value, axis: number, length: number, { total }: Tiling): Value {
  if (total === length) return x
  const indices = Array.from({ length: total }, (_, i) => {
    const turn = i % (2 * length)
    return Math.min(turn, 2 * length - 1 - turn)
  })
  return gather(x, ints(indices), { axis })
}

const withBorder = (tiles: number): number[] => [0, ...Array.from({ length: tiles }, (_, i) => i), tiles - 1]

/** For each pixel along an axis: where the tables of the tiles before and after it begin, and how near it is to the second. */
function neighbours(length: number, tile: number, stride: number) {
  const places = Array.from({ length }, (_, i) => (i - tile / 2) / tile + 1)
  const before = places.map(Math.floor)
  return {
    before: before.map(at => at * stride),
    after: before.map(at => (at + 1) * stride),
    share: places.map((place, i) => place - (before[i] ?? 0)),
  }
}
