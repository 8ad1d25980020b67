import { describe, expect, test } from 'vitest'
import { Rng } from '../../../src/core/rng.ts'
import { fromNumbers, type TensorData, toNumbers } from '../../../src/core/tensor-data.ts'
import { nodesBetween } from '../../../src/graph/graph.ts'
import { layers, model, sequential } from '../../../src/index.ts'
import type { AnyLayer, Symbolic } from '../../../src/nn/layer.ts'
import { layerTypes } from '../../../src/nn/layers/registry.ts'
import { applyLayer } from '../../../src/nn/make-layer.ts'
import { tanh } from '../../../src/ops/math/tanh.ts'
import { worstError } from '../../support/run.ts'

const random = (...shape: number[]): TensorData<'float32'> => {
  const rng = new Rng(3)
  return fromNumbers(
    'float32',
    shape,
    Array.from({ length: shape.reduce((n, dim) => n * dim, 1) }, () => rng.normal()),
  )
}

/** Axes in another order. */
function permuted({ shape, data }: TensorData, perm: readonly number[]): TensorData<'float32'> {
  const result = perm.map(axis => shape[axis] ?? 1)
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((n, dim) => n * dim, 1))
  const values = Array.from({ length: data.length }, (_, i) => {
    let [rest, at] = [i, 0]
    for (let k = perm.length - 1; k >= 0; k--) {
      const size = result[k] ?? 1
      at += (rest % size) * (strides[perm[k] ?? 0] ?? 0)
      rest = Math.floor(rest / size)
    }
    return Number(data[at])
  })
  return fromNumbers('float32', result, values)
}

describe("'channelsFirst' is 'channelsLast' with its axes in another order", () => {
  const window = { filters: 2, kernelSize: 2 }
  const options: Readonly<Record<string, object>> = {
    Conv1D: { ...window, padding: 'causal' },
    Conv2D: window,
    Conv3D: { ...window, padding: 'same', activation: 'relu' },
    Conv1DTranspose: { ...window, strides: 2 },
    Conv2DTranspose: { ...window, strides: 2, padding: 'same' },
    Conv3DTranspose: window,
    DepthwiseConv1D: { kernelSize: 2 },
    DepthwiseConv2D: { kernelSize: 2, strides: 2, padding: 'same' },
    SeparableConv1D: window,
    SeparableConv2D: window,
    ...Object.fromEntries(
      [1, 2, 3].flatMap(n => [
        ...['Max', 'Average'].flatMap(kind => [
          [`${kind}Pooling${n}D`, { padding: 'same' }],
          [`Global${kind}Pooling${n}D`, { keepdims: true }],
          [`Adaptive${kind}Pooling${n}D`, { outputSize: 3 }],
        ]),
        [`ZeroPadding${n}D`, { padding: 2 }],
        ...(n === 1
          ? []
          : [
              [`Cropping${n}D`, { cropping: 1 }],
              [`UpSampling${n}D`, { size: 2 }],
            ]),
      ]),
    ),
    UpSampling2D: { size: 2, interpolation: 'bicubic' },
  }
  test.each(Object.entries(options))('%s', async (type, config) => {
    const make = layerTypes[type]
    if (!make) throw new Error(type)
    const rank = Number(/(\d)D/.exec(type)?.[1])
    const sizes = [5, 4, 3].slice(0, rank)
    const first = [0, rank + 1, ...sizes.map((_, i) => i + 1)]
    const last = [0, ...sizes.map((_, i) => i + 2), 1]
    const run = (shape: readonly number[], layer: AnyLayer) => sequential([layers.input({ shape }), layer], { seed: 1 })
    const x = random(2, ...sizes, 3)
    const expected = await run([...sizes, 3], make(config as never)).predict(x)
    const other = run([3, ...sizes], make({ ...config, dataFormat: 'channelsFirst' } as never))
    const got = permuted(await other.predict(permuted(x, first)), last)
    expect(got.shape).toEqual(expected.shape)
    expect(worstError(got, expected)).toBeLessThan(1e-5)
  })
})

test('a dilated transposed convolution is one whose kernel has zeros in between', async () => {
  const x = random(2, 5, 2)
  for (const padding of ['valid', 'same'] as const) {
    const dilated = sequential(
      [
        layers.input({ shape: [5, 2] }),
        layers.conv1dTranspose({ filters: 3, kernelSize: 3, dilationRate: 2, padding }),
      ],
      { seed: 1 },
    )
    const [kernel, bias] = dilated.getWeights()
    const spread = new Float32Array(5 * 6)
    for (let k = 0; k < 3; k++) spread.set(kernel?.data.subarray(k * 6, k * 6 + 6) ?? [], k * 12)
    const wide = sequential([
      layers.input({ shape: [5, 2] }),
      layers.conv1dTranspose({ filters: 3, kernelSize: 5, padding }),
    ])
    wide.setWeights([{ dtype: 'float32', shape: [5, 3, 2], data: spread }, bias ?? []])
    const [got, want] = [await dilated.predict(x), await wide.predict(x)]
    expect(got.shape).toEqual(want.shape)
    expect(worstError(got, want)).toBeLessThan(1e-5)
  }
})

test('the maximum of a whole axis sends its gradient to one element, as the global one does', async () => {
  const x = random(2, 6, 5, 3)
  const run = (layer: AnyLayer) => sequential([layers.input({ shape: [6, 5, 3] }), layer]).predict(x)
  const [adaptive, global] = [
    await run(layers.adaptiveMaxPooling2d({ outputSize: 1 })),
    await run(layers.globalMaxPooling2d({ keepdims: true })),
  ]
  expect(adaptive).toEqual(global)
})

test('a residual network is computed channels first throughout: two transposes, at its ends', () => {
  const x: Symbolic = layers.input({ shape: [16, 16, 4] })
  const conv = () => layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same' })
  const block = (input: Symbolic) => {
    const a = layers.activation({ activation: 'relu' })(layers.batchNormalization()(conv()(input)))
    const b = layers.zeroPadding2d()(layers.cropping2d({ cropping: 1 })(conv()(a)))
    return layers.relu()(layers.add()([b, a]))
  }
  const up = layers.upSampling2d()(layers.maxPooling2d()(block(x)))
  const joined = layers.concatenate()([conv()(up), conv()(up)])
  const pooled = layers.globalAveragePooling2d()(joined)
  const net = model({ inputs: x, outputs: pooled, seed: 1 })
  const graph = net.toGraph()
  const transposes = nodesBetween(graph.inputs, graph.outputs).filter(({ type, inputs }) => {
    // Those of kernels are folded away when the graph is loaded.
    return type === 'Transpose' && !inputs[0]?.constant
  })
  expect(transposes).toHaveLength(1)
})

describe('masks', () => {
  test('go from an embedding to the mean over steps', async () => {
    const ids = layers.input({ shape: [4], dtype: 'int32' })
    const vectors = layers.embedding({ inputDim: 5, outputDim: 2, maskZero: true })(ids)
    const mean = layers.globalAveragePooling1d()(layers.dense({ units: 2, kernelInitializer: 'identity' })(vectors))
    const net = model({ inputs: ids, outputs: mean, seed: 1 })
    const table = net.getWeights()[0]?.data ?? []
    const result = toNumbers(await net.predict(fromNumbers('int32', [1, 4], [3, 0, 1, 0])))
    expect(result[0]).toBeCloseTo(((table[6] ?? 0) + (table[2] ?? 0)) / 2, 6)
    expect(result[1]).toBeCloseTo(((table[7] ?? 0) + (table[3] ?? 0)) / 2, 6)
  })

  test('are what a lambda says they are', () => {
    const masked = layers.masking()(layers.input({ shape: [3, 2] }))
    expect(layers.lambda({ function: ([x]) => tanh(x) })(masked).mask).toBeUndefined()
    const kept = layers.lambda({ function: ([x]) => tanh(x), mask: (_, [mask]) => mask })(masked)
    expect(kept.mask).toBeDefined()
  })
})

test('penalties on outputs are per sample', async () => {
  const net = sequential(
    [layers.input({ shape: [2] }), layers.activation({ activation: 'linear', activityRegularizer: 'l2' })],
    { seed: 1 },
  )
  net.compile({ loss: 'meanSquaredError' })
  const x = random(4, 2)
  const { loss } = await net.evaluate(x, x)
  const squares = toNumbers(x).reduce((sum, value) => sum + value * value, 0)
  expect(loss).toBeCloseTo((0.01 * squares) / 4, 6)
})

describe('what does not fit is refused', () => {
  const image = layers.input({ shape: [6, 6, 3] })
  const refused: readonly [string, () => unknown, RegExp][] = [
    ['another dtype', () => layers.dense({ units: 1, dtype: 'float16' as never }), /'dtype' to be 'float32'/],
    ['a filter count of 0', () => layers.conv1d({ filters: 0, kernelSize: 1 }), /conv1d: expected 'filters'/],
    [
      'sizes of another rank',
      () => layers.conv3d({ filters: 1, kernelSize: [1, 1] as never }),
      /'kernelSize'.*or 3 of them/,
    ],
    [
      'causal images',
      () => layers.conv2d({ filters: 1, kernelSize: 1, padding: 'causal' as never }),
      /'valid', 'same'/,
    ],
    [
      'groups that do not divide',
      () => layers.conv2d({ filters: 3, kernelSize: 1, groups: 2 }),
      /multiple of 'groups'/,
    ],
    [
      'channels in no groups',
      () => layers.conv2d({ filters: 2, kernelSize: 1, groups: 2 })(image),
      /channels in multiples/,
    ],
    [
      'output padding of a stride',
      () => layers.conv2dTranspose({ filters: 1, kernelSize: 2, outputPadding: 1 }),
      /below the strides/,
    ],
    [
      'images without channels',
      () => layers.conv2d({ filters: 1, kernelSize: 1 })(layers.input({ shape: [6, 6] }) as Symbolic),
      /channel axis/,
    ],
    [
      'a data format',
      () => layers.flatten({ dataFormat: 'channels_last' as never }),
      /'channelsLast' or 'channelsFirst'/,
    ],
    [
      'low rank beside a constraint',
      () => layers.dense({ units: 1, loraRank: 1, kernelConstraint: 'nonNeg' }),
      /no constraint/,
    ],
    [
      'windows of unknown sizes',
      () => applyLayer(layers.adaptiveMaxPooling1d({ outputSize: 2 }), layers.input({ shape: [null, 2] })),
      /known when the model is made/,
    ],
    ['cropping all', () => applyLayer(layers.cropping2d({ cropping: 3 }), image), /leave something/],
    ['negative cropping', () => layers.cropping1d({ cropping: -1 }), /at least 0/],
    ['an interpolation', () => layers.upSampling2d({ interpolation: 'area' as never }), /'interpolation' to be one of/],
    ['two open sizes', () => layers.reshape({ targetShape: [-1, -1] }), /one may be -1/],
    [
      'another number of elements',
      () => applyLayer(layers.reshape({ targetShape: [7, -1] }), image),
      /as many elements/,
    ],
    ['a repeated axis', () => layers.permute({ dims: [1, 1] }), /once/],
    ['a permutation of another rank', () => applyLayer(layers.permute({ dims: [2, 1] }), image), /rank 3/],
    ['repeated images', () => layers.repeatVector({ n: 2 })(image as Symbolic), /\[batch, features\]/],
    ['one part of a difference', () => layers.subtract()(image), /2 inputs/],
    [
      'shapes that do not broadcast',
      () => applyLayer(layers.add(), [image, layers.input({ shape: [5, 6, 3] })]),
      /broadcast/,
    ],
    [
      'axes of two sizes',
      () => applyLayer(layers.dot({ axes: 1 }), [layers.input({ shape: [3] }), layers.input({ shape: [4] })]),
      /equal sizes/,
    ],
    [
      'the batch axis',
      () => applyLayer(layers.dot({ axes: 0 }), [layers.input({ shape: [3] }), layers.input({ shape: [3] })]),
      /after the batch axis/,
    ],
    ['an equation', () => layers.einsumDense({ equation: 'ab->a', outputShape: 1 }), /in the form/],
    [
      'a bias along no axis',
      () => layers.einsumDense({ equation: 'ab,bc->ac', outputShape: 3, biasAxes: 'd' }),
      /'biasAxes'/,
    ],
    [
      'an output shape',
      () => layers.einsumDense({ equation: 'ab,bc->ac', outputShape: [3, 3] })(layers.input({ shape: [2] })),
      /1 sizes/,
    ],
    [
      'an unknown kernel size',
      () => layers.einsumDense({ equation: 'ab,bc->ac', outputShape: [null] })(layers.input({ shape: [2] })),
      /known size/,
    ],
    ['a vector for every word', () => layers.embedding({ inputDim: 0, outputDim: 2 }), /'inputDim'/],
    ['a mask value', () => layers.masking({ maskValue: '0' as never }), /number/],
    ['no function', () => layers.lambda({ function: 'tanh' as never }), /to be a function/],
    [
      'a lambda in a file',
      () => JSON.stringify(layers.lambda({ function: ([x]) => x }).config),
      /lambda: expected layers that a file can hold/,
    ],
  ]
  test.each(refused)('%s', (_, make, message) => {
    expect(make).toThrow(message)
  })
})
