import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readModel } from '../../../src/compile/onnx/read.ts'
import type { TensorData } from '../../../src/core/tensor-data.ts'
import { verify } from '../../../src/graph/verify.ts'
import { decodeSafetensors } from '../../../src/io/safetensors.ts'
import { sequential } from '../../../src/models/sequential.ts'
import * as layers from '../../../src/nn/layers/index.ts'
import { Executable } from '../../../src/runtime/executable.ts'
import { adam } from '../../../src/train/optimizers/adam.ts'
import { testEngine } from '../../support/run.ts'

test('a training step written to a file trains as the model does, fed with its own state', async () => {
  const model = sequential(
    [
      layers.input({ shape: [3] }),
      layers.dense({ units: 5, activation: 'tanh' }),
      layers.batchNormalization(),
      layers.dense({ units: 2 }),
    ],
    { seed: 4 },
  )
  model.compile({ optimizer: adam({ learningRate: 0.05 }), loss: 'meanSquaredError' })
  const x = {
    dtype: 'float32',
    shape: [4, 3],
    data: Float32Array.from({ length: 12 }, (_, i) => Math.sin(i)),
  } as const
  const y = { dtype: 'float32', shape: [4, 2], data: Float32Array.from({ length: 8 }, (_, i) => Math.cos(i)) } as const
  const folder = mkdtempSync(join(tmpdir(), 'tenon-training-'))
  try {
    const path = join(folder, 'step.onnx')
    await model.exportTrainingOnnx(path, x, y)
    const { graph } = await readModel(path)
    verify(graph)
    const { tensors } = decodeSafetensors(readFileSync(`${path}.state.safetensors`), 'state')
    const state = new Map<string, TensorData>([...tensors].map(([name, tensor]) => [`state/${name}`, tensor]))
    const executable = await Executable.create(graph, testEngine)
    const batch = [x, y]
    for (let step = 0; step < 5; step++) {
      const results = await executable.run(
        graph.inputs.map(({ name }, i) => {
          const tensor = state.get(name ?? '') ?? batch[i]
          if (!tensor) throw new Error(`no value for ${name}`)
          return tensor
        }),
      )
      const { loss } = await model.trainOnBatch(x, y)
      expect(Number(results[0]?.data[0])).toBeCloseTo(loss, 5)
      for (const [i, name] of graph.outputNames.entries()) {
        const result = results[i]
        if (name?.startsWith('next/') && result) state.set(name.replace('next/', 'state/'), result)
      }
    }
    const trained = state.get('state/weights:small')?.data ?? []
    expect(trained).toHaveLength(3 * 5 + 5 + 5 + 5 + 5 * 2 + 2)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
