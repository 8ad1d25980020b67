import { ArgumentError } from '../core/errors.ts'
import type { Rng } from '../core/rng.ts'
import { fromNumbers, type TensorData } from '../core/tensor-data.ts'

/** Draws a weight's first values. `fanIn`/`fanOut` follow Keras: for a kernel of shape [...window, in, out], window size × in and × out. */
export interface Initializer {
  readonly name: string
  readonly config: Readonly<Record<string, number>>
  init(shape: readonly number[], rng: Rng): TensorData<'float32'>
}

const filled = (name: string, value: number): Initializer => ({
  name,
  config: name === 'constant' ? { value } : {},
  init: shape => fromNumbers('float32', shape, new Float32Array(size(shape)).fill(value)),
})

export const zeros = (): Initializer => filled('zeros', 0)
export const ones = (): Initializer => filled('ones', 1)
export const constant = (value: number): Initializer => filled('constant', value)

export const randomUniform = ({
  minval = -0.05,
  maxval = 0.05,
}: {
  readonly minval?: number
  readonly maxval?: number
} = {}): Initializer => ({
  name: 'randomUniform',
  config: { minval, maxval },
  init: (shape, rng) => draw(shape, () => minval + (maxval - minval) * rng.uniform()),
})

export const randomNormal = ({
  mean = 0,
  stddev = 0.05,
}: {
  readonly mean?: number
  readonly stddev?: number
} = {}): Initializer => ({
  name: 'randomNormal',
  config: { mean, stddev },
  init: (shape, rng) => draw(shape, () => mean + stddev * rng.normal()),
})

export const truncatedNormal = ({
  mean = 0,
  stddev = 0.05,
}: {
  readonly mean?: number
  readonly stddev?: number
} = {}): Initializer => ({
  name: 'truncatedNormal',
  config: { mean, stddev },
  init: (shape, rng) => draw(shape, () => mean + stddev * rng.truncatedNormal()),
})

/** Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010. */
export const glorotUniform = (): Initializer => scaled('glorotUniform', 1, 'average', 'uniform')
export const glorotNormal = (): Initializer => scaled('glorotNormal', 1, 'average', 'normal')
/** He et al., "Delving Deep into Rectifiers", 2015. */
export const heUniform = (): Initializer => scaled('heUniform', 2, 'in', 'uniform')
export const heNormal = (): Initializer => scaled('heNormal', 2, 'in', 'normal')
/** LeCun et al., "Efficient BackProp", 1998. */
export const lecunUniform = (): Initializer => scaled('lecunUniform', 1, 'in', 'uniform')
export const lecunNormal = (): Initializer => scaled('lecunNormal', 1, 'in', 'normal')

/** Standard deviation of a standard normal cut off at ±2, by which Keras corrects its truncated draws. */
const truncatedStddev = 0.87962566103423978

function scaled(name: string, scale: number, mode: 'in' | 'average', distribution: 'uniform' | 'normal'): Initializer {
  return {
    name,
    config: {},
    init(shape, rng) {
      const { fanIn, fanOut } = fans(shape)
      const variance = scale / Math.max(1, mode === 'in' ? fanIn : (fanIn + fanOut) / 2)
      if (distribution === 'normal') {
        const stddev = Math.sqrt(variance) / truncatedStddev
        return draw(shape, () => stddev * rng.truncatedNormal())
      }
      const limit = Math.sqrt(3 * variance)
      return draw(shape, () => limit * (2 * rng.uniform() - 1))
    },
  }
}

function fans(shape: readonly number[]): { fanIn: number; fanOut: number } {
  if (shape.length < 2) return { fanIn: shape[0] ?? 1, fanOut: shape[0] ?? 1 }
  const window = size(shape.slice(0, -2))
  return { fanIn: window * (shape.at(-2) ?? 1), fanOut: window * (shape.at(-1) ?? 1) }
}

const size = (shape: readonly number[]): number => shape.reduce((n, dim) => n * dim, 1)

function draw(shape: readonly number[], next: () => number): TensorData<'float32'> {
  const data = new Float32Array(size(shape))
  for (let i = 0; i < data.length; i++) data[i] = next()
  return { dtype: 'float32', shape, data }
}

const byName = {
  zeros,
  ones,
  randomUniform,
  randomNormal,
  truncatedNormal,
  glorotUniform,
  glorotNormal,
  heUniform,
  heNormal,
  lecunUniform,
  lecunNormal,
}
export type InitializerName = keyof typeof byName

/** By name with Keras's defaults, or as it is. */
export function resolveInitializer(given: InitializerName | Initializer, where: string): Initializer {
  if (typeof given !== 'string') return given
  const make = byName[given]
  if (make) return make()
  throw new ArgumentError({
    where,
    expected: `an initializer among ${Object.keys(byName).join(', ')}`,
    received: `'${String(given)}'`,
  })
}
