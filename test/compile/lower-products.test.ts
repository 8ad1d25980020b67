import { describe, expect, test } from 'vitest'
import { gradientsOf } from '../../src/autodiff/backward.ts'
import { lowerProducts } from '../../src/compile/passes/lower-products.ts'
import { Graph } from '../../src/graph/graph.ts'
import { Value } from '../../src/graph/value.ts'
import { verify } from '../../src/graph/verify.ts'
import { add } from '../../src/ops/math/add.ts'
import { matMul } from '../../src/ops/math/mat-mul.ts'
import { mul } from '../../src/ops/math/mul.ts'
import { tanh } from '../../src/ops/math/tanh.ts'
import { gelu } from '../../src/ops/nn/gelu.ts'
import { layerNormalization } from '../../src/ops/nn/layer-normalization.ts'
import { reduceSum } from '../../src/ops/reduce/reduce-sum.ts'
import { sameInBothForms } from '../support/lowering.ts'

/** How often each operator of the blocked layout occurs once the graph is lowered; both forms' results must agree. */
async function compare(...args: Parameters<typeof sameInBothForms>): Promise<Record<string, number>> {
  const graph = await sameInBothForms(...args)
  const lowered = lowerProducts(graph, 8)
  verify(lowered)
  const counts: Record<string, number> = {}
  for (const { type, domain } of lowered.nodes)
    if (domain === 'com.microsoft.nchwc') counts[type] = (counts[type] ?? 0) + 1
  return counts
}

/** A transformer's MLP behind a normalisation, with a residual connection, and the gradients of everything. */
function mlp(activation: (x: Value) => Value) {
  return (values: readonly Value[]): readonly Value[] => {
    const [x, scale, w1, b1, w2, b2] = values
    if (!x || !scale || !w1 || !b1 || !w2 || !b2) throw new Error('six values')
    const normal = layerNormalization(x, scale, undefined).y
    const y = add(x, add(matMul(activation(add(matMul(normal, w1), b1)), w2), b2))
    const loss = reduceSum(mul(y, y), undefined, { keepdims: 0 })
    return [y, ...gradientsOf(loss, values)]
  }
}

const widths = (rows: readonly number[], c: number, h: number) => [[...rows, c], [c], [c, h], [h], [h, c], [c]]

describe('matrix products in blocks of columns', () => {
  // Six products and the sum for the first bias; the second bias's gradient comes from a value that lies plain.
  const all = { Conv: 7, ReorderInput: 8, ReorderOutput: 4 }

  test('an MLP and its gradients, the hidden layer in blocks throughout', async () => {
    expect(await compare(widths([8, 64], 128, 640), mlp(gelu))).toEqual(all)
    expect(await compare(widths([512], 128, 640), mlp(tanh))).toEqual(all)
  })

  test('sizes that make no whole blocks, little work, and few rows stay plain', async () => {
    expect(await compare(widths([8, 64], 128, 642), mlp(gelu))).toEqual({})
    expect(await compare(widths([8, 65], 132, 640), mlp(gelu))).toEqual({})
    expect(await compare(widths([8, 64], 64, 128), mlp(gelu))).toEqual({})
    expect(await compare(widths([128], 512, 800), mlp(gelu))).toEqual({})
  })

  test('a hidden layer that somebody else reads stays plain', async () => {
    const types = await compare(widths([512], 128, 640), values => {
      const [x, , w1, b1, w2] = values
      if (!x || !w1 || !b1 || !w2) throw new Error('five values')
      const hidden = tanh(add(matMul(x, w1), b1))
      return [matMul(hidden, w2), hidden]
    })
    expect(types).toEqual({})
  })

  test('layers behind one another, a product that two add to, and blocks of another size', async () => {
    const shapes = [
      [512, 256],
      [256, 512],
      [512, 512],
      [512, 256],
    ]
    const chain = ([x, w1, w2, w3]: readonly Value[]) => {
      if (!x || !w1 || !w2 || !w3) throw new Error('four values')
      const first = matMul(x, w1)
      const second = add(tanh(matMul(tanh(first), w2)), first)
      const y = matMul(second, w3)
      return [y, ...gradientsOf(reduceSum(mul(y, y), undefined, { keepdims: 0 }), [x, w1, w2, w3])]
    }
    const { Conv = 0 } = await compare(shapes, chain)
    expect(Conv).toBe(9)
    const inputs = shapes.map((shape, i) => Value.input({ dtype: 'float32', shape }, `x${i}`))
    const graph = new Graph({ name: 'g', inputs, outputs: chain(inputs) })
    expect(lowerProducts(graph, 16)).toBe(graph)
    expect(lowerProducts(graph, undefined)).toBe(graph)
  })
})
