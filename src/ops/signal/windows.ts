import type { Value } from '../../graph/value.ts'
import { constantInts } from '../constants.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { dtypeOfCode } from '../dtype-code.ts'

const attrs = { output_datatype: attr.int(1), periodic: attr.int(1) }
export type WindowOp = Op<['size'], ['y'], typeof attrs>

/** The window functions differ in their name only, as far as a graph is concerned. */
export function defineWindow(type: string): WindowOp {
  return defineOp({
    type,
    since: 17,
    inputs: ['size'],
    attrs,
    infer: ({ size }, { output_datatype }) => ({ dtype: dtypeOfCode(output_datatype), shape: [lengthOf(size)] }),
    vjp: nondiff('a window depends on its length only'),
    batch: nondiff('windows of one graph have one length'),
    samples: [{ size: { values: [6], shape: [] } }, { size: { values: [5], shape: [] }, attrs: { periodic: 0 } }],
  })
}

const lengthOf = (size: Value) => constantInts(size)?.[0] ?? `window_${size.id}`
