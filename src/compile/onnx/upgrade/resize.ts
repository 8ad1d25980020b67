import { fromNumbers } from '../../../core/tensor-data.ts'
import { Value } from '../../../graph/value.ts'
import type { NodeDraft } from '../node-maker.ts'
import {
  type Change,
  cannot,
  floatOf,
  floatsOf,
  string,
  stringOf,
  withAttributes,
  withInput,
  without,
} from './change.ts'

/** Upsample, which became Resize; and Resize 10, which had inputs (X, scales) and one way of placing pixels. */

function asResize(draft: NodeDraft): NodeDraft {
  const [x, scales] = draft.inputs
  const bare = { ...draft, type: 'Resize', inputs: [x, undefined, scales] }
  return withAttributes(bare, { coordinate_transformation_mode: string('asymmetric'), nearest_mode: string('floor') })
}

const floats = (values: readonly number[]): Value => Value.constant(fromNumbers('float32', [values.length], values))

export const resizeChanges: readonly Change[] = [
  {
    types: ['Upsample'],
    since: 7,
    adapt: draft => {
      const scales = [1, 1, floatOf(draft, 'height_scale') ?? 1, floatOf(draft, 'width_scale') ?? 1]
      return withAttributes(without(draft, 'height_scale', 'width_scale'), {
        scales: { kind: 'floats', value: scales },
      })
    },
  },
  {
    types: ['Upsample'],
    since: 9,
    adapt: draft => {
      const scales = floatsOf(draft, 'scales')
      return withInput(without(draft, 'scales'), 1, scales && floats(scales))
    },
  },
  {
    types: ['Upsample'],
    since: 10,
    adapt: draft => {
      const mode = stringOf(draft, 'mode')
      const resize = asResize(draft)
      return mode === 'bilinear' ? withAttributes(resize, { mode: string('linear') }) : resize
    },
  },
  {
    types: ['Resize'],
    since: 11,
    // An Upsample has come this far as a Resize of the new kind.
    adapt: draft => (draft.attributes['coordinate_transformation_mode'] ? draft : asResize(draft)),
  },
  {
    types: ['Resize'],
    since: 13,
    adapt: (draft, { where }) => {
      if (stringOf(draft, 'coordinate_transformation_mode') === 'tf_half_pixel_for_nn') {
        throw cannot(
          where,
          'a way of placing pixels that newer versions have',
          "'tf_half_pixel_for_nn', which opset 13 removed",
        )
      }
      return draft
    },
  },
]
