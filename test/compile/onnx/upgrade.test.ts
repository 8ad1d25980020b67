import { describe, expect, test } from 'vitest'
import { decodeModel } from '../../../src/compile/onnx/decode.ts'
import { encodeModel } from '../../../src/compile/onnx/encode.ts'
import { UnsupportedError } from '../../../src/core/errors.ts'
import { Rng } from '../../../src/core/rng.ts'
import { fromNumbers, toNumbers } from '../../../src/core/tensor-data.ts'
import { verify } from '../../../src/graph/verify.ts'
import { testEngine, worstError } from '../../support/run.ts'
import {
  float,
  floats,
  floatTensor,
  int,
  ints,
  intTensor,
  type ModelParts,
  model,
  node,
  string,
  untyped,
  value,
} from './build.ts'

/** Old models: what the engine computes for the file itself is what it computes for the upgraded graph. */

interface OldModel {
  readonly opset: number
  readonly nodes: ModelParts['nodes']
  readonly shape?: readonly number[]
  readonly initializers?: ModelParts['initializers']
}
const y = (opType: string, attributes = {}, input = ['x'], output = ['y']) => [node(opType, input, output, attributes)]
const perChannel = ['scale', 'bias', 'mean', 'var'].map((name, i) =>
  floatTensor(
    name,
    [4],
    [1, 2, 3, 4].map(n => (n + i) / 4),
  ),
)

const cases: Record<string, OldModel> = {
  'Softmax along axis 1 of three': { opset: 11, nodes: y('Softmax', { axis: int(1) }), shape: [2, 3, 4] },
  'Softmax with the old default axis': { opset: 7, nodes: y('Softmax'), shape: [2, 3, 4] },
  'Softmax along the last axis': { opset: 11, nodes: y('Softmax', { axis: int(2) }), shape: [2, 3, 4] },
  'LogSoftmax along axis 0': { opset: 9, nodes: y('LogSoftmax', { axis: int(0) }), shape: [2, 3] },
  'Hardmax along axis 1': { opset: 11, nodes: y('Hardmax', { axis: int(1) }), shape: [2, 3, 4] },
  'Slice by attributes': {
    opset: 9,
    nodes: y('Slice', { starts: ints(1, -2), ends: ints(2, 100), axes: ints(0, 2) }),
    shape: [2, 3, 4],
  },
  'Pad by attributes': { opset: 10, nodes: y('Pad', { pads: ints(0, 1, 2, 0), value: float(3) }), shape: [2, 3] },
  'Pad by reflection': {
    opset: 10,
    nodes: y('Pad', { pads: ints(0, 1, 0, 1), mode: string('reflect') }),
    shape: [2, 3],
  },
  'Clip by attributes': { opset: 10, nodes: y('Clip', { min: float(-0.5), max: float(0.25) }) },
  'Clip with one bound': { opset: 6, nodes: y('Clip', { max: float(0.25) }) },
  'TopK by attribute': { opset: 9, nodes: y('TopK', { k: int(2), axis: int(1) }, ['x'], ['y', 'i']), shape: [3, 5] },
  'Dropout by attribute': { opset: 10, nodes: y('Dropout', { ratio: float(0.3) }) },
  'ReduceMean by attribute': {
    opset: 13,
    nodes: y('ReduceMean', { axes: ints(1), keepdims: int(0) }),
    shape: [2, 3, 4],
  },
  'ReduceSum by attribute': { opset: 11, nodes: y('ReduceSum', { axes: ints(-1) }), shape: [2, 3, 4] },
  'ReduceL2 over everything': { opset: 11, nodes: y('ReduceL2'), shape: [2, 3, 4] },
  'Squeeze and Unsqueeze by attributes': {
    opset: 11,
    nodes: [node('Unsqueeze', ['x'], ['u'], { axes: ints(0, 3) }), node('Squeeze', ['u'], ['y'], { axes: ints(0) })],
  },
  'Split by attribute': { opset: 11, nodes: y('Split', { axis: int(1), split: ints(1, 2) }, ['x'], ['y', 'z']) },
  'Split into equal parts': { opset: 13, nodes: y('Split', { axis: int(1) }, ['x'], ['y', 'z', 'w']) },
  'Upsample by attribute': {
    opset: 7,
    nodes: y('Upsample', { scales: floats(1, 1, 2, 3), mode: string('nearest') }),
    shape: [1, 2, 2, 3],
  },
  'Upsample by input, linear': {
    opset: 9,
    nodes: y('Upsample', { mode: string('linear') }, ['x', 's']),
    shape: [1, 2, 3, 3],
    initializers: [floatTensor('s', [4], [1, 1, 2, 2])],
  },
  'Resize of opset 10, nearest': {
    opset: 10,
    nodes: y('Resize', {}, ['x', 's']),
    shape: [1, 1, 4, 4],
    initializers: [floatTensor('s', [4], [1, 1, 0.6, 1.7])],
  },
  'Resize of opset 10, linear': {
    opset: 10,
    nodes: y('Resize', { mode: string('linear') }, ['x', 's']),
    shape: [1, 1, 4, 4],
    initializers: [floatTensor('s', [4], [1, 1, 2, 2])],
  },
  'BatchNormalization with spatial statistics': {
    opset: 7,
    nodes: y('BatchNormalization', { epsilon: float(1e-3), spatial: int(1) }, ['x', 'scale', 'bias', 'mean', 'var']),
    shape: [2, 4, 3],
    initializers: perChannel,
  },
  'BatchNormalization with statistics per element': {
    opset: 7,
    nodes: y('BatchNormalization', { epsilon: float(1e-3), spatial: int(0) }, ['x', 'scale', 'bias', 'mean', 'var']),
    shape: [2, 2, 2],
    initializers: ['scale', 'bias', 'mean', 'var'].map((name, i) =>
      floatTensor(name, [2, 2], [i + 1, 0.5, 2 * i + 1, 1.5]),
    ),
  },
  'Resize by half pixels of TensorFlow, for the nearest below': {
    opset: 11,
    nodes: y(
      'Resize',
      { coordinate_transformation_mode: string('tf_half_pixel_for_nn'), nearest_mode: string('floor') },
      ['x', 'roi', 's'],
    ),
    shape: [1, 1, 4, 5],
    initializers: [floatTensor('roi', [0], []), floatTensor('s', [4], [1, 1, 0.6, 1.7])],
  },
  'Resize by half pixels of TensorFlow': {
    opset: 11,
    nodes: y('Resize', { coordinate_transformation_mode: string('tf_half_pixel_for_nn') }, ['x', 'roi', 's']),
    shape: [1, 1, 4, 5],
    initializers: [floatTensor('roi', [0], []), floatTensor('s', [4], [1, 1, 0.6, 1.7])],
  },
  'GroupNormalization per group': {
    opset: 18,
    nodes: y('GroupNormalization', { num_groups: int(2) }, ['x', 's', 'b']),
    shape: [2, 4, 3],
    initializers: [floatTensor('s', [2], [1, 2]), floatTensor('b', [2], [0.5, -1])],
  },
  Scatter: {
    opset: 9,
    nodes: y('Scatter', { axis: int(1) }, ['x', 'i', 'u']),
    initializers: [intTensor('i', [2, 0], [2, 1]), floatTensor('u', [2, 1], [7, 8])],
  },
  'RoiAlign without the half pixel': {
    opset: 10,
    nodes: y('RoiAlign', { output_height: int(2), output_width: int(2) }, ['x', 'r', 'b']),
    shape: [1, 1, 6, 6],
    initializers: [floatTensor('r', [1, 4], [0, 0, 4, 4]), intTensor('b', [0])],
  },
  'GridSample by the old name of its mode': {
    opset: 16,
    nodes: y('GridSample', { mode: string('bilinear') }, ['x', 'g']),
    shape: [1, 1, 4, 4],
    initializers: [floatTensor('g', [1, 1, 2, 2], [-0.5, 0.2, 0.3, 0.9])],
  },
  'DFT along its old default axis': { opset: 17, nodes: y('DFT'), shape: [2, 4, 1] },
}

const decode = ({ opset, nodes, shape = [2, 3], initializers = [] }: OldModel) => {
  const outputs = (nodes.at(-1)?.output ?? []).map(untyped)
  const bytes = model({ opset, nodes, inputs: [value('x', shape)], outputs, initializers, ir: 4 })
  return { bytes, graph: decodeModel(bytes).graph, shape }
}

describe('an old model gives the same values after its upgrade', () => {
  test.each(Object.entries(cases))('%s', async (_name, old) => {
    const { bytes, graph, shape } = decode(old)
    verify(graph)
    const rng = new Rng(3)
    const size = shape.reduce((n, dim) => n * dim, 1)
    const x = fromNumbers(
      'float32',
      shape,
      Array.from({ length: size }, () => rng.normal()),
    )
    const before = await (await testEngine.load(bytes)).run([x])
    const after = await (await testEngine.load(encodeModel(graph))).run([x])
    expect(after.length).toBe(before.length)
    before.forEach((want, i) => {
      const got = after[i]
      if (!got) throw new Error(`no output ${i}`)
      expect(got.shape).toEqual(want.shape)
      expect(worstError(got, want)).toBeLessThan(1e-6)
    })
  })

  test('broadcasting as before opset 7', async () => {
    const initializers = [floatTensor('b', [3], [10, 20, 30])]
    const old = {
      opset: 6,
      nodes: y('Add', { broadcast: int(1), axis: int(1) }, ['x', 'b']),
      shape: [1, 3, 2],
      initializers,
    }
    const { graph } = decode(old)
    const session = await testEngine.load(encodeModel(graph))
    const [sum] = await session.run([fromNumbers('float32', [1, 3, 2], [1, 2, 3, 4, 5, 6])])
    expect(sum && Array.from(toNumbers(sum))).toEqual([11, 12, 23, 24, 35, 36])
  })

  test('Cast by the name of a type, Reshape and Concat by old defaults', () => {
    const { graph } = decode({
      opset: 1,
      nodes: [
        node('Concat', ['x', 'x'], ['c']),
        node('Reshape', ['c'], ['r'], { shape: ints(3, 4) }),
        node('Cast', ['r'], ['y'], { to: string('INT32') }),
      ],
    })
    expect(graph.outputs[0]?.type).toEqual({ dtype: 'int32', shape: [3, 4] })
  })
})

test.each<[string, OldModel]>([
  ['Scan of opset 8', { opset: 8, nodes: y('Scan', { num_scan_inputs: int(1) }, ['', 'x']) }],
  [
    'training with statistics per element',
    {
      opset: 8,
      nodes: [node('BatchNormalization', ['x', 'x', 'x', 'x', 'x'], ['y', 'm'], { spatial: int(0) })],
      shape: [2, 3, 1],
    },
  ],
  [
    'a way of placing pixels that ONNX gave up',
    {
      opset: 11,
      nodes: y(
        'Resize',
        { coordinate_transformation_mode: string('tf_half_pixel_for_nn'), nearest_mode: string('ceil') },
        ['x', '', 'x'],
      ),
    },
  ],
])('%s cannot be upgraded, and says so', (_name, old) => {
  expect(() => decode(old)).toThrow(UnsupportedError)
})
