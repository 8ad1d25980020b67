import { type DType, isFloat, isInt } from '../../core/dtype.ts'
import type { TensorData } from '../../core/tensor-data.ts'
import type { Value } from '../../graph/value.ts'
import { elementwise } from '../batching.ts'
import { attr, defineOp, type Op, zeroGradient } from '../define.ts'
import { codeOfDType, dtypeOfCode } from '../dtype-code.ts'
import { exactNumbers, foldedNumbers, small } from '../fold.ts'

const attrs = { to: attr.required.int(), saturate: attr.int(1) }

export const castOp: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'Cast',
  since: 21,
  inputs: ['x'],
  attrs,
  infer: ({ x }, { to }) => ({ dtype: dtypeOfCode(to), shape: x.shape }),
  vjp: ({ x }, y, dy) =>
    isFloat(x.dtype) && isFloat(y.dtype)
      ? { x: cast(dy, { to: x.dtype }) }
      : { x: zeroGradient('an integer does not change smoothly') },
  fold: ({ x }, { to }) => foldCast(x, dtypeOfCode(to)),
  batch: elementwise,
  samples: [
    { x: [3, 4], attrs: { to: codeOfDType('float64') } },
    { x: { shape: [5], dtype: 'int32', low: -3, high: 3 }, attrs: { to: codeOfDType('float32') } },
  ],
  traits: { elementwise: true },
})

/** Converts to another dtype; the value itself when it has that dtype already. */
export const cast = (x: Value, { to }: { readonly to: DType }): Value =>
  x.dtype === to ? x : castOp(x, { to: codeOfDType(to) })

/** Between numeric types, where the value fits the new one; floats truncate towards zero. */
function foldCast(x: Value, to: DType): TensorData | undefined {
  const data = small(x)
  const numbers = exactNumbers(data)
  if (!data || !numbers || to === 'string') return undefined
  return foldedNumbers(to, data.shape, isInt(to) ? numbers.map(Math.trunc) : numbers)
}
