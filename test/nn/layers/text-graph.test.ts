import { describe, expect, test } from 'vitest'
import { Rng } from '../../../src/core/rng.ts'
import { toNumbers } from '../../../src/core/tensor-data.ts'
import { model } from '../../../src/models/functional.ts'
import * as layers from '../../../src/nn/layers/index.ts'
import { Executable } from '../../../src/runtime/executable.ts'
import { createEngine } from '../../../src/runtime/index.ts'

/** Every letter that has a lower case, with one of ASCII behind it: C libraries differ in which they know. */
const letters = Array.from({ length: 0x1f000 }, (_, code) => code)
  .filter(code => code < 0xd800 || code >= 0xe000)
  .map(code => String.fromCodePoint(code))
  .filter(letter => letter.toLowerCase() !== letter)
  .map(letter => `${letter}Q`)

const rng = new Rng(7)
const odd = [...' \t\n\r\v\f!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\'', '\u00a0', '\u2028', '\u001c', '\u0085', '\ufeff']
// Without U+0000: the engine's binding to JavaScript ends strings there.
function character(): string {
  const kind = rng.below(12)
  if (kind < 3) return odd[rng.below(odd.length)] ?? ' '
  if (kind < 8) return String.fromCodePoint(65 + rng.below(58))
  if (kind < 10) return String.fromCodePoint(0xa0 + rng.below(0x500))
  return String.fromCodePoint(0x1f000 + rng.below(0xf0000))
}
const random = Array.from({ length: 600 }, () => Array.from({ length: rng.below(25) }, character).join(''))

describe.each(['cpu', 'wasm'] as const)('tokens made in the graph are those made in JavaScript, on %s', async name => {
  const engine = await createEngine(name, { threads: 1 })
  test.each([
    { texts: letters, ngrams: null },
    { texts: random, ngrams: 2 },
    { texts: random, ngrams: [3], split: 'character' as const },
    { texts: ['', ' \t', '!?'], ngrams: null, outputSequenceLength: 3 },
  ])('case %#', async ({ texts, ...options }) => {
    const words = layers.textVectorization(options).adapt([...texts, 'one'])
    const text = layers.input({ shape: [1], dtype: 'string' })
    const net = model({ inputs: text, outputs: words(text), seed: 1 })
    const executable = await Executable.create(net.toGraph(), engine)
    const [made] = await executable.run([{ dtype: 'string', shape: [texts.length, 1], data: [...texts] }])
    await executable.release()
    if (!made) throw new Error('no output')
    const wanted = await net.predict(texts)
    expect(made.shape).toEqual(wanted.shape)
    expect(toNumbers(made)).toEqual(toNumbers(wanted))
  })
})
