import type { Value } from '../../../graph/value.ts'
import type { NodeDraft } from '../node-maker.ts'
import {
  type Change,
  cannot,
  floatOf,
  int,
  intOf,
  ints,
  scalarOf,
  type Tools,
  withAttributes,
  without,
} from './change.ts'

/** Opset 7 and 8 could normalise every element of an example by statistics of its own (`spatial` 0): the formula, written out. */
function perElement(draft: NodeDraft, tools: Tools): readonly (Value | undefined)[] {
  const { make, where } = tools
  if (draft.outputs.slice(1).some(name => name !== undefined))
    throw cannot(where, 'inference, or statistics per channel', 'training with spatial = 0, which opset 9 removed')
  const [x, scale, bias, mean, variance] = draft.inputs
  const deviation = make('Sqrt', [
    make('Add', [variance, scalarOf(floatOf(draft, 'epsilon') ?? 1e-5, variance, tools)]),
  ])
  const normal = make('Div', [make('Sub', [x, mean]), deviation])
  return [make('Add', [make('Mul', [normal, scale]), bias])]
}

export const normalizationChanges: readonly Change[] = [
  { types: ['BatchNormalization'], since: 7, adapt: draft => without(draft, 'is_test', 'consumed_inputs') },
  {
    types: ['BatchNormalization'],
    since: 9,
    adapt: (draft, tools) =>
      intOf(draft, 'spatial') === 0 && draft.inputs[0]?.type?.shape.length !== 2
        ? perElement(draft, tools)
        : without(draft, 'spatial'),
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
