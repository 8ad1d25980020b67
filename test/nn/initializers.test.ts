import { describe, expect, test } from 'vitest'
import { Rng } from '../../src/core/rng.ts'
import {
  constant,
  glorotUniform,
  identity,
  orthogonal,
  randomNormal,
  randomUniform,
  resolveInitializer,
  stft,
  truncatedNormal,
  varianceScaling,
} from '../../src/nn/initializers.ts'

/** Largest difference of MᵀM (or MMᵀ) from gain² · 1. */
function worstAngle(data: Float32Array, rows: number, columns: number, gain: number): number {
  const wide = rows < columns
  const [vectors, length] = wide ? [rows, columns] : [columns, rows]
  const at = (vector: number, i: number) => data[wide ? vector * columns + i : i * columns + vector] ?? 0
  let worst = 0
  for (let a = 0; a < vectors; a++)
    for (let b = 0; b < vectors; b++) {
      let dot = 0
      for (let i = 0; i < length; i++) dot += at(a, i) * at(b, i)
      worst = Math.max(worst, Math.abs(dot - (a === b ? gain * gain : 0)))
    }
  return worst
}

describe('orthogonal', () => {
  test.each([
    { shape: [40, 20], rows: 40, columns: 20, gain: 1 },
    { shape: [20, 40], rows: 20, columns: 40, gain: 1 },
    { shape: [64, 64], rows: 64, columns: 64, gain: 2.5 },
    { shape: [3, 3, 4, 50], rows: 36, columns: 50, gain: 1 },
    { shape: [5, 1], rows: 5, columns: 1, gain: 1 },
  ])('$shape times $gain', ({ shape, rows, columns, gain }) => {
    const { data } = orthogonal({ gain }).init(shape, new Rng(3))
    expect(data).toHaveLength(rows * columns)
    expect(worstAngle(data, rows, columns, gain)).toBeLessThan(1e-5)
  })

  test('is Q of the QR decomposition whose R has a positive diagonal', () => {
    const [rows, columns] = [6, 4]
    const { data: q } = orthogonal().init([rows, columns], new Rng(9))
    const rng = new Rng(9)
    const a = Float64Array.from({ length: rows * columns }, () => rng.normal())
    for (let i = 0; i < columns; i++)
      for (let j = 0; j < columns; j++) {
        let r = 0
        for (let k = 0; k < rows; k++) r += (q[k * columns + i] ?? 0) * (a[k * columns + j] ?? 0)
        if (i === j) expect(r).toBeGreaterThan(0)
        if (i > j) expect(Math.abs(r)).toBeLessThan(1e-6)
      }
  })

  test('has a sign of its own in every entry, so it is uniform over the orthogonal matrices', () => {
    let sum = 0
    for (let seed = 0; seed < 400; seed++) sum += Math.sign(orthogonal().init([3, 3], new Rng(seed)).data[0] ?? 0)
    expect(Math.abs(sum)).toBeLessThan(100)
  })
})

describe('seeds', () => {
  test('a seed gives the same values whatever the stream; without one the stream decides', () => {
    for (const make of [randomNormal, randomUniform, truncatedNormal, glorotUniform, orthogonal, varianceScaling]) {
      const draw = (seed: number | null, stream: number) => make({ seed }).init([4, 3], new Rng(stream)).data
      expect(draw(7, 1)).toEqual(draw(7, 2))
      expect(draw(7, 1)).not.toEqual(draw(8, 1))
      expect(draw(null, 1)).toEqual(draw(null, 1))
      expect(draw(null, 1)).not.toEqual(draw(null, 2))
    }
  })
})

describe('serialised forms', () => {
  test('class names are found in any spelling, and by Keras’s other names', () => {
    for (const type of ['GlorotUniform', 'glorot_uniform', 'glorotUniform'])
      expect(resolveInitializer({ type, config: {} }, 'test').name).toBe('glorotUniform')
    for (const [type, name] of [
      ['IdentityInitializer', 'identity'],
      ['OrthogonalInitializer', 'orthogonal'],
      ['STFT', 'stft'],
      ['normal', 'randomNormal'],
      ['zero', 'zeros'],
    ] as const)
      expect(resolveInitializer({ type, config: {} }, 'test').name).toBe(name)
  })

  test('unknown ones are refused with the place and the names', () => {
    expect(() => resolveInitializer({ type: 'Magic', config: {} }, "layer 'a'")).toThrow(
      /layer 'a': expected an initializer among zeros, .*, received 'Magic'/,
    )
    // A name that TypeScript would refuse.
    expect(() => resolveInitializer('magic' as 'zeros', "layer 'a'")).toThrow(/received 'magic'/)
  })
})

describe('bad options', () => {
  test.each([
    ['constant', () => constant(Number.NaN), /'value' to be a finite number/],
    ['identity', () => identity({ gain: Number.POSITIVE_INFINITY }), /'gain'/],
    ['randomUniform', () => randomUniform({ minval: 1, maxval: 0 }), /'minval' no larger than 'maxval'/],
    ['randomNormal', () => randomNormal({ stddev: -1 }), /'stddev' to be a finite number, 0 or above, received -1/],
    ['seed', () => randomNormal({ seed: 1.5 }), /'seed' to be an integer or null/],
    ['scale', () => varianceScaling({ scale: 0 }), /'scale' to be a finite number above 0/],
    ['mode', () => varianceScaling({ mode: 'fan' as 'fanIn' }), /'fanIn', 'fanOut', 'fanAvg', received 'fan'/],
    ['distribution', () => varianceScaling({ distribution: 'x' as 'normal' }), /'distribution' to be one of/],
    ['axes', () => glorotUniform({ inputAxes: [0.5] }), /'inputAxes' to be a list of axes/],
    ['window', () => stft({ window: 'x' as 'hann' }), /'window' to be its values, null, or one of boxcar/],
    ['identity of a vector', () => identity().init([3], new Rng(1)), /a matrix, received shape \[3\]/],
    ['orthogonal of a vector', () => orthogonal().init([3], new Rng(1)), /two or more axes/],
    ['frame', () => stft({ window: [1, 2] }).init([3, 1, 2], new Rng(1)), /a window of 3 values/],
    ['fan axis', () => glorotUniform({ inputAxes: [4], outputAxes: [0] }).init([2, 2], new Rng(1)), /an axis from -2/],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(message)
  })
})
