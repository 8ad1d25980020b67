import { describe, expect, test } from 'vitest'
import { fromNumbers } from '../../src/core/tensor-data.ts'
import { toDot, toMermaid } from '../../src/graph/dot.ts'
import { Graph } from '../../src/graph/graph.ts'
import { Node } from '../../src/graph/node.ts'
import { printGraph } from '../../src/graph/print.ts'
import { withScope } from '../../src/graph/scope.ts'
import { Value } from '../../src/graph/value.ts'
import { matMul } from '../../src/ops/math/mat-mul.ts'
import { relu } from '../../src/ops/nn/relu.ts'

function example(): Graph {
  const x = Value.input({ dtype: 'float32', shape: ['batch', 4] }, 'x')
  const w = Value.constant(fromNumbers('float32', [4, 2], [1, 2, 3, 4, 5, 6, 7, 8]), 'w')
  const h = withScope('dense', () => relu(matMul(x, w)))
  const inside = Value.input({ dtype: 'float32', shape: [2] }, 'row')
  const body = new Graph({ name: 'body', inputs: [inside], outputs: [relu(inside)] })
  const scan = new Node({
    type: 'Scan',
    inputs: [h],
    outputs: [h.type],
    outputNames: ['y'],
    attributes: { body: { kind: 'graph', value: body }, num_scan_inputs: { kind: 'int', value: 1 } },
  })
  return new Graph({ name: 'example', inputs: [x], outputs: [scan.outputs[0] ?? x], outputNames: ['result'] })
}

describe('a graph as text', () => {
  test('one line per node, bodies indented, constants abbreviated', () => {
    // The numbers of unnamed values depend on what was made before.
    const text = printGraph(example()).replace(/%(\d+)/g, '%N')
    expect(text).toBe(
      [
        'graph(%x : float32[batch, 4]) "example" {',
        '  %w : float32[4, 2] = constant [1, 2, 3, 4, 5, 6, …]',
        '  %N = MatMul(%x, %w) : float32[batch, 2]   # dense',
        '  %N = Relu(%N) : float32[batch, 2]   # dense',
        '  %y = Scan(%N, num_scan_inputs=1) : float32[batch, 2]',
        '    body(%row : float32[2]) {',
        '      %N = Relu(%row) : float32[2]',
        '      return %N',
        '    }',
        '  return %y as "result"',
        '}',
      ].join('\n'),
    )
  })

  test('an ellipsis beyond the limit', () => {
    expect(printGraph(example(), { limit: 1 })).toContain('  … 2 more nodes')
  })
})

describe('a graph as a drawing', () => {
  test('Graphviz: scopes and bodies as clusters, types on the edges', () => {
    const text = toDot(example())
    expect(text).toMatch(/^digraph "example" \{/)
    expect(text).toMatch(
      /subgraph cluster_\d+ \{\n +label="dense"\n +n\d+ \[label="MatMul\\nb: float32\[4, 2\]", shape=box\]/,
    )
    expect(text).toMatch(/label="Scan: body"/)
    expect(text).toMatch(/i\d+ -> n\d+ \[label="float32\[batch, 4\]"\]/)
    expect(text.match(/->/g)?.length).toBe(6)
  })

  test('Mermaid: the same, with names from files kept harmless', () => {
    const text = toMermaid(example())
    expect(text).toMatch(/^flowchart TD\n/)
    expect(text).toMatch(/subgraph s\d+ \["dense"\]/)
    expect(text).toMatch(/i\d+ -->\|"float32\[batch, 4\]"\| n\d+/)
    const named = new Graph({ inputs: [Value.input(undefined, 'a"]<b>')], outputs: [] })
    expect(toMermaid(named)).toContain('(["a#34;]#60;b#62;"])')
    expect(toDot(named)).toContain('[label="a\\"]<b>"')
  })

  test('an ellipsis beyond the limit', () => {
    expect(toDot(example(), { limit: 1 })).toContain('… 2 more nodes')
    expect(toMermaid(example(), { limit: 2 })).toContain('… 1 more nodes')
  })
})
