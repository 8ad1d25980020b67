import { describe, expect, test } from 'vitest'
import { GraphError } from '../../src/core/errors.ts'
import { fromNumbers } from '../../src/core/tensor-data.ts'
import { Graph } from '../../src/graph/graph.ts'
import { Node, type NodeInit } from '../../src/graph/node.ts'
import { Value } from '../../src/graph/value.ts'
import { verify } from '../../src/graph/verify.ts'
import { operators } from '../../src/ops/index.ts'

const operator = (type: string) => operators.find(entry => entry.type === type)
const f23 = { dtype: 'float32', shape: [2, 3] } as const
const x = Value.input(f23, 'x')
const make = (init: Partial<NodeInit> & { type: string; inputs: NodeInit['inputs'] }) =>
  new Node({ outputs: [f23], operator: operator(init.type), ...init })
const out = (node: Node): Value => node.outputs[0] ?? x

describe('verify', () => {
  test('accepts what the operators make', () => {
    const tanh = make({ type: 'Tanh', inputs: [x] })
    const add = make({ type: 'Add', inputs: [out(tanh), Value.constant(fromNumbers('float32', [], [1]))] })
    expect(() => verify(new Graph({ inputs: [x], outputs: [out(add)] }))).not.toThrow()
  })

  const refused: Record<string, [() => Graph, RegExp]> = {
    'nodes out of order': [
      () => {
        const first = make({ type: 'Tanh', inputs: [x], name: 'first' })
        const second = make({ type: 'Neg', inputs: [out(first)], name: 'second' })
        return new Graph({ inputs: [x], outputs: [out(second)], nodes: [second, first] })
      },
      /Neg 'second' in graph 'graph': expected inputs that are made before/,
    ],
    'a node twice': [
      () => {
        const tanh = make({ type: 'Tanh', inputs: [x] })
        return new Graph({ inputs: [x], outputs: [out(tanh)], nodes: [tanh, tanh] })
      },
      /Tanh in graph 'graph': expected every node once/,
    ],
    'an input that is not listed': [
      () => {
        const tanh = make({ type: 'Tanh', inputs: [Value.input(f23, 'z')] })
        return new Graph({ inputs: [x], outputs: [out(tanh)], nodes: [tanh] })
      },
      /received 'z', an input/,
    ],
    'a body that reads what is nowhere': [
      () => {
        const body = new Graph({
          name: 'then',
          inputs: [],
          outputs: [out(make({ type: 'Neg', inputs: [Value.input(f23, 'lost')] }))],
          captures: 'invariant',
        })
        const branch = new Node({
          type: 'If',
          inputs: [x],
          outputs: [f23],
          attributes: { then_branch: { kind: 'graph', value: body } },
        })
        return new Graph({ inputs: [x], outputs: [out(branch)], nodes: [branch] })
      },
      /graph 'then': expected outputs that the graph computes/,
    ],
    'a type that is not the inferred one': [
      () =>
        new Graph({
          inputs: [x],
          outputs: [out(make({ type: 'Tanh', inputs: [x], outputs: [{ dtype: 'float32', shape: [2, 4] }] }))],
        }),
      /output 0 of the inferred type float32\[2, 3\], received float32\[2, 4\]/,
    ],
    'inputs that the operator refuses': [
      () =>
        new Graph({
          inputs: [x],
          outputs: [out(make({ type: 'Add', inputs: [x, Value.constant(fromNumbers('float32', [2], [1, 1]))] }))],
        }),
      /Add in graph 'graph': expected shapes that broadcast/,
    ],
    'an attribute of another kind': [
      () =>
        new Graph({
          inputs: [x],
          outputs: [out(make({ type: 'Concat', inputs: [x], attributes: { axis: { kind: 'float', value: 0 } } }))],
        }),
      /attribute 'axis' of type int, received float/,
    ],
    'a required attribute left out': [
      () => new Graph({ inputs: [x], outputs: [out(make({ type: 'Concat', inputs: [x] }))] }),
      /the attribute 'axis', received none/,
    ],
    'a missing input': [
      () => new Graph({ inputs: [x], outputs: [out(make({ type: 'Add', inputs: [x] }))] }),
      /the input 'b', received none/,
    ],
    'too many inputs': [
      () => new Graph({ inputs: [x], outputs: [out(make({ type: 'Tanh', inputs: [x, x] }))] }),
      /at most 1 inputs, received 2/,
    ],
    'too many outputs': [
      () => new Graph({ inputs: [x], outputs: [out(make({ type: 'Tanh', inputs: [x], outputs: [f23, f23] }))] }),
      /at most 1 outputs, received 2/,
    ],
    'a node that nobody reads': [
      () => {
        const tanh = make({ type: 'Tanh', inputs: [x] })
        return new Graph({ inputs: [x], outputs: [out(tanh)], nodes: [tanh, make({ type: 'Neg', inputs: [x] })] })
      },
      /Neg in graph 'graph': expected a reader/,
    ],
    'an input that is a constant': [
      () => new Graph({ inputs: [Value.constant(fromNumbers('float32', [], [1]), 'one')], outputs: [] }),
      /inputs that are neither computed nor constant, received 'one'/,
    ],
    'an input listed twice': [() => new Graph({ inputs: [x, x], outputs: [] }), /listed once/],
  }
  test.each(Object.entries(refused))('refuses %s', (_name, [build, message]) => {
    expect(() => verify(build())).toThrow(GraphError)
    expect(() => verify(build())).toThrow(message)
  })

  test('long chains of one type do not nest', () => {
    let y = x
    for (let i = 0; i < 50_000; i++) y = operator('Neg')?.apply([y], {})[0] ?? x
    expect(y.dtype).toBe('float32')
    expect(() => verify(new Graph({ inputs: [x], outputs: [y] }))).not.toThrow()
  })
})
