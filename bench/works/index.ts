import { Rng } from '../../src/core/rng.ts'
import type { TensorData } from '../../src/core/tensor-data.ts'
import { model as functional } from '../../src/models/functional.ts'
import { type Sequential, sequential } from '../../src/models/sequential.ts'
import * as layers from '../../src/nn/layers/index.ts'
import { sparseCategoricalCrossentropy } from '../../src/nn/losses.ts'
import type { Engine } from '../../src/runtime/engine.ts'
import { adam } from '../../src/train/optimizers/adam.ts'
import { encoder, encoderSize, mobilenet, resnet20 } from './functional.ts'
import { gpt } from './gpt.ts'
import { resnet } from './resnet.ts'
import { recurrent, rnnShape } from './rnn.ts'

export const workNames = [
  'cnn',
  'mlp',
  'nanogpt',
  'gpt',
  'resnet',
  'lstm',
  'gru',
  'encoder',
  'mobilenet',
  'resnet20',
] as const
export type WorkName = (typeof workNames)[number]

export interface Work {
  readonly model: Sequential
  readonly x: TensorData
  readonly y: TensorData
  /** Tokens per sample for language models, else 1. */
  readonly itemsPerSample: number
}

const inputShapes = { mlp: [784], cnn: [28, 28, 1], resnet: [32, 32, 3], lstm: rnnShape, gru: rnnShape } as const

/** One of the works of bench/README.md, compiled, with one fixed random batch. */
export function makeWork(name: WorkName, batch: number, engine: Engine): Work {
  const rng = new Rng(1)
  const classes = (count: number, shape: readonly number[]): TensorData => ({
    dtype: 'int32',
    shape,
    data: Int32Array.from({ length: size(shape) }, () => rng.below(count)),
  })
  const floats = (shape: readonly number[]): TensorData => ({
    dtype: 'float32',
    shape,
    data: Float32Array.from({ length: size(shape) }, () => rng.normal()),
  })
  const compiled = (model: Sequential): Sequential => {
    model.compile({ optimizer: adam(), loss: sparseCategoricalCrossentropy({ fromLogits: true }), engine })
    return model
  }
  if (name === 'gpt' || name === 'nanogpt') {
    const width = name === 'gpt' ? 384 : 128
    const dims =
      name === 'gpt'
        ? { layers: 6, heads: 6, width, context: 256, vocabulary: 65 }
        : { layers: 4, heads: 4, width, context: 64, vocabulary: 65 }
    const model = sequential([layers.input({ shape: [dims.context], dtype: 'int32' }), gpt(dims)], { seed: 1 })
    const shape = [batch, dims.context]
    return {
      model: compiled(model),
      x: classes(dims.vocabulary, shape),
      y: classes(dims.vocabulary, shape),
      itemsPerSample: dims.context,
    }
  }
  if (name === 'encoder' || name === 'mobilenet' || name === 'resnet20') {
    const tokens = name === 'encoder'
    const shape = tokens ? [encoderSize.steps] : [32, 32, 3]
    const input = layers.input({ shape, dtype: tokens ? 'int32' : 'float32' })
    const body = { encoder, mobilenet, resnet20 }[name](input)
    const model = functional({ inputs: input, outputs: layers.dense({ units: 10 })(body), seed: 1 })
    const x = [batch, ...shape]
    return {
      model: compiled(model),
      x: tokens ? classes(encoderSize.vocabulary, x) : floats(x),
      y: classes(10, [batch]),
      itemsPerSample: 1,
    }
  }
  const shape = inputShapes[name]
  const body =
    name === 'mlp'
      ? [layers.dense({ units: 512, activation: 'relu' }), layers.dense({ units: 512, activation: 'relu' })]
      : name === 'cnn'
        ? [
            layers.conv2d({ filters: 32, kernelSize: 3, activation: 'relu' }),
            layers.maxPooling2d({ poolSize: 2 }),
            layers.flatten(),
            layers.dense({ units: 128, activation: 'relu' }),
          ]
        : name === 'resnet'
          ? [resnet()]
          : [recurrent(name)]
  const model = sequential([layers.input({ shape }), ...body, layers.dense({ units: 10 })], { seed: 1 })
  return { model: compiled(model), x: floats([batch, ...shape]), y: classes(10, [batch]), itemsPerSample: 1 }
}

const size = (shape: readonly number[]): number => shape.reduce((n, dim) => n * dim, 1)
