import { ArgumentError } from '../../core/errors.ts'
import { type Dim, normalizeAxis, staticShape } from '../../core/shape.ts'
import { constantInts, ints, scalarLike } from '../constants.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { scatterElements } from '../index/scatter-elements.ts'
import { requireNumeric } from '../infer.ts'
import { expand } from '../shape/expand.ts'

const attrs = { axis: attr.int(-1), largest: attr.int(1), sorted: attr.int(1) }

/**
 * The `k` largest (or, with `largest: 0`, smallest) elements along an axis and their positions (int64). Of equal elements the one
 * with the lower position comes first. `sorted: 0` leaves their order to the engine.
 */
export const topK: Op<['x', 'k'], ['values', 'indices'], typeof attrs> = defineOp({
  type: 'TopK',
  since: 11,
  inputs: ['x', 'k'],
  outputs: ['values', 'indices'],
  attrs,
  infer: ({ x, k }, { axis }) => {
    requireNumeric('TopK', x)
    const at = normalizeAxis(axis, x.shape.length, 'TopK')
    const [count] = constantInts(k) ?? []
    const size = x.shape[at]
    if (count !== undefined && (count < 0 || (typeof size === 'number' && count > size))) {
      throw new ArgumentError({
        where: 'TopK',
        expected: `k from 0 to ${size}, the size of axis ${axis}`,
        received: `${count}`,
      })
    }
    const shape: Dim[] = [...x.shape]
    shape[at] = count ?? `topk_${k.id}`
    return { values: { dtype: x.dtype, shape }, indices: { dtype: 'int64', shape } }
  },
  // Each chosen element gets the gradient of its copy, the others none.
  vjp: ({ x }, { indices }, { values: dy }, { axis }) => {
    const zeros = expand(scalarLike(0, x), ints(staticShape(x.shape, 'gradient of TopK')))
    return { x: dy && scatterElements(zeros, indices, dy, { axis }), k: nondiff('a count is an integer') }
  },
  batch: ({ x, k }, { call, attributes }) =>
    call(
      { x: x.value, k: k.value },
      { ...attributes, axis: normalizeAxis(attributes.axis, x.value.shape.length - 1, 'TopK') + 1 },
    ),
  samples: [
    { x: { shape: [3, 5], distinct: true }, k: { values: [2] } },
    { x: { shape: [2, 4, 3], distinct: true }, k: { values: [3] }, attrs: { axis: 1, largest: 0 } },
    { x: { shape: [6], dtype: 'int64', high: 4 }, k: { values: [4] } },
  ],
})
