import { readFileSync } from 'node:fs'
import { afterAll, describe, test } from 'vitest'
import { caseName, checkLayer, type LayerCase } from '../support/layer-golden.ts'

// Written by reference/layers_a.py.
const { versions: _, ...golden }: { readonly versions: unknown } & Readonly<Record<string, readonly LayerCase[]>> =
  JSON.parse(readFileSync(new URL('layers-a.json', import.meta.url), 'utf8'))

let worst = 0

describe.each(Object.entries(golden))('%s is Keras’s: outputs, gradients, weights, masks, losses', (_, cases) => {
  const shapesOf = ({ inputs }: LayerCase) => inputs.map(({ shape }) => `[${shape.join(', ')}]`).join(' ')
  test.each(cases.map(item => ({ ...item, title: `${caseName(item)} of ${shapesOf(item)}` })))('$title', async item => {
    worst = Math.max(worst, await checkLayer(item))
  })
})

afterAll(() => console.info(`largest difference ${worst.toExponential(1)}`))
