import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { TenonError } from '../../../src/core/errors.ts'
import { isTensorData } from '../../../src/core/nested.ts'
import { fromNumbers } from '../../../src/core/tensor-data.ts'
import { readTfjs } from '../../../src/models/formats/tfjs.ts'
import { root } from '../../support/source-files.ts'
import { damaged } from './damage.ts'

interface Case {
  name: string
  tolerance: number
  input: { dtype: 'float32' | 'int32'; shape: number[]; data: number[] }
  outputs: { shape: number[]; data: number[] }[]
}
const folder = join(root, 'test/golden/formats/tfjs')
const { cases }: { cases: Case[] } = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8'))
const text = (name: string) => readFileSync(join(folder, `${name}.json`), 'utf8')
const readShard = async (path: string) => readFileSync(join(folder, path))

test.each(cases)('$name: the outputs of TensorFlow.js', async ({ name, tolerance, input, outputs }) => {
  const model = await readTfjs(text(name), { where: name, readShard })
  const result = await model.predict(fromNumbers(input.dtype, input.shape, input.data))
  const list = isTensorData(result) ? [result] : Object.values(result)
  for (const [i, { shape, data }] of outputs.entries()) {
    expect(list[i]?.shape).toEqual(shape)
    for (const [k, value] of data.entries()) expect(Math.abs(Number(list[i]?.data[k]) - value)).toBeLessThan(tolerance)
  }
})

describe('hostile files', () => {
  const whole = text('image')

  test.each(['../image-1of2.bin', '/etc/passwd', 'https://example.org/a.bin', 'a\\b', 'a/./b'])(
    'the file name %j is refused and not fetched',
    async path => {
      const fetched: string[] = []
      const reading = readTfjs(whole.replace('image-1of2.bin', path.replaceAll('\\', '\\\\')), {
        where: 'model.json',
        readShard: async name => {
          fetched.push(name)
          return new Uint8Array()
        },
      })
      await expect(reading).rejects.toMatchObject({ code: 'format' })
      expect(fetched).toEqual([])
    },
  )

  test('a graph model is told apart', async () => {
    const graph = JSON.stringify({ format: 'graph-model', modelTopology: {}, weightsManifest: [] })
    await expect(readTfjs(graph, { where: 'model.json', readShard })).rejects.toMatchObject({ code: 'unsupported' })
  })

  test.each([
    ['too short', (bytes: Uint8Array) => bytes.subarray(0, 10)],
    ['too long', (bytes: Uint8Array) => new Uint8Array(bytes.length + 4)],
  ])('weights that are %s', async (_what, change) => {
    const reading = readTfjs(whole, { where: 'model.json', readShard: async path => change(await readShard(path)) })
    await expect(reading).rejects.toMatchObject({ code: 'format' })
  })

  test('JSON that nests without end', async () => {
    const reading = readTfjs('['.repeat(1_000_000), { where: 'model.json', readShard })
    await expect(reading).rejects.toMatchObject({ code: 'format' })
  })

  test('cut off or with wrong bytes: a model, or a typed error', async () => {
    let refused = 0
    for (const bytes of damaged(new TextEncoder().encode(whole), 60)) {
      try {
        await readTfjs(new TextDecoder().decode(bytes), { where: 'model.json', readShard })
      } catch (error) {
        if (!(error instanceof TenonError) && !(error instanceof Error && 'code' in error && error.code === 'ENOENT'))
          throw error
        refused++
      }
    }
    expect(refused).toBeGreaterThan(60)
  })
})
