import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readModel } from '../../../src/compile/onnx/read.ts'
import { writeModel } from '../../../src/compile/onnx/write.ts'
import { FileError, FormatError } from '../../../src/core/errors.ts'
import { fromNumbers, toNumbers } from '../../../src/core/tensor-data.ts'
import { Graph } from '../../../src/graph/graph.ts'
import { Value } from '../../../src/graph/value.ts'
import { add } from '../../../src/ops/math/add.ts'
import { testEngine } from '../../support/run.ts'
import { model, node, type TensorInit, value } from './build.ts'

let folder = ''
let outside = ''
beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), 'onnx-'))
  folder = mkdtempSync(join(outside, 'model-'))
})
afterEach(() => rmSync(outside, { recursive: true, force: true }))

/** y = x + w + 1, with 3,000 weights. */
function weighted(first: number): Graph {
  const x = Value.input({ dtype: 'float32', shape: [3000] }, 'x')
  const w = Value.constant(
    fromNumbers(
      'float32',
      [3000],
      Array.from({ length: 3000 }, (_, i) => first + i),
    ),
    'w',
  )
  const one = Value.constant(fromNumbers('float32', [], [1]), 'one')
  return new Graph({ inputs: [x], outputs: [add(add(x, w), one)], outputNames: ['y'] })
}

describe('weights in a file beside the model', () => {
  test('come back, and the engine finds them too', async () => {
    const path = join(folder, 'm.onnx')
    const [written, data] = await writeModel(path, weighted(5), { externalData: true })
    expect(written).toBe(path)
    expect(readFileSync(path).length).toBeLessThan(1000)
    expect(readFileSync(data ?? '').length).toBe(12000)
    const { graph } = await readModel(path)
    const w = graph.constants.find(({ name }) => name === 'w')?.constant
    expect(w && toNumbers(w)[2999]).toBe(3004)
    const session = await testEngine.load(path)
    const [y] = await session.run([fromNumbers('float32', [3000], new Array(3000).fill(0))])
    expect(y && toNumbers(y)[2999]).toBe(3005)
    await session.release()
  })

  test('are named by their content; those of the model before are removed', async () => {
    const path = join(folder, 'm.onnx')
    await writeModel(path, weighted(1), { externalData: true })
    writeFileSync(join(folder, 'm.onnx.notes.data'), 'mine')
    await writeModel(path, weighted(2), { externalData: true })
    expect(readdirSync(folder).filter(name => /\.[0-9a-f]{16}\.data$/.test(name)).length).toBe(1)
    expect(readdirSync(folder)).toContain('m.onnx.notes.data')
    const w = (await readModel(path)).graph.constants.find(({ name }) => name === 'w')?.constant
    expect(w && toNumbers(w)[0]).toBe(2)
  })

  test('stay in the model by default', async () => {
    expect(await writeModel(join(folder, 'm.onnx'), weighted(1))).toEqual([join(folder, 'm.onnx')])
  })

  test('a model that cannot be written leaves nothing behind', async () => {
    writeFileSync(join(folder, 'file'), '')
    await expect(writeModel(join(folder, 'file', 'm.onnx'), weighted(1))).rejects.toThrow(FileError)
    expect(readdirSync(folder)).toEqual(['file'])
  })

  test('cut off: an error that names the weight', async () => {
    const path = join(folder, 'm.onnx')
    const [, data] = await writeModel(path, weighted(5), { externalData: true })
    truncateSync(data ?? '', 100)
    await expect(readModel(path)).rejects.toThrow(/initializer 'w': expected 12000 bytes from 0 .* a file of 100 bytes/)
  })
})

describe('a hostile reference is refused', () => {
  const write = (references: readonly Record<string, string>[]) => {
    const initializers = references.map((entries, i): TensorInit => {
      const externalData = Object.entries(entries).map(([key, text]) => ({ key, value: text }))
      return { name: `w${i}`, dims: [4n], dataType: 2, dataLocation: 1, externalData }
    })
    const path = join(folder, 'm.onnx')
    writeFileSync(path, model({ nodes: [node('Relu', ['x'], ['y'])], outputs: [value('y', [2, 3])], initializers }))
    return readModel(path)
  }

  test.each([
    ['a parent folder', { location: '../secret' }],
    ['a parent folder, the Windows way', { location: '..\\secret' }],
    ['a parent folder on the way', { location: 'sub/../../secret' }],
    ['an absolute path', { location: '/etc/hostname' }],
    ['a drive', { location: 'C:\\secret' }],
    ['a link out of the folder', { location: 'link' }],
    ['a link to a folder outside', { location: 'up/secret' }],
    ['a folder', { location: '.' }],
    ['a negative offset', { location: 'data', offset: '-1' }],
    ['an offset beyond the file', { location: 'data', offset: '9007199254740991' }],
    ['a length beyond the file', { location: 'data', length: '1000000000000' }],
    ['a length that does not fit the shape', { location: 'data', length: '3' }],
    ['no location', { offset: '0' }],
  ])('%s', async (_name, entries) => {
    writeFileSync(join(outside, 'secret'), '1234')
    writeFileSync(join(folder, 'data'), '12345678')
    symlinkSync(join(outside, 'secret'), join(folder, 'link'))
    symlinkSync(outside, join(folder, 'up'))
    await expect(write([entries])).rejects.toThrow(FormatError)
  })

  test('a file that is not there', async () => {
    await expect(write([{ location: 'nothing' }])).rejects.toThrow(FileError)
  })

  test('many pieces that overlap, but not the same piece twice', async () => {
    writeFileSync(join(folder, 'data'), '12345678')
    await expect(write([0, 1, 2, 3].map(i => ({ location: 'data', offset: String(i), length: '4' })))).rejects.toThrow(
      /do not overlap/,
    )
    const same = await write([0, 0, 0, 4].map(offset => ({ location: 'data', offset: String(offset), length: '4' })))
    expect(same.graph.nodes.length).toBe(1)
  })
})
