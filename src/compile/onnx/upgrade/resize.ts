import { fromNumbers, toNumbers } from '../../../core/tensor-data.ts'
import { Value } from '../../../graph/value.ts'
import type { NodeDraft } from '../node-maker.ts'
import {
  type Change,
  cannot,
  floatOf,
  floatsOf,
  string,
  stringOf,
  type Tools,
  withAttributes,
  withInput,
  without,
} from './change.ts'

/** Upsample, which became Resize; and Resize 10, which had inputs (X, scales) and one way of placing pixels. */

/** Pixels were placed at (i / scale), and the nearest taken to be the one below when enlarging and the one above when reducing. */
function asResize(draft: NodeDraft, { make }: Tools): NodeDraft {
  const [x, scales] = draft.inputs
  const mode = draft.attributes['mode'] ?? string('nearest')
  const resize = (input: Value | undefined, by: Value | undefined, nearest: 'floor' | 'ceil'): NodeDraft => ({
    ...draft,
    type: 'Resize',
    inputs: [input, undefined, by],
    attributes: { mode, coordinate_transformation_mode: string('asymmetric'), nearest_mode: string(nearest) },
  })
  const factors = scales?.constant ? Array.from(toNumbers(scales.constant)) : []
  const reduced = factors.some(factor => factor < 1)
  if (!reduced || stringOf(draft, 'mode') === 'linear') return resize(x, scales, 'floor')
  if (factors.every(factor => factor <= 1)) return resize(x, scales, 'ceil')
  // Some axes shrink and others grow: one after the other.
  const down = resize(x, floats(factors.map(factor => Math.min(factor, 1))), 'ceil')
  return resize(
    make('Resize', down.inputs, down.attributes),
    floats(factors.map(factor => Math.max(factor, 1))),
    'floor',
  )
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
    adapt: (draft, tools) => {
      const mode = stringOf(draft, 'mode')
      const resize = asResize(draft, tools)
      return mode === 'bilinear' ? withAttributes(resize, { mode: string('linear') }) : resize
    },
  },
  {
    types: ['Resize'],
    since: 11,
    // An Upsample has come this far as a Resize of the new kind.
    adapt: (draft, tools) => (draft.attributes['coordinate_transformation_mode'] ? draft : asResize(draft, tools)),
  },
  {
    types: ['Resize'],
    since: 13,
    adapt: (draft, { where }) => {
      if (stringOf(draft, 'coordinate_transformation_mode') !== 'tf_half_pixel_for_nn') return draft
      // It left out the − ½ of half_pixel: ⌊x + ½⌋ is x rounded with ties up, and ⌈x + ½ − ½⌉ its ceiling.
      const nearest = { floor: 'round_prefer_ceil', round_prefer_floor: 'ceil' }
      const mode = stringOf(draft, 'nearest_mode') ?? 'round_prefer_floor'
      const interpolation = stringOf(draft, 'mode') ?? 'nearest'
      if (interpolation !== 'nearest' || (mode !== 'floor' && mode !== 'round_prefer_floor')) {
        throw cannot(
          where,
          'a way of placing pixels that newer versions have',
          `'tf_half_pixel_for_nn' (${interpolation}, ${mode}), which opset 13 removed`,
        )
      }
      return withAttributes(draft, {
        coordinate_transformation_mode: string('half_pixel'),
        nearest_mode: string(nearest[mode]),
      })
    },
  },
]
