import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fromNumbers, toNumbers } from '../../src/core/tensor-data.ts'
import { Executable, gradientsOf, printGraph, readModel, specialize, verify } from '../../src/models/onnx.ts'
import { sequential } from '../../src/models/sequential.ts'
import * as layers from '../../src/nn/layers/index.ts'
import { ints } from '../../src/ops/constants.ts'
import { reduceSum } from '../../src/ops/reduce/reduce-sum.ts'
import { slice } from '../../src/ops/shape/slice.ts'
import { load, testEngine } from '../support/run.ts'

test('an exported model, read back, gives the model’s outputs for any batch size, and can be differentiated', async () => {
  const model = sequential(
    [
      layers.input({ shape: [6, 6, 2] }),
      layers.conv2d({ filters: 3, kernelSize: 3, activation: 'relu' }),
      layers.maxPooling2d(),
      layers.batchNormalization(),
      layers.dropout({ rate: 0.5 }),
      layers.flatten(),
      layers.dense({ units: 4, activation: 'softmax' }),
    ],
    { seed: 3 },
  )
  const folder = await mkdtemp(join(tmpdir(), 'tenon-onnx-'))
  try {
    await model.exportOnnx(join(folder, 'model.onnx'))
    const { graph } = await readModel(join(folder, 'model.onnx'))
    verify(graph)
    expect(printGraph(graph)).toContain('Conv')
    const executable = await Executable.create(graph, testEngine)
    for (const batch of [1, 5]) {
      const x = fromNumbers(
        'float32',
        [batch, 6, 6, 2],
        Array.from({ length: batch * 72 }, (_, i) => Math.sin(i)),
      )
      const [fromFile] = await executable.run([x])
      const direct = await model.predict(x)
      expect(fromFile?.shape).toEqual([batch, 4])
      toNumbers(direct).forEach((value, i) => {
        expect(Number(fromFile?.data[i])).toBeCloseTo(value, 6)
      })
    }
    // With an open batch size the gradient has no static shape; that is said, and giving it a size is the remedy.
    const [open] = graph.inputs
    const [openOutput] = graph.outputs
    if (!open || !openOutput) throw new Error('no input or output')
    expect(() => gradientsOf(reduceSum(openOutput, undefined, { keepdims: 0 }), [open])).toThrow(
      expect.objectContaining({ code: 'shape' }),
    )
    const fixed = specialize(graph, { batch: 2 })
    verify(fixed)
    const [input] = fixed.inputs
    const [output] = fixed.outputs
    if (!input || !output) throw new Error('no input or output')
    const first = reduceSum(slice(output, ints([0]), ints([1]), ints([1])), undefined, { keepdims: 0 })
    const run = await load([input], [first, ...gradientsOf(first, [input])])
    const at = Array.from({ length: 144 }, (_, i) => Math.cos(i))
    const valueAt = async (shift: number) => {
      const moved = at.map((value, i) => value + (i === 50 ? shift : 0))
      return run(new Map([[input, fromNumbers('float32', [2, 6, 6, 2], moved)]]))
    }
    const [, gradient] = await valueAt(0)
    const [ahead] = await valueAt(1e-2)
    const [behind] = await valueAt(-1e-2)
    const slope = (Number(ahead?.data[0]) - Number(behind?.data[0])) / 2e-2
    expect(Math.abs(slope)).toBeGreaterThan(1e-4)
    expect(Number(gradient?.data[50])).toBeCloseTo(slope, 3)
  } finally {
    await rm(folder, { recursive: true })
  }
})
