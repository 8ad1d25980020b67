import type { Value } from '../../../graph/value.ts'
import { type Change, cannot, intOf, ints, type Tools, withInput, without } from './change.ts'

/** Opset 7 brought NumPy's broadcasting; before, a node said where its second operand lines up. */

const binary = ['Add', 'And', 'Div', 'Equal', 'Greater', 'Less', 'Mul', 'Or', 'Pow', 'Sub', 'Xor']

/** `b` with axes of size 1 behind, so that its first axis lines up with `axis` of `a`. */
function alignedAt(
  axis: number,
  a: Value | undefined,
  b: Value | undefined,
  { make, where }: Tools,
): Value | undefined {
  if (!a || !b) return b
  if (!a.type || !b.type)
    throw cannot(where, 'operands of known rank, for broadcasting as before opset 7', 'unknown types')
  const start = axis < 0 ? axis + a.shape.length : axis
  const behind = a.shape.length - start - b.shape.length
  return behind <= 0 ? b : make('Unsqueeze', [b, ints(Array.from({ length: behind }, (_, i) => b.shape.length + i))])
}

export const broadcastingChanges: readonly Change[] = [
  {
    types: binary,
    since: 7,
    adapt: (draft, tools) => {
      const axis = intOf(draft, 'axis')
      const bare = without(draft, 'axis', 'broadcast')
      if (intOf(draft, 'broadcast') !== 1 || axis === undefined) return bare
      return withInput(bare, 1, alignedAt(axis, draft.inputs[0], draft.inputs[1], tools))
    },
  },
  { types: ['Gemm'], since: 7, adapt: draft => without(draft, 'broadcast') },
  {
    // One slope per channel, which is axis 1, became an ordinary broadcast.
    types: ['PRelu'],
    since: 7,
    adapt: (draft, tools) => {
      const [x, slope] = draft.inputs
      const perChannel = slope?.type?.shape.length === 1 && slope.type.shape[0] !== 1
      return perChannel ? withInput(draft, 1, alignedAt(1, x, slope, tools)) : draft
    },
  },
]
