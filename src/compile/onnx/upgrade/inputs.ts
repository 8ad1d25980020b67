import { fromNumbers } from '../../../core/tensor-data.ts'
import { Value } from '../../../graph/value.ts'
import {
  type Change,
  floatOf,
  int,
  intOf,
  ints,
  intsOf,
  scalarOf,
  withAttributes,
  withInput,
  without,
} from './change.ts'

/** Attributes that became inputs. */

/** ReduceSum at 13, the other reductions at 18: `axes`. */
const reductions = [
  'ReduceL1',
  'ReduceL2',
  'ReduceLogSum',
  'ReduceLogSumExp',
  'ReduceMax',
  'ReduceMean',
  'ReduceMin',
  'ReduceProd',
  'ReduceSumSquare',
]

const axesToInput: Change['adapt'] = draft => {
  const axes = intsOf(draft, 'axes')
  return withInput(without(draft, 'axes'), 1, axes && ints(axes))
}

export const inputChanges: readonly Change[] = [
  { types: ['ReduceSum', 'Squeeze', 'Unsqueeze'], since: 13, adapt: axesToInput },
  { types: reductions, since: 18, adapt: axesToInput },
  {
    types: ['Reshape'],
    since: 5,
    adapt: draft => {
      const shape = intsOf(draft, 'shape')
      return withInput(without(draft, 'shape'), 1, shape && ints(shape))
    },
  },
  {
    types: ['Split'],
    since: 13,
    adapt: draft => {
      const sizes = intsOf(draft, 'split')
      return withInput(without(draft, 'split'), 1, sizes && ints(sizes))
    },
  },
  {
    // Equal parts are asked for by number, where before they followed from the outputs.
    types: ['Split'],
    since: 18,
    adapt: draft => (draft.inputs[1] ? draft : withAttributes(draft, { num_outputs: int(draft.outputs.length) })),
  },
  {
    types: ['Slice'],
    since: 10,
    adapt: draft => {
      const [starts, ends, axes] = [intsOf(draft, 'starts'), intsOf(draft, 'ends'), intsOf(draft, 'axes')]
      const bare = without(draft, 'starts', 'ends', 'axes')
      return withInput(
        withInput(withInput(bare, 1, starts && ints(starts)), 2, ends && ints(ends)),
        3,
        axes && ints(axes),
      )
    },
  },
  {
    types: ['Pad'],
    since: 2,
    adapt: draft => {
      const { paddings, ...rest } = draft.attributes
      return { ...draft, attributes: paddings ? { ...rest, pads: paddings } : rest }
    },
  },
  {
    types: ['Pad'],
    since: 11,
    adapt: (draft, tools) => {
      const pads = withInput(without(draft, 'pads', 'value'), 1, ints(intsOf(draft, 'pads') ?? []))
      const value = floatOf(draft, 'value')
      return value === undefined ? pads : withInput(pads, 2, scalarOf(value, draft.inputs[0], tools))
    },
  },
  {
    types: ['Clip'],
    since: 11,
    adapt: (draft, tools) => {
      const bound = (name: string) => {
        const value = floatOf(draft, name)
        return value === undefined ? undefined : scalarOf(value, draft.inputs[0], tools)
      }
      return withInput(withInput(without(draft, 'min', 'max'), 1, bound('min')), 2, bound('max'))
    },
  },
  {
    types: ['TopK'],
    since: 10,
    adapt: draft => {
      const k = intOf(draft, 'k')
      return withInput(without(draft, 'k'), 1, k === undefined ? undefined : ints([k]))
    },
  },
  {
    types: ['Dropout'],
    since: 12,
    adapt: draft => {
      const ratio = floatOf(draft, 'ratio')
      const constant = ratio === undefined ? undefined : Value.constant(fromNumbers('float32', [], [ratio]))
      return withInput(without(draft, 'ratio', 'is_test'), 1, constant)
    },
  },
  {
    // The default of the axis changed as well, from the first after the batch axis to the last of the signal.
    types: ['DFT'],
    since: 20,
    adapt: draft => {
      const axis = Value.constant({
        dtype: 'int64',
        shape: [],
        data: BigInt64Array.of(BigInt(intOf(draft, 'axis') ?? 1)),
      })
      return withInput(without(draft, 'axis'), 2, axis)
    },
  },
]
