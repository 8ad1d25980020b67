import { describe, expect, test } from 'vitest'
import { flattenScans } from '../../src/compile/flatten-scans.ts'
import { fromNumbers } from '../../src/core/tensor-data.ts'
import { Graph } from '../../src/graph/graph.ts'
import { Value } from '../../src/graph/value.ts'
import { verify } from '../../src/graph/verify.ts'
import { ints, scalar } from '../../src/ops/constants.ts'
import { scan } from '../../src/ops/control/scan.ts'
import { add } from '../../src/ops/math/add.ts'
import { mul } from '../../src/ops/math/mul.ts'
import { sqrt } from '../../src/ops/math/sqrt.ts'
import { reduceSum } from '../../src/ops/reduce/reduce-sum.ts'
import { evaluate } from '../support/run.ts'

const input = (shape: readonly number[], name: string) => Value.input({ dtype: 'float32', shape }, name)
const numbers = (shape: readonly number[]) =>
  fromNumbers(
    'float32',
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => 1 + Math.abs(Math.sin(i))),
  )

/** A Scan of entries [4] over [3, 4]. */
function scanned(
  apply: (parts: readonly Value[]) => readonly Value[],
  values: readonly Value[],
  order: { readonly scan_input_directions?: readonly number[]; readonly scan_output_axes?: readonly number[] } = {},
  states = 0,
): readonly Value[] {
  const parts = values.map((value, i) =>
    input(i < states ? value.shape.map(Number) : value.shape.slice(1).map(Number), `p${i}`),
  )
  const body = new Graph({ name: 'body', inputs: parts, outputs: apply(parts), captures: 'invariant' })
  return scan([...values], { body, num_scan_inputs: values.length - states, ...order })
}

const types = (graph: Graph) => graph.nodes.map(({ type }) => type)

/** Flattened, the graph has no Scan left and gives the same bits. */
async function flat(inputs: readonly Value[], outputs: readonly Value[]): Promise<void> {
  const graph = new Graph({ inputs, outputs })
  const flattened = flattenScans(graph)
  verify(flattened)
  expect(types(graph)).toContain('Scan')
  expect(types(flattened)).not.toContain('Scan')
  const feeds = new Map(inputs.map(value => [value, numbers(value.shape.map(Number))]))
  const [before, after] = [await evaluate(outputs, feeds), await evaluate(flattened.outputs, feeds)]
  expect(after).toEqual(before)
}

describe('scans of elementwise arithmetic', () => {
  test('are done on whole tensors, with what they capture', async () => {
    const [w, m, rate, row] = [input([3, 4], 'w'), input([3, 4], 'm'), input([], 'rate'), input([4], 'row')]
    const outputs = scanned(
      ([w, m]) => (w && m ? [add(w, mul(sqrt(m), rate)), add(mul(m, scalar(0.9)), row)] : []),
      [w, m],
    )
    await flat([w, m, rate, row], outputs)
  })

  test('also where one captures what another gives', async () => {
    const [w, v] = [input([3, 4], 'w'), input([3, 4], 'v')]
    const [first] = scanned(([x]) => (x ? [mul(x, scalar(2))] : []), [w])
    if (!first) throw new Error('no output')
    const sum = reduceSum(first, ints([0]), { keepdims: 0 })
    const last = scanned(([x]) => (x ? [add(x, sum)] : []), [v])
    await flat([w, v], last)
  })

  test('stay scans where entries differ in more than their place', () => {
    const [w, rest, narrow] = [input([3, 4], 'w'), input([4], 'rest'), input([3], 'narrow')]
    const double = ([x]: readonly Value[]) => (x ? [mul(x, scalar(2))] : [])
    const kept: readonly (readonly [readonly Value[], readonly Value[]])[] = [
      [[w], scanned(double, [w], { scan_input_directions: [1] })],
      [[w], scanned(double, [w], { scan_output_axes: [1] })],
      [[rest, w], scanned(([s, x]) => (s && x ? [add(s, x), x] : []), [rest, w], {}, 1)],
      [[w], scanned(([x]) => (x ? [add(x, reduceSum(x, ints([0]), { keepdims: 1 }))] : []), [w])],
      [[w, narrow], scanned(([x, s]) => (x && s ? [mul(x, s)] : []), [w, narrow])],
      // Each entry is a copy of the same.
      [[w, rest], scanned(([x]) => (x ? [mul(x, scalar(2)), rest] : []), [w])],
    ]
    for (const [inputs, outputs] of kept) expect(types(flattenScans(new Graph({ inputs, outputs })))).toContain('Scan')
  })
})
