import { type DType, isFloat } from '../../core/dtype.ts'
import { elementwise } from '../batching.ts'
import { attr, defineOp, type Op, zeroGradient } from '../define.ts'
import { codeOfDType, dtypeOfCode } from '../dtype-code.ts'

const attrs = { to: attr.required.int(), saturate: attr.int(1) }

const castOp: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'Cast',
  since: 21,
  inputs: ['x'],
  attrs,
  infer: ({ x }, { to }) => ({ dtype: dtypeOfCode(to), shape: x.shape }),
  vjp: ({ x }, y, dy) =>
    isFloat(x.dtype) && isFloat(y.dtype)
      ? { x: cast(dy, { to: x.dtype }) }
      : { x: zeroGradient('an integer does not change smoothly') },
  batch: elementwise,
  samples: [
    { x: [3, 4], attrs: { to: codeOfDType('float64') } },
    { x: { shape: [5], dtype: 'int32', low: -3, high: 3 }, attrs: { to: codeOfDType('float32') } },
  ],
  traits: { elementwise: true },
})

/** Converts to another dtype; the value itself when it has that dtype already. */
export const cast = Object.assign(
  (x: Parameters<typeof castOp>[0], { to }: { readonly to: DType }) =>
    x.dtype === to ? x : castOp(x, { to: codeOfDType(to) }),
  { operator: castOp },
)
