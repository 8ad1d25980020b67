import { ArgumentError, ShapeError } from '../../../core/errors.ts'
import { formatShape } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { ints } from '../../../ops/constants.ts'
import { pad } from '../../../ops/shape/pad.ts'
import { slice } from '../../../ops/shape/slice.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { ShapeFunction } from '../../shapes/shape-function.ts'
import type { CroppedShape, PaddedShape } from '../../shapes/spatial.ts'
import { type CommonOptions, common, type DataFormat, dataFormat } from '../options.ts'
import { inAnyLayout, requireSpatial } from '../spatial.ts'

/** How much before and after an axis; one number for both. */
type Ends = number | readonly [number, number]
type Ends2d = number | readonly [Ends, Ends]
type Ends3d = number | readonly [Ends, Ends, Ends]

interface Format {
  /** Where the channels are. Default 'channelsLast'. */
  readonly dataFormat?: DataFormat
}
export interface ZeroPadding1dOptions extends CommonOptions, Format {
  /** Steps before and after. Default 1. */
  readonly padding?: Ends
}
export interface ZeroPadding2dOptions extends CommonOptions, Format {
  /** Rows above and below, columns left and right. Default 1. */
  readonly padding?: Ends2d
}
export interface ZeroPadding3dOptions extends CommonOptions, Format {
  /** Before and after each spatial axis. Default 1. */
  readonly padding?: Ends3d
}
export interface Cropping1dOptions extends CommonOptions {
  /** Steps to leave out at the beginning and end. Default 1. */
  readonly cropping?: Ends
}
export interface Cropping2dOptions extends CommonOptions, Format {
  /** Rows to leave out above and below, columns left and right. Default 0. */
  readonly cropping?: Ends2d
}
export interface Cropping3dOptions extends CommonOptions, Format {
  /** What to leave out before and after each spatial axis. Default 1. */
  readonly cropping?: Ends3d
}

/** Zeros before and after the steps of [batch, steps, channels]. */
export function zeroPadding1d<const O extends ZeroPadding1dOptions = Record<never, never>>(
  given?: O,
): Layer<PaddedShape<'zeroPadding1d', 1, O>> {
  const options: ZeroPadding1dOptions = given ?? {}
  const padding = ends('zeroPadding1d', 'padding', options.padding ?? 1)
  return padded(1, options, padding, [padding])
}
/** Zeros around images [batch, height, width, channels]. */
export function zeroPadding2d<const O extends ZeroPadding2dOptions = Record<never, never>>(
  given?: O,
): Layer<PaddedShape<'zeroPadding2d', 2, O>> {
  const options: ZeroPadding2dOptions = given ?? {}
  const padding = endsOfAll('zeroPadding2d', 'padding', options.padding ?? 1, 2)
  return padded(2, options, padding, padding)
}
/** Zeros around volumes [batch, depth, height, width, channels]. */
export function zeroPadding3d<const O extends ZeroPadding3dOptions = Record<never, never>>(
  given?: O,
): Layer<PaddedShape<'zeroPadding3d', 3, O>> {
  const options: ZeroPadding3dOptions = given ?? {}
  const padding = endsOfAll('zeroPadding3d', 'padding', options.padding ?? 1, 3)
  return padded(3, options, padding, padding)
}

/** Leaves out steps at both ends of [batch, steps, channels]. */
export function cropping1d<const O extends Cropping1dOptions = Record<never, never>>(
  given?: O,
): Layer<CroppedShape<'cropping1d', 1, O>> {
  const options: Cropping1dOptions = given ?? {}
  const cropping = ends('cropping1d', 'cropping', options.cropping ?? 1)
  return cropped(1, options, { cropping }, [cropping], 'channelsLast')
}
/** Leaves out the borders of images [batch, height, width, channels]. */
export function cropping2d<const O extends Cropping2dOptions = Record<never, never>>(
  given?: O,
): Layer<CroppedShape<'cropping2d', 2, O, 0>> {
  const options: Cropping2dOptions = given ?? {}
  const cropping = endsOfAll('cropping2d', 'cropping', options.cropping ?? 0, 2)
  const format = dataFormat('cropping2d', options.dataFormat)
  return cropped(2, options, { cropping, dataFormat: format }, cropping, format)
}
/** Leaves out the borders of volumes [batch, depth, height, width, channels]. */
export function cropping3d<const O extends Cropping3dOptions = Record<never, never>>(
  given?: O,
): Layer<CroppedShape<'cropping3d', 3, O>> {
  const options: Cropping3dOptions = given ?? {}
  const cropping = endsOfAll('cropping3d', 'cropping', options.cropping ?? 1, 3)
  const format = dataFormat('cropping3d', options.dataFormat)
  return cropped(3, options, { cropping, dataFormat: format }, cropping, format)
}

type Pair = readonly [number, number]

function padded<F extends ShapeFunction>(
  rank: number,
  options: CommonOptions & Format,
  padding: Pair | readonly Pair[],
  amounts: readonly Pair[],
): Layer<F> {
  const where = `zeroPadding${rank}d`
  const config = { padding, dataFormat: dataFormat(where, options.dataFormat) }
  return makeLayer({
    type: `ZeroPadding${rank}D`,
    ...common(where, options),
    config,
    call([x]) {
      requireSpatial(where, x, rank, config.dataFormat)
      return inAnyLayout(x, config.dataFormat, (value, first) => grown(value, first, amounts))
    },
  })
}

function cropped<F extends ShapeFunction>(
  rank: number,
  options: CommonOptions,
  config: object,
  amounts: readonly Pair[],
  format: DataFormat,
): Layer<F> {
  const where = `cropping${rank}d`
  return makeLayer({
    type: `Cropping${rank}D`,
    ...common(where, options),
    config,
    call([x]) {
      requireSpatial(where, x, rank, format)
      const spatial = x.shape.slice(format === 'channelsLast' ? 1 : 2).slice(0, rank)
      if (spatial.some((size, i) => typeof size === 'number' && size <= total(amounts[i]))) {
        throw new ShapeError({
          where,
          expected: "'cropping' to leave something of each axis",
          received: `cropping ${JSON.stringify(amounts)} of shape ${formatShape(x.shape)}`,
        })
      }
      const open = spatial.some(size => typeof size === 'string')
      return inAnyLayout(x, format, (value, first) =>
        open
          ? grown(
              value,
              first,
              amounts.map(([before, after]) => [-before, -after]),
            )
          : part(value, first, amounts),
      )
    },
  })
}

const total = (pair: Pair | undefined): number => (pair ? pair[0] + pair[1] : 0)

/** Zeros at the ends of the axes from `first` on; negative amounts crop, which also works on sizes not known yet. */
function grown(x: Value, first: number, amounts: readonly Pair[]): Value {
  const along = (end: 0 | 1) => x.shape.map((_, axis) => amounts[axis - first]?.[end] ?? 0)
  return pad(x, ints([...along(0), ...along(1)]))
}

function part(x: Value, first: number, amounts: readonly Pair[]): Value {
  const axes = amounts.map((_, i) => first + i)
  const stops = amounts.map(([, after], i) => Number(x.shape[first + i]) - after)
  return slice(x, ints(amounts.map(([before]) => before)), ints(stops), ints(axes))
}

function ends(where: string, name: string, value: Ends): Pair {
  const both: readonly number[] = typeof value === 'number' ? [value, value] : value
  const [before, after] = both
  if (
    both.length === 2 &&
    before !== undefined &&
    after !== undefined &&
    both.every(n => Number.isSafeInteger(n) && n >= 0)
  )
    return [before, after]
  throw new ArgumentError({
    where,
    expected: `'${name}' to be an integer of at least 0, or two of them, for the beginning and the end of an axis`,
    received: JSON.stringify(value),
  })
}

/** One number for everything, or for each axis a number or two. */
function endsOfAll(where: string, name: string, value: number | readonly Ends[], rank: number): readonly Pair[] {
  const each = typeof value === 'number' ? new Array<number>(rank).fill(value) : value
  if (each.length === rank) return each.map(entry => ends(where, name, entry))
  throw new ArgumentError({
    where,
    expected: `'${name}' to be an integer, or ${rank} entries, one for each spatial axis`,
    received: JSON.stringify(value),
  })
}
