import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.ts'
import { sizeOf } from '../../core/shape.ts'
import { formatType, type Value } from '../../graph/value.ts'
import { constant, ints, scalar, scalarLike } from '../constants.ts'
import { bitShift } from '../logic/bit-shift.ts'
import { bitwiseXor } from '../logic/bitwise-xor.ts'
import { less } from '../logic/less.ts'
import { add } from '../math/add.ts'
import { cast } from '../math/cast.ts'
import { cos } from '../math/cos.ts'
import { div } from '../math/div.ts'
import { log } from '../math/log.ts'
import { mul } from '../math/mul.ts'
import { sin } from '../math/sin.ts'
import { sqrt } from '../math/sqrt.ts'
import { concat } from '../shape/concat.ts'
import { expand } from '../shape/expand.ts'
import { reshape, reshapeTo } from '../shape/reshape.ts'
import { slice } from '../shape/slice.ts'

/**
 * Reproducible random numbers made of ordinary integer operators. ONNX's own random operators draw from a generator hidden in the
 * session, which differs from engine to engine and cannot be resumed. Here every number is a hash of (key, stream, position), as in
 * Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", 2011: the same key gives the same bits on every engine, in every
 * process, and a new key (a step counter in it) gives new ones.
 *
 * A key is a tensor of two integers (uint32, int32 or int64), e.g. [step, seed]. `stream` tells several draws from one key apart.
 * Not for cryptography.
 */

export interface RandomOptions {
  /** Different streams of one key are independent. Default 0. */
  readonly stream?: number
}

/** 32 random bits for each of `shape`'s elements (uint32). */
export function randomBits(key: Value, shape: readonly number[], options: RandomOptions = {}): Value {
  return shaped(words(key, sizeOf(shape), options.stream ?? 0), shape)
}

/** Uniform in [0, 1), float32: multiples of 2⁻²⁴, the same bits on every engine. */
export function randomUniform(key: Value, shape: readonly number[], options: RandomOptions = {}): Value {
  return shaped(uniform(words(key, sizeOf(shape), options.stream ?? 0)), shape)
}

/** Standard normal, float32, by Box and Muller (1958). Its bits are those of the engine's logarithm, sine and cosine. */
export function randomNormal(key: Value, shape: readonly number[], options: RandomOptions = {}): Value {
  const size = sizeOf(shape)
  const pairs = Math.ceil(size / 2)
  const u = uniform(words(key, 2 * pairs, options.stream ?? 0))
  // From (0, 1): half a step up, so that the logarithm stays finite.
  const first = add(firstOf(u, pairs), scalar(2 ** -25))
  const radius = sqrt(mul(log(first), scalar(-2)))
  const angle = mul(part(u, pairs, 2 * pairs), scalar(2 * Math.PI))
  const both = concat([mul(radius, cos(angle)), mul(radius, sin(angle))], { axis: 0 })
  return shaped(firstOf(both, size, 2 * pairs), shape)
}

/**
 * 1 with the given probability, else 0, as float32: a mask for dropout, with `probability` = 1 − rate. Two elements share a hashed
 * word, so the probability is rounded to a multiple of 2⁻¹⁶. The same bits on every engine.
 */
export function bernoulliMask(
  key: Value,
  shape: readonly number[],
  probability: number,
  options: RandomOptions = {},
): Value {
  if (!(probability >= 0 && probability <= 1)) {
    throw new ArgumentError({
      where: 'bernoulliMask',
      expected: 'a probability from 0 to 1',
      received: String(probability),
    })
  }
  const threshold = Math.round(probability * 0x10000)
  if (threshold === 0 || threshold === 0x10000) return expand(scalar(threshold && 1), ints(shape))
  const size = sizeOf(shape)
  const count = Math.ceil(size / 2)
  const bits = rawWords(key, count, options.stream ?? 0)
  // The last step of the hash, x ^ (x >> 16), on halves: it leaves the upper one alone.
  const high = cast(shifted(bits, 16), { to: 'uint16' })
  const low = bitwiseXor(cast(bits, { to: 'uint16' }), high)
  const halves = firstOf(concat([low, high], { axis: 0 }), size, 2 * count)
  const chosen = less(halves, scalar(threshold, 'uint16'))
  return shaped(cast(chosen, { to: 'float32' }), shape)
}

/** `count` hashed words (uint32). */
const words = (key: Value, count: number, stream: number): Value => fold(rawWords(key, count, stream), 16)

/**
 * Hashed words but for the last step. The positions form a grid; rows and columns, of which there are few, are hashed well with
 * the key, and every word mixes its row's hash with its column's. So the key costs nothing per word, and different keys never give
 * shifted copies of one sequence.
 */
function rawWords(key: Value, count: number, stream: number): Value {
  const [a, b] = keyWords(key, stream)
  const [rows, columns] = grid(count)
  const lines = mix(add(mix(add(positions(rows + columns), a)), b))
  const row = reshapeTo(part(lines, 0, rows), [rows, 1])
  const column = part(lines, rows, rows + columns)
  const mixed = mul(fold(mul(add(row, column), word(0x7feb352d)), 15), word(0x846ca68b))
  return firstOf(reshapeTo(mixed, [rows * columns]), count, rows * columns)
}

/** Rows and columns of the smallest near-square grid of at least `count` places; exactly `count` where that divides well. */
function grid(count: number): [number, number] {
  const side = Math.max(1, Math.ceil(Math.sqrt(count)))
  for (let rows = side; rows > side / 4; rows--) if (count % rows === 0) return [rows, Math.max(1, count / rows)]
  return [side, Math.max(1, Math.ceil(count / side))]
}

const positions = (count: number): Value =>
  constant(
    Array.from({ length: count }, (_, i) => i),
    [count],
    'uint32',
  )

/** The key as two words that determine it (for 64-bit keys, with their upper halves mixed in), different for every stream. */
function keyWords(key: Value, stream: number): [Value, Value] {
  if (!['uint32', 'int32', 'int64'].includes(key.dtype)) {
    throw new DTypeError({ where: 'random key', expected: 'uint32, int32 or int64', received: formatType(key.type) })
  }
  if (key.shape.length !== 1 || key.shape[0] !== 2) {
    throw new ShapeError({
      where: 'random key',
      expected: 'a key of two integers, shape [2]',
      received: formatType(key.type),
    })
  }
  const lower = cast(key, { to: 'uint32' })
  const upper = key.dtype === 'int64' ? cast(div(key, scalarLike(2 ** 32, key)), { to: 'uint32' }) : undefined
  const both = upper ? add(lower, mul(upper, word(0x85ebca6b))) : lower
  const a = mix(add(part(both, 0, 1), word(Math.imul(stream + 1, 0x9e3779b9) >>> 0)))
  return [a, mix(add(part(both, 1, 2), a))]
}

/** Under a shape that may have axes of size 0. */
const shaped = (x: Value, shape: readonly number[]): Value => reshape(x, ints(shape), { allowzero: 1 })

const word = (value: number): Value => scalar(value, 'uint32')
const shifted = (x: Value, places: number): Value => bitShift(x, word(places), { direction: 'RIGHT' })
const fold = (x: Value, places: number): Value => bitwiseXor(x, shifted(x, places))

/** Chris Wellons's lowbias32 ("Prospecting for Hash Functions", 2018): a bijection of 32 bits with nearly no bias. */
const mix = (x: Value): Value => fold(mul(fold(mul(fold(x, 16), word(0x7feb352d)), 15), word(0x846ca68b)), 16)

const uniform = (bits: Value): Value => mul(cast(shifted(bits, 8), { to: 'float32' }), scalar(2 ** -24))

const part = (x: Value, from: number, to: number): Value => slice(x, ints([from]), ints([to]))
const firstOf = (x: Value, count: number, of = Number.POSITIVE_INFINITY): Value =>
  count === of ? x : part(x, 0, count)
