import { ensureBatched } from '../batching.ts'
import { attr, defineOp, type Op, zeroGradient } from '../define.ts'
import { dtypeOfCode } from '../dtype-code.ts'

const attrs = { dtype: attr.int(), high: attr.float(1), low: attr.float(0), seed: attr.float() }

/** Uniform in [low, high), of the input's shape (and dtype, unless given), drawn by the engine: not reproducible from engine to engine. */
export const randomUniformLike: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'RandomUniformLike',
  since: 1,
  inputs: ['x'],
  attrs,
  infer: ({ x }, { dtype }) => ({ dtype: dtype === undefined ? x.dtype : dtypeOfCode(dtype), shape: x.shape }),
  vjp: zeroGradient('only the shape of the input matters'),
  batch: ({ x }, { call, attributes, size }) => call({ x: ensureBatched(x, size) }, attributes),
  samples: [
    { x: [3, 4], skip: { gradient: 'two runs draw differently', vmap: 'two runs draw differently' } },
    { x: { shape: [2], dtype: 'int32' }, attrs: { dtype: 1 }, skip: { vmap: 'two runs draw differently' } },
  ],
  traits: { random: true },
})
