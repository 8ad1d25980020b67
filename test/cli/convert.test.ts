import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeModel } from '../../src/compile/onnx/decode.ts'
import { decodeSafetensors } from '../../src/io/safetensors.ts'
import { loadModel } from '../../src/models/load.ts'
import { root } from '../support/source-files.ts'
import { tenonCommand } from '../support/tenon-command.ts'

const golden = join(root, 'test/golden/formats')
let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'convert-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string) => join(folder, name)

const tenon = tenonCommand()
const told = (stderr: string) => stderr.split('\n').filter(line => line.startsWith('tenon: '))

describe('tenon convert', () => {
  test('from Keras to ONNX in the opset asked for, and its weights to safetensors', async () => {
    const { code } = await tenon('convert', join(golden, 'shared.keras'), at('shared.onnx'), '--opset', '18')
    expect(code).toBe(0)
    const { graph, opsets } = decodeModel(readFileSync(at('shared.onnx')))
    expect(opsets.get('')).toBe(18)
    expect(graph.inputs.map(({ name }) => name)).toEqual(['a', 'b'])
    expect(graph.outputNames).toEqual(['score', 'code'])
    expect((await tenon('convert', at('shared.onnx'), at('shared.safetensors'))).code).toBe(0)
    const { tensors } = decodeSafetensors(readFileSync(at('shared.safetensors')), 'shared')
    expect(tensors.get('tower/kernel')?.shape).toEqual([4, 3])
  })

  test('from TensorFlow.js to Keras, and on to .h5 with other weights', async () => {
    expect((await tenon('convert', join(golden, 'tfjs/image.json'), at('image.keras'))).code).toBe(0)
    const model = await loadModel(at('image.keras'))
    model.setWeights(model.getWeights().map(weight => ({ ...weight, data: weight.data.fill(0.25) })))
    await model.saveWeights(at('quarter.weights.h5'))
    const { code } = await tenon('convert', at('image.keras'), at('image.h5'), '--weights', at('quarter.weights.h5'))
    expect(code).toBe(0)
    expect((await loadModel(at('image.h5'))).getWeights()).toEqual(model.getWeights())
  })

  test.each([
    [
      'layers of a graph',
      () => [join(golden, '../../conformance/onnx/cases/pytorch-operator/test_operator_mm/model.onnx'), at('no.keras')],
      /a graph and not layers/,
    ],
    ['Python code', () => [join(golden, 'lambda.keras'), at('no.onnx')], /Python code/],
    ['an unknown end', () => [join(golden, 'cnn.keras'), at('no.pt')], /'\.keras', '\.h5' or '\.onnx'/],
    ['a missing file', () => [at('nothing.keras'), at('no.onnx')], /no such file/],
    ['an opset without ONNX', () => [join(golden, 'cnn.keras'), at('no.h5'), '--opset', '20'], /--opset/],
  ])('%s: one sentence, code 1, nothing written', async (_what, args, message) => {
    const { code, stdout, stderr } = await tenon('convert', ...args())
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(told(stderr)).toHaveLength(1)
    expect(told(stderr)[0]).toMatch(message)
    expect(stderr).not.toMatch(/^\s+at /m)
    expect(existsSync(args()[1] ?? '')).toBe(false)
  })
})

describe('tenon inspect', () => {
  test('a .keras file: its layers and weights', async () => {
    const { code, stdout } = await tenon('inspect', join(golden, 'cnn.keras'))
    expect(code).toBe(0)
    expect(stdout).toMatch(/Sequential model/)
    expect(stdout).toMatch(/Conv2D/)
    expect(stdout).toMatch(/conv2d\/kernel : float32\[3, 3, 2, 3\]/)
  })

  test('an .h5 file: its tree, as JSON', async () => {
    const { code, stdout } = await tenon('inspect', join(golden, 'cnn.weights.h5'), '--json')
    expect(code).toBe(0)
    const { kind, arrays } = JSON.parse(stdout)
    expect(kind).toBe('HDF5')
    expect(arrays).toContainEqual({ name: 'layers/conv2d/vars/0', dtype: 'float32', shape: [3, 3, 2, 3] })
  })

  test('groups in circles end', async () => {
    expect((await tenon('inspect', join(golden, 'hdf5-circle.h5'))).stdout).toMatch(/Arrays\s+0/)
  })

  test('pictures are of graphs', async () => {
    const { code, stderr } = await tenon('inspect', join(golden, 'cnn.keras'), '--dot')
    expect(code).toBe(1)
    expect(told(stderr)[0]).toMatch(/tenon convert/)
  })
})
