import { ensureBatched } from '../batching.ts'
import { attr, defineOp, type Op, zeroGradient } from '../define.ts'
import { dtypeOfCode } from '../dtype-code.ts'
import { requireFloat } from '../infer.ts'

const attrs = { dtype: attr.int(), seed: attr.float() }

/** 1 with the probability that the input gives, else 0, drawn by the engine: not reproducible from engine to engine. */
export const bernoulli: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'Bernoulli',
  since: 15,
  inputs: ['x'],
  attrs,
  infer: ({ x }, { dtype }) => {
    requireFloat('Bernoulli', x)
    return { dtype: dtype === undefined ? x.dtype : dtypeOfCode(dtype), shape: x.shape }
  },
  vjp: zeroGradient('a draw does not change smoothly with its probability'),
  batch: ({ x }, { call, attributes, size }) => call({ x: ensureBatched(x, size) }, attributes),
  samples: [
    {
      x: { shape: [3, 4], low: 0, high: 1 },
      skip: { gradient: 'two runs draw differently', vmap: 'two runs draw differently' },
    },
    { x: { values: [0, 1, 1, 0], dtype: 'float32' }, attrs: { dtype: 9 } },
  ],
  traits: { random: true },
})
