import { ArgumentError } from '../../core/errors.ts'
import { fromNumbers, type TensorData, tensorData } from '../../core/tensor-data.ts'
import { type AttributesOf, attr, defineOp, nondiff, type Op } from '../define.ts'

const attrs = {
  value: attr.tensor(),
  value_float: attr.float(),
  value_floats: attr.floats(),
  value_int: attr.int(),
  value_ints: attr.ints(),
  value_string: attr.string(),
  value_strings: attr.strings(),
}

/**
 * A constant as a node. Graphs built here hold constants as values without a node; this is for decoded models, whose decoder (or
 * the fold-constants pass) turns it into one.
 */
export const constantNode: Op<[], ['y'], typeof attrs> = defineOp({
  type: 'Constant',
  since: 21,
  inputs: [],
  attrs,
  infer: (_, attributes) => {
    const { dtype, shape } = onlyValue(attributes)
    return { dtype, shape }
  },
  vjp: nondiff('it has no inputs'),
  batch: nondiff('it has no inputs'),
  fold: (_, attributes) => onlyValue(attributes),
  samples: [
    { attrs: { value: fromNumbers('float32', [2, 2], [1, 2, 3, 4]) } },
    { attrs: { value_float: 0.5 } },
    { attrs: { value_ints: [3, -1] } },
    { attrs: { value_int: 7 } },
    { attrs: { value_floats: [0.5, 2] } },
  ],
})

function onlyValue(given: AttributesOf<typeof attrs>): TensorData {
  const all = [
    given.value,
    given.value_float === undefined ? undefined : fromNumbers('float32', [], [given.value_float]),
    given.value_floats && fromNumbers('float32', [given.value_floats.length], given.value_floats),
    given.value_int === undefined ? undefined : fromNumbers('int64', [], [given.value_int]),
    given.value_ints && fromNumbers('int64', [given.value_ints.length], given.value_ints),
    given.value_string === undefined ? undefined : tensorData('string', [], [given.value_string]),
    given.value_strings && tensorData('string', [given.value_strings.length], [...given.value_strings]),
  ].filter(value => value !== undefined)
  const [only] = all
  if (only && all.length === 1) return only
  throw new ArgumentError({ where: 'Constant', expected: 'exactly one value attribute', received: `${all.length}` })
}
