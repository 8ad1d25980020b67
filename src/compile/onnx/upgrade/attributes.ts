import { type Change, cannot, floatOf, int, string, stringOf, withAttributes, without } from './change.ts'
import { dtypeByOldName } from './old-types.ts'

/** Attributes and operators that changed their names, values or defaults. */

/** Operators of opset 1 to 5 with a hint for in-place computation that nothing reads. */
const inPlace = [
  ...[
    'Abs',
    'Add',
    'Ceil',
    'Clip',
    'Div',
    'Dropout',
    'Elu',
    'Exp',
    'Floor',
    'HardSigmoid',
    'InstanceNormalization',
    'LeakyRelu',
    'Log',
  ],
  ...[
    'Max',
    'Mean',
    'Min',
    'Mul',
    'Neg',
    'PRelu',
    'Reciprocal',
    'Relu',
    'Reshape',
    'Selu',
    'Sigmoid',
    'Sqrt',
    'Sub',
    'Sum',
    'Tanh',
  ],
]

export const attributeChanges: readonly Change[] = [
  { types: inPlace, since: 6, adapt: draft => without(draft, 'consumed_inputs') },
  {
    types: ['Concat'],
    since: 4,
    adapt: draft => (draft.attributes['axis'] ? draft : withAttributes(draft, { axis: int(1) })),
  },
  {
    types: ['Cast'],
    since: 6,
    adapt: (draft, { where }) => {
      const to = stringOf(draft, 'to')
      if (to === undefined) return draft
      const code = dtypeByOldName(to)
      if (code === undefined) throw cannot(where, 'the name of an element type', `'${to}'`)
      return withAttributes(draft, { to: int(code) })
    },
  },
  { types: ['GRU', 'LSTM', 'RNN'], since: 7, adapt: draft => without(draft, 'output_sequence') },
  {
    types: ['LpPool', 'GlobalLpPool'],
    since: 2,
    adapt: draft => {
      const p = floatOf(draft, 'p')
      return p === undefined ? draft : withAttributes(draft, { p: int(p) })
    },
  },
  {
    types: ['Scan'],
    since: 9,
    adapt: (_draft, { where }) => {
      throw cannot(where, 'Scan of opset 9 or newer', 'Scan of opset 8, which also carried a batch axis')
    },
  },
  { types: ['Scatter'], since: 11, adapt: draft => ({ ...draft, type: 'ScatterElements' }) },
  {
    types: ['RoiAlign'],
    since: 16,
    adapt: draft => withAttributes(draft, { coordinate_transformation_mode: string('output_half_pixel') }),
  },
  {
    types: ['GridSample'],
    since: 20,
    adapt: draft => {
      const mode = stringOf(draft, 'mode')
      return mode === 'bilinear' || mode === 'bicubic'
        ? withAttributes(draft, { mode: string(mode === 'bilinear' ? 'linear' : 'cubic') })
        : draft
    },
  },
]
