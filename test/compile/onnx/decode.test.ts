import { create, fromBinary } from '@bufbuild/protobuf'
import { describe, expect, test } from 'vitest'
import { decodeModel } from '../../../src/compile/onnx/decode.ts'
import { encodeModel } from '../../../src/compile/onnx/encode.ts'
import { ModelProtoSchema, TensorProto_SegmentSchema } from '../../../src/compile/onnx/proto/onnx_pb.ts'
import { FormatError } from '../../../src/core/errors.ts'
import { fromNumbers, type TensorData, toNumbers } from '../../../src/core/tensor-data.ts'
import { Graph } from '../../../src/graph/graph.ts'
import { Node } from '../../../src/graph/node.ts'
import { Value } from '../../../src/graph/value.ts'
import { verify } from '../../../src/graph/verify.ts'
import { testEngine } from '../../support/run.ts'
import {
  body,
  float,
  floatTensor,
  int,
  ints,
  intTensor,
  type ModelParts,
  model,
  node,
  reference,
  string,
  tensor,
  untyped,
  value,
} from './build.ts'

const x = fromNumbers('float32', [2, 3], [1, -2, 3, -4, 5, -6])

/** Decodes, verifies, encodes and runs; the first output as numbers. */
async function run(bytes: Uint8Array, inputs: readonly TensorData[] = [x]): Promise<number[]> {
  const { graph } = decodeModel(bytes)
  verify(graph)
  const session = await testEngine.load(encodeModel(graph))
  const [y] = await session.run(inputs)
  return y ? Array.from(toNumbers(y)) : []
}

describe('decodeModel', () => {
  test('reads nodes in any order', async () => {
    const bytes = model({
      nodes: [node('Neg', ['h'], ['y']), node('Abs', ['x'], ['h'])],
      outputs: [value('y', [2, 3])],
    })
    expect(await run(bytes)).toEqual([-1, -2, -3, -4, -5, -6])
  })

  test('takes initializers that are listed as inputs for constants (IR version 3)', async () => {
    const parts = {
      ir: 3,
      nodes: [node('Mul', ['x', 'w'], ['y'])],
      inputs: [value('x', [2, 3]), value('w', [3])],
      outputs: [value('y', [2, 3])],
    }
    const bytes = model({ ...parts, opset: 9, initializers: [floatTensor('w', [3], [1, 10, 100])] })
    expect(decodeModel(bytes).graph.inputs.map(input => input.name)).toEqual(['x'])
    expect(await run(bytes)).toEqual([1, -20, 300, -4, 50, -600])
  })

  test('keeps names of inputs, outputs, weights and values, the documentation and the metadata', () => {
    const bytes = model({
      nodes: [node('Mul', ['x', 'w'], ['hidden']), node('Neg', ['hidden'], ['y'])],
      outputs: [value('y', [2, 3])],
      initializers: [floatTensor('w', [], [2])],
      graph: { docString: 'about' },
    })
    const again = fromBinary(ModelProtoSchema, encodeModel(decodeModel(bytes).graph))
    expect(again.docString).toBe('about')
    expect(again.graph?.node.map(({ input, output }) => [...input, ...output])).toEqual([
      ['x', 'w', 'hidden'],
      ['hidden', 'y'],
    ])
    expect(again.graph?.initializer.map(({ name }) => name)).toEqual(['w'])
  })

  test('inlines functions, with attributes passed on and nested calls', async () => {
    const scale = {
      name: 'Scale',
      domain: 'mine',
      input: ['a'],
      output: ['b'],
      attribute: ['by'],
      opsetImport: [{ domain: '', version: 13n }],
      node: [node('Constant', [], ['c'], { value_float: reference('by') }), node('Mul', ['a', 'c'], ['b'])],
    }
    const twice = {
      name: 'Twice',
      domain: 'mine',
      input: ['a'],
      output: ['c'],
      opsetImport: [{ domain: 'mine', version: 1n }],
      node: [
        node('Scale', ['a'], ['b'], { by: float(2) }, 'mine'),
        node('Scale', ['b'], ['c'], { by: float(5) }, 'mine'),
      ],
    }
    const bytes = model({
      opsets: { mine: 1 },
      nodes: [node('Twice', ['x'], ['y'], {}, 'mine')],
      outputs: [value('y', [2, 3])],
      functions: [scale, twice],
    })
    expect(decodeModel(bytes).graph.nodes.map(({ type }) => type)).toEqual(['Mul', 'Mul'])
    expect(await run(bytes)).toEqual([10, -20, 30, -40, 50, -60])
  })

  test('reads bodies that take values from outside, whose outputs are those values or constants', async () => {
    const branch = (output: string) => body({ name: output, node: [], output: [value(output, [2, 3])] })
    const parts: ModelParts = {
      nodes: [
        node('Abs', ['x'], ['h']),
        node('If', ['flag'], ['y'], { then_branch: branch('h'), else_branch: branch('w') }),
      ],
      inputs: [value('flag', [], 9), value('x', [2, 3])],
      outputs: [value('y', [2, 3])],
      initializers: [floatTensor('w', [2, 3], [0, 0, 0, 0, 0, 7])],
    }
    const flag = (on: number) => fromNumbers('bool', [], [on])
    expect(await run(model(parts), [flag(1), x])).toEqual([1, 2, 3, 4, 5, 6])
    expect(await run(model(parts), [flag(0), x])).toEqual([0, 0, 0, 0, 0, 7])
  })

  test('reads elements listed one by one, and sparse ones', async () => {
    const sparse = {
      values: floatTensor('s', [2], [5, 7]),
      indices: intTensor('', [0, 0, 1, 2], [2, 2]),
      dims: [2n, 3n],
    }
    const bytes = model({
      nodes: [node('Add', ['x', 's'], ['y'])],
      outputs: [value('y', [2, 3])],
      graph: { sparseInitializer: [sparse] },
    })
    expect(await run(bytes)).toEqual([6, -2, 3, -4, 5, 1])
    const half = { name: 'h', dims: [2n], dataType: 10, int32Data: [0x3c00, 0xc000] }
    const { graph } = decodeModel(
      model({ nodes: [node('Neg', ['h'], ['y'])], outputs: [untyped('y')], initializers: [half] }),
    )
    expect(Array.from(toNumbers(graph.constants[0]?.constant ?? x))).toEqual([1, -2])
  })

  test('keeps tensors of types outside of Tenon, and runs them', async () => {
    const packed = { name: 'q', dims: [3n], dataType: 22, rawData: Uint8Array.of(0x21, 0x0f) } // int4: 1, 2, −1
    const bytes = model({
      nodes: [node('DequantizeLinear', ['q', 'scale'], ['w']), node('Mul', ['x', 'w'], ['y'])],
      outputs: [value('y', [2, 3])],
      initializers: [packed, floatTensor('scale', [], [10])],
    })
    expect(await run(bytes)).toEqual([10, -40, -30, -40, 100, 60])
  })

  test('keeps an operator outside the table, with the version its model asked for and the type it declares', async () => {
    const bytes = model({
      opset: 22,
      nodes: [
        node('TfIdfVectorizer', ['x'], ['y'], {
          max_gram_length: int(1),
          max_skip_count: int(0),
          min_gram_length: int(1),
          mode: string('TF'),
          ngram_counts: ints(0),
          ngram_indexes: ints(0),
          pool_int64s: ints(7),
        }),
      ],
      inputs: [value('x', [2], 7)],
      outputs: [value('y', ['n'])],
    })
    const { graph } = decodeModel(bytes)
    verify(graph)
    expect(graph.outputs[0]?.type).toEqual({ dtype: 'float32', shape: ['n'] })
    expect(fromBinary(ModelProtoSchema, encodeModel(graph)).opsetImport.map(({ version }) => version)).toEqual([22n])
    const session = await testEngine.load(encodeModel(graph))
    expect((await session.run([fromNumbers('int64', [2], [7, 7])]))[0]?.data).toEqual(Float32Array.of(2))
  })

  test('brings the largest int64 back whole', () => {
    const largest = ints(0)
    largest.ints = [2n ** 63n - 1n]
    const bytes = model({
      opset: 9,
      nodes: [node('Slice', ['x'], ['y'], { starts: ints(1), ends: largest, axes: ints(1) })],
      outputs: [value('y', [2, 2])],
    })
    const { graph } = decodeModel(bytes)
    expect(graph.outputs[0]?.shape).toEqual([2, 2])
    expect(graph.constants.map(({ constant }) => constant?.data[0])).toContain(2n ** 63n - 1n)
  })
})

function failureOf(f: () => unknown): unknown {
  try {
    f()
  } catch (error) {
    return error
  }
  return undefined
}

describe('a model that breaks the rules is refused with its place', () => {
  const relu = [node('Relu', ['x'], ['y'])]
  const y = [value('y', [2, 3])]
  const nest = (depth: number): ReturnType<typeof node> =>
    node(
      'If',
      ['flag'],
      ['y'],
      depth === 0 ? {} : { then_branch: body({ name: 'b', node: [nest(depth - 1)], output: [untyped('y')] }) },
    )
  const doubling = (i: number) => ({
    name: `F${i}`,
    domain: 'mine',
    input: ['a'],
    output: ['b'],
    opsetImport: [
      { domain: 'mine', version: 1n },
      { domain: '', version: 21n },
    ],
    node: [
      node(i === 0 ? 'Neg' : `F${i - 1}`, ['a'], ['t'], {}, i === 0 ? '' : 'mine'),
      node(i === 0 ? 'Neg' : `F${i - 1}`, ['t'], ['b'], {}, i === 0 ? '' : 'mine'),
    ],
  })
  const cases: Record<string, [ModelParts, RegExp]> = {
    'an undefined name': [
      { nodes: [node('Relu', ['z'], ['y'])], outputs: y },
      /Relu reading 'z', which nothing defines/,
    ],
    'a name defined twice': [{ nodes: [...relu, ...relu], outputs: y }, /'y' twice/],
    'a cycle': [
      { nodes: [node('Add', ['x', 'b'], ['a']), node('Neg', ['a'], ['b']), node('Neg', ['b'], ['y'])], outputs: y },
      /cycle through or before Add/,
    ],
    'an output that nothing makes': [{ nodes: relu, outputs: [untyped('q')] }, /graph output reading 'q'/],
    'two initializers of one name': [
      { nodes: relu, outputs: y, initializers: [intTensor('w', [1]), intTensor('w', [1])] },
      /'w' twice/,
    ],
    'negative dimensions': [
      { nodes: relu, outputs: y, initializers: [floatTensor('w', [-1, -1], [1])] },
      /initializer 'w': expected dimensions of 0 or more/,
    ],
    'dimensions that overflow': [
      {
        nodes: relu,
        outputs: y,
        initializers: [{ name: 'w', dims: [2n ** 32n, 2n ** 32n], dataType: 1, rawData: new Uint8Array(4) }],
      },
      /fewer than 2\^53 elements/,
    ],
    'fewer bytes than the shape says': [
      {
        nodes: relu,
        outputs: y,
        initializers: [{ name: 'w', dims: [1000000n], dataType: 1, rawData: new Uint8Array(4) }],
      },
      /expected 4000000 bytes/,
    ],
    'a huge sparse tensor': [
      {
        nodes: relu,
        outputs: y,
        graph: {
          sparseInitializer: [{ values: floatTensor('s', [1], [1]), indices: intTensor('', [0]), dims: [2n ** 40n] }],
        },
      },
      /a sparse tensor of at most/,
    ],
    'external data, for a model without a folder': [
      {
        nodes: relu,
        outputs: y,
        initializers: [
          { name: 'w', dims: [1n], dataType: 1, dataLocation: 1, externalData: [{ key: 'location', value: 'f' }] },
        ],
      },
      /initializer 'w': expected elements inside the model/,
    ],
    'shapes that contradict the operator': [
      { nodes: [node('Add', ['x', 'w'], ['y'])], outputs: y, initializers: [floatTensor('w', [2], [1, 1])] },
      /node Add: expected shapes that broadcast/,
    ],
    'an attribute of the wrong type': [
      { nodes: [node('Concat', ['x'], ['y'], { axis: float(1) })], outputs: y },
      /attribute 'axis' of type int/,
    ],
    'a required attribute left out': [{ nodes: [node('Concat', ['x'], ['y'])], outputs: y }, /attribute 'axis'/],
    'a missing input': [{ nodes: [node('Add', ['x'], ['y'])], outputs: y }, /the input 'b'/],
    'a function that calls itself': [
      {
        opsets: { mine: 1 },
        nodes: [node('F', ['x'], ['y'], {}, 'mine')],
        outputs: y,
        functions: [
          { name: 'F', domain: 'mine', input: ['a'], output: ['b'], node: [node('F', ['a'], ['b'], {}, 'mine')] },
        ],
      },
      /functions that do not call themselves/,
    ],
    'functions that multiply': [
      {
        opsets: { mine: 1 },
        nodes: [node('F30', ['x'], ['y'], {}, 'mine')],
        outputs: y,
        functions: Array.from({ length: 31 }, (_, i) => doubling(i)),
      },
      /at most \d+ nodes/,
    ],
    'bodies nested without end': [
      { nodes: [nest(60)], inputs: [value('flag', [], 9)], outputs: y },
      /nested at most 100 deep/,
    ],
    'a constant without a value': [
      { nodes: [node('Constant', [], ['y'])], outputs: y },
      /one attribute with the value/,
    ],
    'a constant of the wrong kind': [
      { nodes: [node('Constant', [], ['y'], { value: int(1) })], outputs: y },
      /attribute 'value' of type int/,
    ],
    'an opset of the future': [{ opset: 99, nodes: relu, outputs: y }, /opset 1 to \d+, received opset 99/],
    'a rank beyond reason': [
      { nodes: relu, outputs: y, inputs: [value('x', new Array(100).fill(1))] },
      /rank 64 at most/,
    ],
    'sizes whose product overflows': [
      { nodes: [node('Flatten', ['x'], ['y'])], inputs: [value('x', [1, 2 ** 50, 2 ** 50])], outputs: [untyped('y')] },
      /node Flatten: expected an output with sizes from 0 to 2\^53/,
    ],
    'a tensor segment': [
      {
        nodes: [
          node('Add', ['x', 'c'], ['y']),
          node('Constant', [], ['c'], {
            value: tensor({ ...floatTensor('', [1], [1]), segment: create(TensorProto_SegmentSchema) }),
          }),
        ],
        outputs: y,
      },
      /a whole tensor/,
    ],
  }
  test.each(Object.entries(cases))('%s', (_name, [parts, message]) => {
    const refusal = failureOf(() => decodeModel(model(parts), { name: 'hostile.onnx' }))
    expect(refusal).toBeInstanceOf(FormatError)
    expect(String(refusal)).toMatch(message)
    expect(String(refusal)).toMatch(/hostile\.onnx/)
  })

  test('a file that is empty, no model, or a million empty messages', () => {
    expect(() => decodeModel(new Uint8Array())).toThrow(/an empty file/)
    expect(() => decodeModel(new TextEncoder().encode('{"not": "a model"}'))).toThrow(FormatError)
    const flood = new Uint8Array(2 * 21_000_000)
    // Field 14 (metadata_props), length 0, again and again.
    for (let i = 0; i < flood.length; i += 2) flood[i] = (14 << 3) | 2
    expect(() => decodeModel(flood)).toThrow(/at most 20000000 messages/)
  })
})

describe('encodeModel', () => {
  test('takes 1,500 nodes in less than 50 ms', () => {
    const input = Value.input({ dtype: 'float32', shape: [4, 4] }, 'x')
    let y = input
    for (let i = 0; i < 1500; i++) {
      const made = new Node({
        type: 'Add',
        inputs: [y, Value.constant(fromNumbers('float32', [], [i]))],
        outputs: [input.type],
        attributes: { axis: { kind: 'int', value: i } },
      })
      y = made.outputs[0] ?? input
    }
    const graph = new Graph({ inputs: [input], outputs: [y] })
    encodeModel(graph)
    // Time of this process, the best of several: the machine may be busy with other work.
    const times = Array.from({ length: 15 }, () => {
      const start = process.cpuUsage()
      encodeModel(graph)
      return process.cpuUsage(start).user / 1000
    })
    expect(Math.min(...times)).toBeLessThan(50)
  })
})
