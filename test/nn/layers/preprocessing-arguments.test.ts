import { describe, expect, test } from 'vitest'
import { fromNumbers } from '../../../src/core/tensor-data.ts'
import { layers, sequential } from '../../../src/index.ts'

describe('what is wrong with layers that prepare data is said when they are made, or adapted', () => {
  const cases: readonly [string, () => unknown, RegExp][] = [
    ['an unknown token within the vocabulary', () => layers.stringLookup({ vocabulary: ['a', '[UNK]'] }), /"\[UNK\]"/],
    ['a mask within it', () => layers.stringLookup({ vocabulary: ['a', ''], maskToken: '' }), /"" among the others/],
    ['an unknown integer within it', () => layers.integerLookup({ vocabulary: [1, -1] }), /-1 among the others/],
    ['fractions', () => layers.integerLookup({ vocabulary: [1.5] }), /a list of integers, received \[1.5\]/],
    ['numbers for words', () => layers.stringLookup({ vocabulary: [1, 2] as never }), /a list of strings/],
    ['a word for words', () => layers.stringLookup({ vocabulary: 'abc' as never }), /a list of strings/],
    ['no words to learn', () => layers.stringLookup().adapt(['', '[UNK]'].slice(1)), /data with tokens to adapt to/],
    ['no texts to learn', () => layers.textVectorization().adapt([]), /data with tokens to adapt to/],
    ['no numbers', () => layers.discretization({ numBins: 3 }).adapt([]), /numbers to adapt to, received none/],
    ['NaN', () => layers.discretization({ numBins: 3 }).adapt([1, Number.NaN]), /some that are NaN/],
    ['no samples', () => layers.normalization().adapt(fromNumbers('float32', [0, 2], [])), /samples to adapt to/],
    ['a negative variance', () => layers.normalization({ mean: 0, variance: [1, -1] }), /'variance'/],
    ['a mean of NaN', () => layers.normalization({ mean: Number.NaN, variance: 1 }), /'mean'/],
    ['half an axis', () => layers.normalization({ axis: 1.5 }), /'axis' to be of integers/],
  ]
  test.each(cases)('%s', (_, make, message) => {
    expect(make).toThrow(expect.objectContaining({ code: 'argument' }))
    expect(make).toThrow(message)
  })

  test('special tokens in front of a vocabulary are its own', () => {
    const lookup = layers.stringLookup({ vocabulary: ['', '[UNK]', 'a'], maskToken: '' })
    expect(lookup.getVocabulary()).toEqual(['', '[UNK]', 'a'])
  })
})

test('integers fall into bins whose boundaries are between them', async () => {
  const bins = layers.discretization({ binBoundaries: [-0.5, 2.5] })
  const net = sequential([layers.input({ shape: [4], dtype: 'int32' }), bins])
  const { data } = await net.predict(fromNumbers('int32', [1, 4], [-1, 0, 2, 3]))
  expect(Array.from(data, Number)).toEqual([0, 1, 1, 2])
})

test('more texts than a function takes arguments are tokenised', () => {
  const texts = new Array<string>(200_000).fill('a b').with(7, 'a b c')
  expect(layers.textVectorization().tokenize(texts).shape).toEqual([200_000, 3])
})
