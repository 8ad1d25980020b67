import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatSummary } from '../../src/cli/inspect.ts'
import { summarize } from '../../src/cli/summary.ts'
import { decodeModel } from '../../src/compile/onnx/decode.ts'
import { floatTensor, model, node, value } from '../compile/onnx/build.ts'
import { root } from '../support/source-files.ts'
import { tenonCommand } from '../support/tenon-command.ts'

const cases = join(root, 'test/conformance/onnx/cases')

const dense = model({
  nodes: [
    node('MatMul', ['x', 'w'], ['h']),
    node('Relu', ['h'], ['r']),
    node('TfIdfVectorizer', ['s'], ['t']),
    node('Custom', ['r'], ['y'], {}, 'mine'),
  ],
  inputs: [value('x', ['batch', 4]), value('s', [1], 8)],
  outputs: [value('y', ['batch', 8]), value('t', [1])],
  initializers: [floatTensor('w', [4, 8], new Array(32).fill(0.5))],
  opsets: { mine: 3 },
})

describe('the summary of a model', () => {
  const summary = summarize(decodeModel(dense))
  test('counts parameters, operators and FLOPs per sample', () => {
    expect(summary.parameters).toEqual({ count: 32, bytes: 128, byDType: { float32: { count: 32, bytes: 128 } } })
    expect(summary.opsets).toEqual({ 'ai.onnx': 21, mine: 3 })
    // 2·4·8 for the product, one per output element for Relu; the others have no rule to count by.
    expect(summary.flops).toEqual({ count: 72, unknown: 2 })
    expect(summary.operators.filter(({ inTable }) => !inTable).map(({ type }) => type)).toEqual([
      'TfIdfVectorizer',
      'mine.Custom',
    ])
    expect(summary.inputs).toEqual([
      { name: 'x', type: 'float32[batch, 4]' },
      { name: 's', type: 'string[1]' },
    ])
  })
  test('names what stops gradients, where one would flow', () => {
    expect(summary.gradientStops).toEqual([
      { type: 'mine.Custom', count: 1, reason: 'it is not in the table of operators' },
    ])
  })
  test('reads well', () => {
    const text = formatSummary(summary)
    expect(text).toMatch(/^Parameters {2}32 \(128 B\)$/m)
    expect(text).toMatch(/MatMul × 1$/m)
    expect(text).toMatch(/mine\.Custom × 1 {3}\(outside the table/)
  })
})

describe('tenon inspect', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'inspect-'))
    const whole = readFileSync(join(cases, 'pytorch-operator/test_operator_mm/model.onnx'))
    writeFileSync(join(folder, 'cut.onnx'), whole.subarray(0, 100))
    writeFileSync(join(folder, 'empty.onnx'), '')
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const tenon = tenonCommand()

  test('prints JSON', async () => {
    const { code, stdout } = await tenon(
      'inspect',
      join(cases, 'pytorch-operator/test_operator_mm/model.onnx'),
      '--json',
    )
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ producer: expect.stringMatching(/^pytorch/), nodes: 1 })
  })

  test.each([
    ['missing', 'nothing.onnx', /no such file/],
    ['empty', 'empty.onnx', /an empty file/],
    ['cut off', 'cut.onnx', /cut off or damaged/],
  ])('a file that is %s: one sentence, code 1, no stack', async (_what, name, message) => {
    const { code, stdout, stderr } = await tenon('inspect', join(folder, name))
    expect(code).toBe(1)
    expect(stdout).toBe('')
    const told = stderr.split('\n').filter(line => line.startsWith('tenon: '))
    expect(told).toHaveLength(1)
    expect(told[0]).toMatch(message)
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  describe('a file whose names would write on the terminal', () => {
    const clearing = '\u001b[2J'
    beforeAll(() => {
      const named = model({
        nodes: [node('Relu', [`x${clearing}`], ['y'])],
        inputs: [value(`x${clearing}`, [2])],
        outputs: [value('y', [2])],
      })
      writeFileSync(join(folder, 'names.onnx'), named)
      const layers = [{ class_name: `Dense${clearing}`, config: { name: 'a', batch_input_shape: [null, 2] } }]
      const topology = { class_name: 'Sequential', config: { name: 'm', layers } }
      writeFileSync(join(folder, 'model.json'), JSON.stringify({ modelTopology: topology, weightsManifest: [] }))
    })

    test.each([
      ['a summary', ['names.onnx']],
      ['the graph', ['names.onnx', '--print']],
      ['a drawing for Graphviz', ['names.onnx', '--dot']],
      ['a drawing for Mermaid', ['names.onnx', '--mermaid']],
      ['an error', ['model.json']],
    ])('%s', async (_what, [name = '', ...options]) => {
      const { stdout, stderr } = await tenon('inspect', join(folder, name), ...options)
      expect(stdout + stderr).toContain('?[2J')
      expect(stdout + stderr).not.toContain(clearing)
    })
  })
})
