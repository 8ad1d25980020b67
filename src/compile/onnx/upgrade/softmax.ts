import { isStatic, normalizeAxis, sizeOf } from '../../../core/shape.ts'
import { type Change, int, intOf, ints, withAttributes } from './change.ts'

/**
 * Softmax, LogSoftmax and Hardmax before 13 flattened their input to a matrix, at `axis` (default 1), and worked along its
 * rows; since 13 they work along the one `axis` (default −1). The two agree when the axis is the last.
 */
export const softmaxChanges: readonly Change[] = [
  {
    types: ['Softmax', 'LogSoftmax', 'Hardmax'],
    since: 13,
    adapt: (draft, { make, where }) => {
      const [x] = draft.inputs
      const axis = intOf(draft, 'axis') ?? 1
      const shape = x?.type?.shape
      if (!x) return draft
      if (shape && normalizeAxis(axis, Math.max(shape.length, 1), where) === shape.length - 1)
        return withAttributes(draft, { axis: int(-1) })
      const matrix = make('Flatten', [x], { axis: int(axis) })
      const rows = make(draft.type, [matrix], { axis: int(-1) })
      const back = shape && isStatic(shape) && sizeOf(shape) > 0 ? ints(shape) : make('Shape', [x])
      return { ...draft, type: 'Reshape', inputs: [rows, back], attributes: {} }
    },
  },
]
