import { normalizeAxes } from '../../core/shape.ts'
import { attr, defineOp, type Op } from '../define.ts'
import { requireFloat } from '../infer.ts'
import { countedSize } from './conv-shape.ts'
import { normalized, normalizedGradient } from './normalized.ts'

const attrs = { axes: attr.ints([0, 2, 3]) }

/** (x − mean) / √variance over `axes`. The engine adds 1e-9 to the deviation; the gradient leaves that out. */
export const meanVarianceNormalization: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'MeanVarianceNormalization',
  since: 13,
  inputs: ['x'],
  attrs,
  infer: ({ x }, { axes }) => {
    requireFloat('MeanVarianceNormalization', x)
    normalizeAxes(axes, x.shape.length, 'MeanVarianceNormalization')
    return x
  },
  vjp: ({ x }, _y, dy, { axes }) => ({ x: normalizedGradient(dy, normalized(x, axes, 0), axes) }),
  batch: ({ x }, { call, attributes: { axes } }) =>
    call({ x: x.value }, { axes: axes.map(axis => (axis < 0 ? axis : axis + 1)) }),
  samples: [{ x: [2, 3, 2, 3] }, { x: [2, 3, 4, 2], attrs: { axes: [2, 3] } }],
  traits: { flops: node => 6 * countedSize(node.inputs[0]?.shape ?? []) },
})
