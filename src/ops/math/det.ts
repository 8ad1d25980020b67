import { ShapeError } from '../../core/errors.ts'
import { formatShape } from '../../core/shape.ts'
import { defineOp, nondiff, type Op } from '../define.ts'
import { equalDims, requireFloat } from '../infer.ts'

/** Determinant of each square matrix of a stack: [*, M, M] → [*]. */
export const det: Op<['x']> = defineOp({
  type: 'Det',
  since: 11,
  inputs: ['x'],
  infer: ({ x }) => {
    requireFloat('Det', x)
    const received = formatShape(x.shape)
    const [rows, columns] = x.shape.slice(-2)
    if (rows === undefined || columns === undefined) {
      throw new ShapeError({ where: 'Det', expected: 'a square matrix or a stack of them', received })
    }
    equalDims('Det', rows, columns, 'square matrices', received)
    return { dtype: x.dtype, shape: x.shape.slice(0, -2) }
  },
  vjp: nondiff('its gradient is det(A)·A⁻ᵀ, and ONNX has no matrix inverse'),
  batch: ({ x }, { call, attributes }) => call({ x: x.value }, attributes),
  samples: [{ x: [3, 3] }, { x: [2, 4, 2, 2] }],
})
