import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { layers, sequential } from '../../src/index.ts'
import { caseName, checkLayer, difference, type LayerCase, layerOf, type Numbers } from '../support/layer-golden.ts'

// Written by reference/audio_layers.py.
const golden: {
  readonly layers: readonly LayerCase[]
  readonly initial: readonly {
    readonly config: Readonly<Record<string, unknown>>
    readonly weights: readonly Numbers[]
  }[]
} = JSON.parse(readFileSync(new URL('audio-layers.json', import.meta.url), 'utf8'))
let worst = 0

describe('spectrograms are Keras’s: outputs, gradients, weights; and are made again from their config', () => {
  test.each(golden.layers.map(item => ({ ...item, title: caseName(item) })))('$title', async item => {
    worst = Math.max(worst, await checkLayer(item))
  })
})

test.each(golden.initial)('the kernels of $config begin as Keras’s', ({ config, weights }) => {
  const model = sequential([layers.input({ shape: [64, 1] }), layerOf('STFTSpectrogram', config)])
  const own = model.getWeights()
  expect(own).toHaveLength(weights.length)
  weights.forEach((want, i) => {
    expect(difference(own[i], want, `weight ${i}`)).toBeLessThan(1e-6)
  })
})

afterAll(() => console.info(`largest difference ${worst.toExponential(1)}`))
