import { ArgumentError, ShapeError } from '../../../core/errors.ts'
import { formatShape, sameShape } from '../../../core/shape.ts'
import { fromNumbers, type TensorData, toNumbers } from '../../../core/tensor-data.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { EncodedBy } from '../../shapes/encoding.ts'
import { oneOf, positiveInt } from '../arguments.ts'
import { type CommonOptions, common } from '../options.ts'
import { type EncodingMode, encoded } from './encode.ts'
import { fingerprint64, joined, sipHash } from './fingerprint.ts'

export interface HashingOptions extends CommonOptions {
  readonly numBins: number
  /** A value that gets bin 0, which no other then gets. Default null. */
  readonly maskValue?: string | number | null
  /** Use SipHash with this key in place of FarmHash: an integer, or two. Default null. */
  readonly salt?: number | readonly [number, number] | null
  /** `int`: the number of the bin (int64). Default int. */
  readonly outputMode?: 'int' | EncodingMode
}

/** What puts values into bins before they go to the model. */
export interface Hashes {
  /** Strings or integers → their bins, int64 of the same shape: what the layer takes. The ONNX graph begins behind this step. */
  hash(values: TensorData): TensorData<'int64'>
}

/**
 * Values → bins by a hash, without a vocabulary. ONNX cannot read the bytes of strings, so `hash(values)` hashes in JavaScript, with the
 * bins that Keras gives (FarmHash, or SipHash with a `salt`; integers are hashed as decimal text); a model takes the bins
 * (`input({ shape, dtype: 'int64' })`), and the layer gives them out as `outputMode` says.
 */
export function hashing<const O extends HashingOptions>(
  options: O,
): Layer<EncodedBy<'hashing', O, 'int', O['numBins']>> & Hashes {
  const where = 'hashing'
  const { maskValue = null, salt: given = null }: HashingOptions = options
  const salt = typeof given === 'number' ? ([given, given] as const) : given
  const config = {
    numBins: positiveInt(where, 'numBins', options.numBins),
    maskValue,
    salt,
    outputMode: oneOf(where, 'outputMode', options.outputMode ?? 'int', ['int', 'oneHot', 'multiHot', 'count']),
  }
  if (salt && !salt.every(Number.isSafeInteger))
    throw new ArgumentError({ where, expected: "'salt' to be an integer or two", received: JSON.stringify(given) })
  const masks = maskValue !== null && config.numBins > 1
  const bins = BigInt(masks ? config.numBins - 1 : config.numBins)
  const key = salt && ([BigInt(salt[0]), BigInt(salt[1])] as const)
  const binOf = (value: string | number): number => {
    if (masks && value === maskValue) return 0
    const text = String(value)
    return Number((key ? sipHash(text, key) : fingerprint64(text)) % bins) + (masks ? 1 : 0)
  }
  const layer: Layer<EncodedBy<'hashing', O, 'int', O['numBins']>> = makeLayer({
    type: 'Hashing',
    ...common(where, options),
    config,
    call: ([x]) => (config.outputMode === 'int' ? x : encoded(x, config.outputMode, config.numBins, where)),
  })
  return Object.assign(layer, {
    hash: (values: TensorData) => fromNumbers('int64', values.shape, valuesOf(values).map(binOf)),
  })
}

export interface HashedCrossingOptions extends CommonOptions {
  readonly numBins: number
  /** Default int (int64). */
  readonly outputMode?: 'int' | 'oneHot'
}

/** What puts combinations of values into bins before they go to the model. */
export interface Crosses {
  /** Features of one shape, strings or integers → the bins of their combinations, int64 of that shape: what the layer takes. */
  cross(...features: readonly TensorData[]): TensorData<'int64'>
}

/** Combinations of features → bins by a hash: as `hashing`, with `cross(a, b, …)` in front of the model, and Keras's bins. */
export function hashedCrossing<const O extends HashedCrossingOptions>(
  options: O,
): Layer<EncodedBy<'hashedCrossing', O, 'int', O['numBins']>> & Crosses {
  const where = 'hashedCrossing'
  const config = {
    numBins: positiveInt(where, 'numBins', options.numBins),
    outputMode: oneOf(where, 'outputMode', options.outputMode ?? 'int', ['int', 'oneHot']),
  }
  const layer: Layer<EncodedBy<'hashedCrossing', O, 'int', O['numBins']>> = makeLayer({
    type: 'HashedCrossing',
    ...common(where, options),
    config,
    call: ([x]) => (config.outputMode === 'int' ? x : encoded(x, config.outputMode, config.numBins, where)),
  })
  return Object.assign(layer, {
    cross(...features: readonly TensorData[]) {
      const [first, ...rest] = features
      if (!first || rest.length === 0 || !rest.every(({ shape }) => sameShape(shape, first.shape))) {
        throw new ShapeError({
          where,
          expected: 'two or more features of one shape',
          received: features.map(({ shape }) => formatShape(shape)).join(' and '),
        })
      }
      const columns = features.map(valuesOf)
      const binOf = (_: unknown, i: number): number => {
        const prints = columns.map(column => {
          const value = column[i] ?? 0
          return typeof value === 'string' ? fingerprint64(value) : BigInt.asUintN(64, BigInt(value))
        })
        return Number(prints.reduce(joined, hashKey) % BigInt(config.numBins))
      }
      return fromNumbers('int64', first.shape, valuesOf(first).map(binOf))
    },
  })
}

/** TensorFlow's. */
const hashKey = 0xdecafcaffen

/** Numbers are cut to integers, as in Keras. */
const valuesOf = (values: TensorData): readonly (string | number)[] =>
  Array.isArray(values.data) ? values.data : Array.from(toNumbers(values), Math.trunc)
