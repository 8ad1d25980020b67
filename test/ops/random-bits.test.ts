import { describe, expect, test } from 'vitest'
import { DTypeError, ShapeError } from '../../src/core/errors.ts'
import { fromNumbers, toNumbers } from '../../src/core/tensor-data.ts'
import { Value } from '../../src/graph/value.ts'
import {
  bernoulliMask,
  type RandomOptions,
  randomBits,
  randomNormal,
  randomUniform,
} from '../../src/ops/random/bits.ts'
import { wasm } from '../../src/runtime/ort-web/index.ts'
import { evaluate } from '../support/run.ts'

type Draw = (key: Value, options?: RandomOptions) => Value

/** Runs a draw with a key that the graph takes as an input. */
async function drawn(draw: Draw, key: readonly number[] = [3, 42], options?: RandomOptions): Promise<Float64Array> {
  const input = Value.input({ dtype: 'int64', shape: [2] }, 'key')
  const [result] = await evaluate([draw(input, options)], new Map([[input, fromNumbers('int64', [2], key)]]))
  return toNumbers(result ?? fromNumbers('float32', [0], []))
}

const bits: Draw = (key, options) => randomBits(key, [size], options)
const size = 1 << 16

const mean = (x: ArrayLike<number>) => Array.from(x).reduce((a, b) => a + b, 0) / x.length
function correlation(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const [mx, my] = [mean(x), mean(y)]
  let [xy, xx, yy] = [0, 0, 0]
  for (let i = 0; i < x.length; i++) {
    const [a, b] = [(x[i] ?? 0) - mx, (y[i] ?? 0) - my]
    xy += a * b
    xx += a * a
    yy += b * b
  }
  return xy / Math.sqrt(xx * yy)
}
/** χ² of counts that should be equal, as standard deviations from its mean (normal approximation). */
function chiSquareSigmas(counts: readonly number[]): number {
  const expected = mean(counts)
  const chi = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
  const freedom = counts.length - 1
  return (chi - freedom) / Math.sqrt(2 * freedom)
}
/** Bounds of a test on n numbers: five standard errors, which chance passes but once in two million. */
const fiveSigma = 5 / Math.sqrt(size)

/** The same hash, written again on JavaScript's numbers: what every engine has to give. */
function reference(key: readonly [number, number], rows: number, columns: number, stream = 0): number[] {
  const finish = (x: number) => {
    let y = Math.imul(x, 0x7feb352d)
    y ^= y >>> 15
    y = Math.imul(y, 0x846ca68b)
    return (y ^ (y >>> 16)) >>> 0
  }
  const mix = (x: number) => finish(x ^ (x >>> 16))
  const a = mix((key[0] + Math.imul(stream + 1, 0x9e3779b9)) >>> 0)
  const b = mix((key[1] + a) >>> 0)
  const line = (i: number) => mix((mix((i + a) >>> 0) + b) >>> 0)
  const words: number[] = []
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) words.push(finish((line(r) + line(rows + c)) >>> 0))
  }
  return words
}

describe('random bits', () => {
  test('are the specified hash, bit for bit', async () => {
    expect(Array.from(await drawn(key => randomBits(key, [6, 5]), [7, 2 ** 31 + 5]))).toEqual(
      reference([7, 2 ** 31 + 5], 6, 5),
    )
    expect(Array.from(await drawn(key => randomBits(key, [11], { stream: 3 }), [0, 0]))).toEqual(
      reference([0, 0], 4, 3, 3).slice(0, 11),
    )
  })

  test('are the same in every dtype of key and every run', async () => {
    const again = await drawn(bits)
    expect(again).toEqual(await drawn(bits))
    for (const dtype of ['uint32', 'int32'] as const) {
      const key = Value.constant(fromNumbers(dtype, [2], [3, 42]))
      const [result] = await evaluate([randomBits(key, [size])], new Map())
      expect(result && toNumbers(result)).toEqual(again)
    }
  })

  test('are the same on the WASM engine', async () => {
    const key = Value.input({ dtype: 'int64', shape: [2] }, 'key')
    const feeds = new Map([[key, fromNumbers('int64', [2], [3, 42])]])
    const draws = [randomBits(key, [999]), randomUniform(key, [999]), bernoulliMask(key, [999], 0.3)]
    expect((await evaluate(draws, feeds, wasm({ threads: 1 }))).map(toNumbers)).toEqual(
      (await evaluate(draws, feeds)).map(toNumbers),
    )
  })

  test('have equally frequent bytes, in every place of the word', async () => {
    const words = await drawn(bits)
    for (const shift of [0, 8, 16, 24]) {
      const counts = new Array<number>(256).fill(0)
      for (const word of words) counts[(word >>> shift) & 255] = (counts[(word >>> shift) & 255] ?? 0) + 1
      expect(Math.abs(chiSquareSigmas(counts)), `byte at bit ${shift}`).toBeLessThan(5)
    }
  })

  test('do not repeat: about as many collisions as chance gives', async () => {
    const words = await drawn(bits)
    // n²/2³³ = 0.5 expected collisions
    expect(size - new Set(words).size).toBeLessThan(8)
  })

  test('are uncorrelated along rows, columns and blocks of the grid they come from', async () => {
    const words = await drawn(bits)
    const side = Math.sqrt(size)
    for (const lag of [1, 2, 3, side - 1, side, side + 1, 2 * side, size / 2]) {
      const [x, y] = [words.subarray(0, size - lag), words.subarray(lag)]
      expect(Math.abs(correlation(x, y)), `lag ${lag}`).toBeLessThan(5 / Math.sqrt(size - lag))
    }
    // Row and column hashes make squares of four words, which share their parts: each bit's parity over a square must be fair.
    for (const bit of [0, 7, 15, 16, 23, 31]) {
      let odd = 0
      let squares = 0
      for (let r = 0; r + 1 < side; r += 2) {
        for (let c = 0; c + 1 < side; c += 2) {
          const at = (i: number, j: number) => ((words[(r + i) * side + c + j] ?? 0) >>> bit) & 1
          odd += at(0, 0) ^ at(0, 1) ^ at(1, 0) ^ at(1, 1)
          squares++
        }
      }
      expect(Math.abs(odd / squares - 0.5), `bit ${bit}`).toBeLessThan((5 * 0.5) / Math.sqrt(squares))
    }
  })

  test('differ from key to key and stream to stream, without a trace of the other', async () => {
    const base = await drawn(bits)
    const others = [
      await drawn(bits, [4, 42]),
      await drawn(bits, [3, 43]),
      await drawn(bits, [42, 3]),
      await drawn(bits, [3 + 2 ** 32, 42]),
      await drawn(bits, [3, 42], { stream: 1 }),
    ]
    for (const other of others) {
      expect(Math.abs(correlation(base, other))).toBeLessThan(fiveSigma)
      // Nearby keys flip half of the bits.
      let flipped = 0
      for (let i = 0; i < size; i++) {
        for (let d = ((base[i] ?? 0) ^ (other[i] ?? 0)) >>> 0; d > 0; d = Math.floor(d / 2)) flipped += d & 1
      }
      expect(Math.abs(flipped / (32 * size) - 0.5)).toBeLessThan((5 * 0.5) / Math.sqrt(32 * size))
    }
  })

  test('a key has two integers', () => {
    expect(() => randomBits(Value.input({ dtype: 'float32', shape: [2] }), [4])).toThrow(DTypeError)
    expect(() => randomBits(Value.input({ dtype: 'int64', shape: [3] }), [4])).toThrow(ShapeError)
  })
})

test('randomUniform: mean, variance, range', async () => {
  const u = await drawn((key, options) => randomUniform(key, [size], options))
  expect(Math.abs(mean(u) - 0.5)).toBeLessThan(fiveSigma * Math.sqrt(1 / 12))
  expect(Math.abs(mean(u.map(x => (x - 0.5) ** 2)) - 1 / 12)).toBeLessThan(fiveSigma * 0.075)
  expect(Math.min(...u)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...u)).toBeLessThan(1)
})

test('randomNormal: the first four moments, odd sizes', async () => {
  const z = await drawn((key, options) => randomNormal(key, [size - 1], options))
  expect(z.length).toBe(size - 1)
  for (const [power, moment, variance] of [
    [1, 0, 1],
    [2, 1, 2],
    [3, 0, 15],
    [4, 3, 96],
  ] as const) {
    expect(Math.abs(mean(z.map(x => x ** power)) - moment), `moment ${power}`).toBeLessThan(
      fiveSigma * Math.sqrt(variance),
    )
  }
  expect(Math.abs(correlation(z.subarray(0, size / 2 - 1), z.subarray(size / 2)))).toBeLessThan(2 * fiveSigma)
})

describe('bernoulliMask', () => {
  test('takes the lower halves of the words, then the upper ones', async () => {
    const words = await drawn(key => randomBits(key, [500]))
    const mask = await drawn(key => bernoulliMask(key, [1000], 0.3))
    const threshold = Math.round(0.3 * 2 ** 16)
    const halves = [...Array.from(words, x => x % 2 ** 16), ...Array.from(words, x => Math.floor(x / 2 ** 16))]
    expect(Array.from(mask)).toEqual(halves.map(half => Number(half < threshold)))
  })

  test.each([0.1, 0.5, 0.9, 0.99])('draws ones with probability %f, independently', async p => {
    const mask = await drawn((key, options) => bernoulliMask(key, [size], p, options))
    expect(new Set(mask)).toEqual(new Set([0, 1]))
    const deviation = Math.sqrt(p * (1 - p))
    expect(Math.abs(mean(mask) - p)).toBeLessThan(fiveSigma * deviation + 2 ** -16)
    for (const lag of [1, 181, 256, size / 2]) {
      const r = correlation(mask.subarray(0, size - lag), mask.subarray(lag))
      expect(Math.abs(r), `lag ${lag}`).toBeLessThan(5 / Math.sqrt(size - lag))
    }
  })

  test('is constant at 0 and 1, odd shapes work, others are refused', async () => {
    expect(Array.from(await drawn(key => bernoulliMask(key, [2, 2], 0)))).toEqual([0, 0, 0, 0])
    expect(Array.from(await drawn(key => bernoulliMask(key, [3], 1)))).toEqual([1, 1, 1])
    for (const shape of [[], [1], [3, 7], [2, 0]]) {
      const mask = await drawn(key => bernoulliMask(key, shape, 0.5))
      expect(mask.length).toBe(shape.reduce((n, dim) => n * dim, 1))
    }
    expect(() => bernoulliMask(Value.input({ dtype: 'int64', shape: [2] }), [1], 1.5)).toThrow(/probability/)
  })
})
