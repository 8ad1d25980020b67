import { ArgumentError } from '../../core/errors.ts'
import { constantNumbers } from '../constants.ts'
import { defineOp, nondiff, type Op } from '../define.ts'
import { foldedNumbers, foldLimit } from '../fold.ts'
import { requireNumeric, requireRank, sameDType } from '../infer.ts'

/** start, start + delta, … up to `limit` (exclusive), a vector. */
export const range: Op<['start', 'limit', 'delta']> = defineOp({
  type: 'Range',
  since: 11,
  inputs: ['start', 'limit', 'delta'],
  infer: ({ start, limit, delta }) => {
    for (const input of [start, limit, delta]) {
      requireNumeric('Range', input)
      requireRank('Range', input, 0, 'a scalar')
    }
    const dtype = sameDType('Range', start, limit, delta)
    const count = lengthOf(constantNumbers(start)?.[0], constantNumbers(limit)?.[0], constantNumbers(delta)?.[0])
    return { dtype, shape: [count ?? `range_${limit.id}`] }
  },
  vjp: nondiff('its length depends on its inputs'),
  batch: nondiff('a batch of ranges may have a different length for each entry'),
  fold: ({ start, limit, delta }) => {
    const [from, step] = [constantNumbers(start)?.[0], constantNumbers(delta)?.[0]]
    const count = lengthOf(from, constantNumbers(limit)?.[0], step)
    if (count === undefined || from === undefined || step === undefined || count > foldLimit) return undefined
    return foldedNumbers(
      start.dtype,
      [count],
      Array.from({ length: count }, (_, i) => from + i * step),
    )
  },
  samples: [
    { start: scalarInt(1), limit: scalarInt(8), delta: scalarInt(3) },
    { start: scalarInt(5), limit: scalarInt(-1), delta: scalarInt(-2) },
    { start: scalarInt(3), limit: scalarInt(3), delta: scalarInt(1) },
    { start: scalarFloat(0.5), limit: scalarFloat(3), delta: scalarFloat(0.5) },
  ],
})

function lengthOf(start: number | undefined, limit: number | undefined, delta: number | undefined): number | undefined {
  if (start === undefined || limit === undefined || delta === undefined) return undefined
  if (delta === 0) throw new ArgumentError({ where: 'Range', expected: 'a delta other than 0', received: '0' })
  return Math.max(0, Math.ceil((limit - start) / delta))
}

function scalarInt(value: number) {
  return { values: [value], shape: [] }
}
function scalarFloat(value: number) {
  return { values: [value], shape: [], dtype: 'float32' as const }
}
