import { normalizeAxis } from '../../core/shape.ts'
import { attr, defineOp, type Op, zeroGradient } from '../define.ts'
import { requireFloat } from '../infer.ts'
import { batchAxis } from './axis.ts'

const attrs = { axis: attr.int(-1) }

/** 1 at the first largest element along `axis`, 0 elsewhere. */
export const hardmax: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'Hardmax',
  since: 13,
  inputs: ['x'],
  attrs,
  infer: ({ x }, { axis }) => {
    requireFloat('Hardmax', x)
    normalizeAxis(axis, x.shape.length, 'Hardmax')
    return x.type
  },
  vjp: zeroGradient('a position does not change smoothly'),
  batch: batchAxis,
  samples: [{ x: { shape: [3, 4], distinct: true } }, { x: { shape: [2, 3, 4], distinct: true }, attrs: { axis: 1 } }],
})
