import { ShapeError } from '../../../core/errors.ts'
import { formatShape } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { constant } from '../../../ops/constants.ts'
import { resize } from '../../../ops/shape/resize.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { UpSampledShape } from '../../shapes/spatial.ts'
import { oneOf } from '../arguments.ts'
import { type CommonOptions, common, type DataFormat, dataFormat } from '../options.ts'
import { fromEngine, inAnyLayout, requireSpatial, sizes, toEngine } from '../spatial.ts'
import { resampled } from './lanczos.ts'

export interface UpSampling1dOptions extends CommonOptions {
  /** How often each step is repeated. Default 2. */
  readonly size?: number
}
export interface UpSampling2dOptions extends CommonOptions {
  /** Factors of height and width. Default 2. */
  readonly size?: number | readonly [number, number]
  /** Where the channels are. Default 'channelsLast'. */
  readonly dataFormat?: DataFormat
  /** Default 'nearest': repeats rows and columns. */
  readonly interpolation?: Interpolation
}
export interface UpSampling3dOptions extends CommonOptions {
  /** Factors of depth, height and width. Default 2. */
  readonly size?: number | readonly [number, number, number]
  /** Where the channels are. Default 'channelsLast'. */
  readonly dataFormat?: DataFormat
}
export type Interpolation = 'nearest' | 'bilinear' | 'bicubic' | 'lanczos3' | 'lanczos5'

/** Repeats each step: [batch, steps, channels] → [batch, steps · size, channels]. */
export function upSampling1d<const O extends UpSampling1dOptions = Record<never, never>>(
  given?: O,
): Layer<UpSampledShape<'upSampling1d', 1, O>> {
  const options: UpSampling1dOptions = given ?? {}
  const [size = 2] = sizes('upSampling1d', 'size', options.size ?? 2, 1)
  return makeLayer({
    type: 'UpSampling1D',
    ...common('upSampling1d', options),
    config: { size },
    call([x]) {
      requireSpatial('upSampling1d', x, 1, 'channelsLast')
      return inAnyLayout(x, 'channelsLast', (value, first) => repeated(value, first, [size]))
    },
  })
}

/** Enlarges images: [batch, height, width, channels] → [batch, height · size[0], width · size[1], channels]. */
export function upSampling2d<const O extends UpSampling2dOptions = Record<never, never>>(
  given?: O,
): Layer<UpSampledShape<'upSampling2d', 2, O>> {
  const options: UpSampling2dOptions = given ?? {}
  const where = 'upSampling2d'
  const config = {
    size: sizes(where, 'size', options.size ?? 2, 2),
    dataFormat: dataFormat(where, options.dataFormat),
    interpolation: oneOf(where, 'interpolation', options.interpolation ?? 'nearest', [
      'nearest',
      'bilinear',
      'bicubic',
      'lanczos3',
      'lanczos5',
    ]),
  }
  const { size, interpolation, dataFormat: format } = config
  return makeLayer({
    type: 'UpSampling2D',
    ...common(where, options),
    config,
    call([x]) {
      requireSpatial(where, x, 2, format)
      if (interpolation === 'nearest') return inAnyLayout(x, format, (value, first) => repeated(value, first, size))
      return fromEngine(interpolated(toEngine(x, format), size, interpolation), format)
    },
  })
}

/** Repeats the planes of volumes: [batch, depth, height, width, channels] → each spatial axis times its `size`. */
export function upSampling3d<const O extends UpSampling3dOptions = Record<never, never>>(
  given?: O,
): Layer<UpSampledShape<'upSampling3d', 3, O>> {
  const options: UpSampling3dOptions = given ?? {}
  const where = 'upSampling3d'
  const config = {
    size: sizes(where, 'size', options.size ?? 2, 3),
    dataFormat: dataFormat(where, options.dataFormat),
  }
  return makeLayer({
    type: 'UpSampling3D',
    ...common(where, options),
    config,
    call([x]) {
      requireSpatial(where, x, 3, config.dataFormat)
      return inAnyLayout(x, config.dataFormat, (value, first) => repeated(value, first, config.size))
    },
  })
}

/** Each element along the axes from `first` on as often as its factor says. */
function repeated(x: Value, first: number, factors: readonly number[]): Value {
  const scales = constant(x.shape.map((_, axis) => factors[axis - first] ?? 1))
  return resize(x, undefined, scales, undefined, {
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  })
}

/** TensorFlow's resizing with half-pixel centres, on [batch, channels, height, width]. */
function interpolated(x: Value, factors: readonly number[], interpolation: Exclude<Interpolation, 'nearest'>): Value {
  if (interpolation === 'lanczos3' || interpolation === 'lanczos5') {
    const radius = interpolation === 'lanczos3' ? 3 : 5
    return factors.reduce((value, factor, i) => resampled(value, i + 2, known(value, i + 2) * factor, radius), x)
  }
  const scales = constant([1, 1, ...factors])
  return interpolation === 'bilinear'
    ? resize(x, undefined, scales, undefined, { mode: 'linear' })
    : // Keys's kernel with a = −0.5; what lies outside of the image does not count.
      resize(x, undefined, scales, undefined, { mode: 'cubic', cubic_coeff_a: -0.5, exclude_outside: 1 })
}

function known(x: Value, axis: number): number {
  const size = x.shape[axis]
  if (typeof size === 'number') return size
  throw new ShapeError({
    where: 'upSampling2d',
    expected: "a known height and width for 'lanczos' interpolation",
    received: `shape ${formatShape(x.shape)}, in the order [batch, channels, height, width]`,
    remedy: "Give input({ shape }) numbers, or use 'bilinear' or 'bicubic'.",
  })
}
