import { describe, expect, test } from 'vitest'
import { gradientsOf } from '../../src/autodiff/backward.ts'
import { Graph } from '../../src/graph/graph.ts'
import { Value } from '../../src/graph/value.ts'
import { mul } from '../../src/ops/math/mul.ts'
import { conv } from '../../src/ops/nn/conv.ts'
import { reduceSum } from '../../src/ops/reduce/reduce-sum.ts'
import { checkGradients } from '../support/operator-checks.ts'

/** A weight gradient is a convolution whose window is as large as the image: its own gradient must not take a node per place. */
describe('gradients of gradients of Conv', () => {
  const cases = [
    { x: [2, 6, 10, 9], w: [3, 6, 3, 3], attributes: { pads: [1, 1, 1, 1] } },
    { x: [3, 6, 9, 9], w: [6, 6, 1, 2], attributes: { pads: [0, 1, 0, 0] } },
    { x: [2, 6, 17, 18], w: [2, 6, 3, 2], attributes: { strides: [2, 2], pads: [1, 0, 1, 0] } },
    { x: [6, 12, 8, 9], w: [12, 12, 8, 8], attributes: {} },
  ]
  test.each(cases)('x $x, w $w', async ({ x, w, attributes }) => {
    await checkGradients(conv, { inputs: { x, w }, attributes, skip: {} }, 0, 2)
  })

  test.each(cases)('have few nodes: x $x, w $w', ({ x, w, attributes }) => {
    const image = Value.input({ dtype: 'float32', shape: x }, 'x')
    const kernel = Value.input({ dtype: 'float32', shape: w }, 'w')
    const y = conv(image, kernel, undefined, attributes)
    const first = gradientsOf(sumOfSquares(y), [image, kernel])
    const second = first.flatMap(gradient => gradientsOf(sumOfSquares(gradient), [image, kernel]))
    expect(new Graph({ inputs: [image, kernel], outputs: second }).nodes.length).toBeLessThan(250)
  })
})

const sumOfSquares = (x: Value): Value => reduceSum(mul(x, x), undefined, { keepdims: 0 })
