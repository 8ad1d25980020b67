import { type Change, cannot, int, intOf, ints, withAttributes, without } from './change.ts'

export const normalizationChanges: readonly Change[] = [
  { types: ['BatchNormalization'], since: 7, adapt: draft => without(draft, 'is_test', 'consumed_inputs') },
  {
    types: ['BatchNormalization'],
    since: 9,
    adapt: (draft, { where }) => {
      if (intOf(draft, 'spatial') === 0)
        throw cannot(where, 'statistics per channel', 'spatial = 0, which opset 9 removed')
      return without(draft, 'spatial')
    },
  },
  {
    // Training was asked for by naming more than one output; the saved statistics went away.
    types: ['BatchNormalization'],
    since: 14,
    adapt: draft =>
      draft.outputs.slice(1).some(name => name !== undefined)
        ? withAttributes({ ...draft, outputs: draft.outputs.slice(0, 3) }, { training_mode: int(1) })
        : { ...draft, outputs: draft.outputs.slice(0, 1) },
  },
  {
    // Scale and bias per group became scale and bias per channel.
    types: ['GroupNormalization'],
    since: 21,
    adapt: (draft, { make, where }) => {
      const [x, ...perGroup] = draft.inputs
      const groups = intOf(draft, 'num_groups')
      const channels = x?.type?.shape[1]
      if (groups === undefined || typeof channels !== 'number')
        throw cannot(where, 'a known number of channels', 'an unknown one')
      const spread = perGroup.map(value => {
        if (!value) return value
        const column = make('Unsqueeze', [value, ints([1])])
        return make('Reshape', [make('Expand', [column, ints([groups, channels / groups])]), ints([channels])])
      })
      return { ...draft, inputs: [x, ...spread] }
    },
  },
]
