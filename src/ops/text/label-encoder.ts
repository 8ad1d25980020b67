import type { DType } from '../../core/dtype.ts'
import { ArgumentError, DTypeError } from '../../core/errors.ts'
import { elementwise } from '../batching.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'

const attrs = {
  default_float: attr.float(0),
  default_int64: attr.int(-1),
  default_string: attr.string('_Unused'),
  keys_floats: attr.floats(),
  keys_int64s: attr.ints(),
  keys_strings: attr.strings(),
  values_floats: attr.floats(),
  values_int64s: attr.ints(),
  values_strings: attr.strings(),
}

/**
 * Replaces each element by the value that stands beside it in a table of keys and values, or by the default. Strings, integers and
 * floats, each in either column. https://onnx.ai/onnx/operators/onnx_aionnxml_LabelEncoder.html
 */
export const labelEncoder: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'LabelEncoder',
  domain: 'ai.onnx.ml',
  since: 2,
  inputs: ['x'],
  attrs,
  infer: ({ x }, attributes) => {
    const keys = column({
      string: attributes.keys_strings,
      int64: attributes.keys_int64s,
      float32: attributes.keys_floats,
    })
    const values = column({
      string: attributes.values_strings,
      int64: attributes.values_int64s,
      float32: attributes.values_floats,
    })
    if (keys.length !== values.length) {
      throw new ArgumentError({
        where: 'LabelEncoder',
        expected: 'as many values as keys',
        received: `${keys.length} keys and ${values.length} values`,
      })
    }
    if (x.dtype !== keys.dtype) throw new DTypeError({ where: 'LabelEncoder', expected: keys.dtype, received: x.dtype })
    return { dtype: values.dtype, shape: x.shape }
  },
  vjp: nondiff('a table of labels has no slope'),
  batch: elementwise,
  samples: [
    {
      x: { values: [3, 1, 4, 1, 5, 9], shape: [2, 3], dtype: 'int64' },
      attrs: { keys_int64s: [1, 3, 9], values_int64s: [10, 30, 90], default_int64: -7 },
    },
    {
      x: { values: [2, 0, 1], dtype: 'int64' },
      attrs: { keys_int64s: [0, 1], values_floats: [0.5, 1.5], default_float: -1 },
    },
  ],
  traits: { elementwise: true },
})

/** The one of the columns that is there. */
function column(columns: Readonly<Partial<Record<DType, readonly unknown[] | undefined>>>): {
  readonly dtype: DType
  readonly length: number
} {
  const given = Object.entries(columns).filter(([, list]) => list !== undefined)
  const [only] = given
  if (!only?.[1] || given.length !== 1) {
    throw new ArgumentError({
      where: 'LabelEncoder',
      expected: 'one list of keys and one of values',
      received: `${given.length} of ${Object.keys(columns).length} kinds`,
    })
  }
  // The keys of `columns` are dtypes.
  return { dtype: only[0] as DType, length: only[1].length }
}
