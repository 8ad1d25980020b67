import { describe, expect, test } from 'vitest'
import { foldConstants } from '../../src/compile/passes/fold-constants.ts'
import type { DType } from '../../src/core/dtype.ts'
import { fromNumbers, type TensorData, tensorData, toNumbers } from '../../src/core/tensor-data.ts'
import { Graph } from '../../src/graph/graph.ts'
import { Node } from '../../src/graph/node.ts'
import { Value } from '../../src/graph/value.ts'
import { constant, ints, scalar } from '../../src/ops/constants.ts'
import { codeOfDType } from '../../src/ops/dtype-code.ts'
import { findOperator } from '../../src/ops/index.ts'
import { evaluate } from '../support/run.ts'

const input = (shape: readonly (number | string)[], dtype: DType = 'float32') => Value.input({ dtype, shape }, 'x')

/** Applies an operator of the table by name. */
function op(type: string, inputs: readonly Value[], attributes: Readonly<Record<string, unknown>> = {}): Value {
  const operator = findOperator(type)
  const [y] = operator?.apply(inputs, operator.toAttributes(attributes)) ?? []
  if (!y) throw new Error(`no operator ${type}`)
  return y
}

const types = (graph: Graph) => graph.nodes.map(node => node.type)

describe('fold-constants', () => {
  test('an exported flatten becomes one Reshape of static shape', async () => {
    // x.view(x.size(0), -1), as PyTorch exports it.
    const x = input([2, 3, 4])
    const batch = op('Gather', [op('Shape', [x]), scalar(0, 'int64')], { axis: 0 })
    const target = op('Concat', [op('Unsqueeze', [batch, ints([0])]), ints([-1])], { axis: 0 })
    const y = op('Reshape', [x, target])
    expect(y.shape.every(dim => typeof dim === 'string')).toBe(true)
    const folded = foldConstants(new Graph({ inputs: [x], outputs: [y] }))
    expect(types(folded)).toEqual(['Reshape'])
    expect(folded.outputs[0]?.shape).toEqual([2, 12])
    const data = fromNumbers(
      'float32',
      [2, 3, 4],
      Array.from({ length: 24 }, (_, i) => i),
    )
    const [before] = await evaluate([y], new Map([[x, data]]))
    const [after] = await evaluate(folded.outputs, new Map([[x, data]]))
    expect(after).toEqual(before)
  })

  test('the head split of an exported attention gets static shapes', () => {
    // x.view(B, T, heads, C // heads).transpose(1, 2), then scores divided by √(head size)
    const x = input([2, 5, 12])
    const size = (axis: number) => op('Gather', [op('Shape', [x]), scalar(axis, 'int64')])
    const one = (value: Value) => op('Unsqueeze', [value, ints([0])])
    const headSize = op('Div', [size(2), scalar(3, 'int64')])
    const target = op('Concat', [one(size(0)), one(size(1)), ints([3]), one(headSize)], { axis: 0 })
    const q = op('Transpose', [op('Reshape', [x, target])], { perm: [0, 2, 1, 3] })
    const root = op('Sqrt', [op('Cast', [headSize], { to: codeOfDType('float32') })])
    const scores = op('Div', [op('MatMul', [q, op('Transpose', [q], { perm: [0, 1, 3, 2] })]), root])
    const folded = foldConstants(new Graph({ inputs: [x], outputs: [scores] }))
    expect(types(folded)).toEqual(['Reshape', 'Transpose', 'Transpose', 'MatMul', 'Div'])
    expect(folded.outputs[0]?.shape).toEqual([2, 3, 5, 5])
    expect(folded.nodes.at(-1)?.inputs[1]?.constant).toEqual({ dtype: 'float32', shape: [], data: Float32Array.of(2) })
  })

  test('symbolic dimensions stay, and nothing is made up for them', () => {
    const x = input(['n', 3])
    const sizes = op('Shape', [x])
    const folded = foldConstants(new Graph({ inputs: [x], outputs: [sizes, op('Shape', [x], { start: 1 })] }))
    expect(folded.outputs.map(output => output.constant && Array.from(toNumbers(output.constant)))).toEqual([
      undefined,
      [3],
    ])
  })

  test('the largest int64, which exporters write for "to the end", keeps its bits', () => {
    const most = 9223372036854775807n
    const ends = Value.constant(tensorData('int64', [1], BigInt64Array.of(most)))
    const joined = op('Concat', [ints([4]), ends], { axis: 0 })
    const sum = op('Add', [ends, ints([1])])
    const folded = foldConstants(new Graph({ inputs: [], outputs: [joined, sum] }))
    expect(folded.outputs[0]?.constant?.data).toEqual(BigInt64Array.of(4n, most))
    expect(folded.outputs[1]?.constant, 'inexact arithmetic').toBeUndefined()
  })

  test('large tensors and random or unknown operators are left alone', () => {
    const weight = constant(new Array(2000).fill(1))
    const unknown = new Node({ type: 'Mystery', inputs: [ints([1])], outputs: [{ dtype: 'int64', shape: [1] }] })
      .outputs
    const outputs = [op('Add', [weight, weight]), ...unknown]
    expect(foldConstants(new Graph({ inputs: [], outputs })).nodes).toHaveLength(2)
  })

  test('bodies of control flow are folded too', () => {
    const x = input([2, 3])
    const branch = (axis: number) =>
      new Graph({ inputs: [], outputs: [op('Gather', [op('Shape', [x]), scalar(axis, 'int64')])], captures: [x] })
    const condition = Value.input({ dtype: 'bool', shape: [] }, 'condition')
    const y = op('If', [condition], { then_branch: branch(0), else_branch: branch(1) })
    const folded = foldConstants(new Graph({ inputs: [x, condition], outputs: [y] }))
    const bodies = Object.values(folded.nodes[0]?.attributes ?? {}).flatMap(attribute =>
      attribute.kind === 'graph' ? [attribute.value] : [],
    )
    expect(bodies.map(body => [body.nodes.length, body.outputs[0]?.constant?.data])).toEqual([
      [0, BigInt64Array.of(2n)],
      [0, BigInt64Array.of(3n)],
    ])
  })
})

/** Each folding rule against the runtime's own kernel. */
describe('folded values are the runtime’s', () => {
  const i = (values: readonly number[], shape: readonly number[] = [values.length]) => constant(values, shape, 'int64')
  const f = (values: readonly number[], shape: readonly number[] = [values.length]) => constant(values, shape)
  const matrix = i([5, -3, 2, 7, 0, 4], [2, 3])
  const cases: readonly [string, readonly Value[], Readonly<Record<string, unknown>>?][] = [
    ['Add', [matrix, i([1, 2, 3])]],
    ['Sub', [matrix, i([1, 2], [2, 1])]],
    ['Mul', [f([1.5, 2.25]), f([0.1])]],
    ['Div', [i([7, -7, 6]), i([2, 2, -4])]],
    ['Div', [f([1, -7]), f([3])]],
    ['Mod', [i([7, -7, 7, -7]), i([3, 3, -3, -3])]],
    ['Mod', [i([7, -7, 7, -7]), i([3, 3, -3, -3])], { fmod: 1 }],
    ['Neg', [matrix]],
    ['Max', [matrix, i([1]), i([2, 0, 9])]],
    ['Min', [matrix, i([1])]],
    ['Where', [constant([1, 0, 1], [3], 'bool'), i([1, 2, 3]), i([-1])]],
    ['Equal', [matrix, i([5, 5, 2])]],
    ['Cast', [f([1.7, -1.7, 0])], { to: codeOfDType('int64') }],
    ['Cast', [i([0, 3])], { to: codeOfDType('bool') }],
    ['Floor', [f([1.7, -1.2])]],
    ['Ceil', [f([1.2, -1.7])]],
    ['Gather', [matrix, i([-1, 0])], { axis: 1 }],
    ['Gather', [matrix, i([-1, 0, 1, 1], [2, 2])]],
    ['Gather', [matrix, i([1], [])], { axis: -1 }],
    ['GatherElements', [matrix, i([2, -3], [2, 1])], { axis: 1 }],
    ['Slice', [matrix, i([-1]), i([-4]), i([1]), i([-2])]],
    ['Slice', [matrix, i([1]), i([100])]],
    ['Concat', [matrix, i([1, 2], [2, 1])], { axis: 1 }],
    ['Concat', [matrix, matrix, i([9, 9, 9], [1, 3])], { axis: 0 }],
    ['Reshape', [matrix, i([3, -1])]],
    ['Squeeze', [i([3], [1, 1]), i([0])]],
    ['Unsqueeze', [matrix, i([0, -1])]],
    ['Flatten', [matrix]],
    ['Expand', [i([1, 2], [2, 1]), i([2, 3])]],
    ['ConstantOfShape', [i([2, 2])]],
    ['Range', [i([2], []), i([9], []), i([3], [])]],
    ['Shape', [matrix], { start: -1 }],
    ['Size', [matrix]],
    ['ReduceProd', [matrix, i([1])], { keepdims: 0 }],
    ['ReduceSum', [matrix]],
    ['ReduceMax', [matrix, i([0])]],
    ['ReduceMin', [matrix, i([-1])], { keepdims: 0 }],
  ]
  test.each(cases)('%s', async (type, inputs, attributes = {}) => {
    const operator = findOperator(type)
    const folded: TensorData | undefined = operator?.fold(inputs, operator.toAttributes(attributes))?.[0]
    // The same node, unfolded, as the runtime computes it.
    const [got] = await evaluate([op(type, inputs, attributes)], new Map())
    expect(folded).toEqual({ dtype: got?.dtype, shape: [...(got?.shape ?? [])], data: got?.data })
  })
})
