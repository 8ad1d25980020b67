import { ArgumentError } from '../../core/errors.ts'
import { staticShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { ints, scalarLike } from '../constants.ts'
import { attr, defineOp, type Op } from '../define.ts'
import { requireFloat } from '../infer.ts'
import { add } from '../math/add.ts'
import { mul } from '../math/mul.ts'
import { pow } from '../math/pow.ts'
import { sub } from '../math/sub.ts'
import { pad } from '../shape/pad.ts'
import { slice } from '../shape/slice.ts'
import { countedSize, spatialShape } from './conv-shape.ts'
import { foldExamples } from './pool-shape.ts'

const attrs = { alpha: attr.float(1e-4), beta: attr.float(0.75), bias: attr.float(1), size: attr.required.int() }

/**
 * Local response normalisation (Krizhevsky, Sutskever & Hinton, 2012): x / (bias + α/size · Σ x²)^β, the sum going over
 * `size` neighbouring channels.
 */
export const lrn: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'LRN',
  since: 13,
  inputs: ['x'],
  attrs,
  infer: ({ x }, { size }) => {
    requireFloat('LRN', x)
    spatialShape('LRN', x)
    if (size < 1) throw new ArgumentError({ where: 'LRN', expected: 'a size of at least 1', received: String(size) })
    return x
  },
  // With D = bias + α/size·Σx²: dx = dy·D^(−β) − 2αβ/size · x · Σ dy·x·D^(−β−1), the sum over the windows that hold x.
  vjp: ({ x }, _y, dy, { alpha, beta, bias, size }) => {
    const before = Math.floor((size - 1) / 2)
    const after = size - 1 - before
    const scale = (value: Value, factor: number) => mul(value, scalarLike(factor, x))
    const d = add(scale(neighbours(mul(x, x), before, after), alpha / size), scalarLike(bias, x))
    const shared = neighbours(mul(mul(dy, x), pow(d, scalarLike(-beta - 1, x))), after, before)
    return { x: sub(mul(dy, pow(d, scalarLike(-beta, x))), scale(mul(x, shared), (2 * alpha * beta) / size)) }
  },
  batch: foldExamples,
  samples: [
    { x: [2, 5, 2, 2], attrs: { size: 3, alpha: 0.5, beta: 0.6, bias: 1.5 } },
    { x: [1, 4, 3, 2], attrs: { size: 5, alpha: 0.8 } },
    {
      x: [1, 4, 3, 2],
      attrs: { size: 2, alpha: 0.8 },
      skip: { cpu: 'ONNX Runtime takes odd sizes only' },
    },
  ],
  traits: { flops: node => 4 * countedSize(node.inputs[0]?.shape ?? []) },
})

/** Σ over channels c − before … c + after, as a sum of shifted slices. */
function neighbours(x: Value, before: number, after: number): Value {
  const [, channels = 0, ...spatial] = staticShape(x.shape, 'gradient of LRN')
  const zeros = spatial.map(() => 0)
  const padded = pad(x, ints([0, before, ...zeros, 0, after, ...zeros]))
  const shifted = Array.from({ length: before + after + 1 }, (_, i) =>
    slice(padded, ints([i]), ints([i + channels]), ints([1])),
  )
  return shifted.reduce((sum, part) => add(sum, part))
}
