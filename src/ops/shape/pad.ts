import { ArgumentError, UnsupportedError } from '../../core/errors.ts'
import { normalizeAxis, staticShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { constantInts, ints, requireInts } from '../constants.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { sub } from '../math/sub.ts'
import { reduceSum } from '../reduce/reduce-sum.ts'
import { slice } from './slice.ts'

/** Elements to add (negative: to remove) before and after each axis. */
function padsByAxis(rank: number, pads: Value, axes: Value | undefined): { before: number[]; after: number[] } {
  const amounts = requireInts(pads, 'Pad', 'pads')
  const along = axes
    ? requireInts(axes, 'Pad', 'axes').map(axis => normalizeAxis(axis, rank, 'Pad'))
    : Array.from({ length: rank }, (_, i) => i)
  if (amounts.length !== 2 * along.length) {
    throw new ArgumentError({
      where: 'Pad',
      expected: `${2 * along.length} amounts (all befores, then all afters)`,
      received: `${amounts.length}`,
    })
  }
  const before = new Array<number>(rank).fill(0)
  const after = new Array<number>(rank).fill(0)
  along.forEach((axis, i) => {
    before[axis] = amounts[i] ?? 0
    after[axis] = amounts[i + along.length] ?? 0
  })
  return { before, after }
}

const attrs = { mode: attr.string('constant') }

/** Adds a border: of a constant (default 0), or `reflect`, `edge`, `wrap`. Negative amounts crop. */
export const pad: Op<['x', 'pads', 'value?', 'axes?'], ['y'], typeof attrs> = defineOp({
  type: 'Pad',
  since: 21,
  inputs: ['x', 'pads', 'value?', 'axes?'],
  attrs,
  infer: ({ x, pads, axes }) => {
    if (!constantInts(pads)) return { dtype: x.dtype, shape: x.shape.map((_, i) => `pad_${pads.id}_${i}`) }
    const { before, after } = padsByAxis(x.shape.length, pads, axes)
    return {
      dtype: x.dtype,
      shape: x.shape.map((dim, i) =>
        typeof dim === 'number'
          ? dim + (before[i] ?? 0) + (after[i] ?? 0)
          : before[i] || after[i]
            ? `${dim}+${(before[i] ?? 0) + (after[i] ?? 0)}`
            : dim,
      ),
    }
  },
  vjp: ({ x, pads, axes }, _y, dy, { mode }) => {
    if (mode !== 'constant')
      throw new UnsupportedError({ where: 'gradient of Pad', expected: "mode 'constant'", received: `'${mode}'` })
    const shape = staticShape(x.shape, 'gradient of Pad')
    const { before, after } = padsByAxis(shape.length, pads, axes)
    // Where an amount is negative, x was cropped: those elements get zero, by padding back.
    const inner = slice(
      dy,
      ints(before.map(n => Math.max(n, 0))),
      ints(shape.map((dim, i) => dim + (before[i] ?? 0) - Math.max(0, -(after[i] ?? 0)))),
    )
    const cropped = [...before, ...after].some(n => n < 0)
    const dx = cropped ? pad(inner, ints([...before, ...after].map(n => Math.max(0, -n)))) : inner
    // The border's value gets what falls on the border.
    return {
      x: dx,
      pads: nondiff('amounts are integers'),
      value: sub(reduceSum(dy, undefined, { keepdims: 0 }), reduceSum(inner, undefined, { keepdims: 0 })),
      axes: nondiff('axes are integers'),
    }
  },
  batch: ({ x, pads, value, axes }, { call, attributes }) => {
    const { before, after } = padsByAxis(x.value.shape.length - 1, pads.value, axes?.value)
    return call(
      { x: x.value, pads: ints([0, ...before, 0, ...after]), value: value?.value, axes: undefined },
      attributes,
    )
  },
  samples: [
    { x: [2, 3], pads: { values: [1, 0, 0, 2] } },
    { x: [2, 3], pads: { values: [2, 1] }, value: [], axes: { values: [-1] } },
    { x: [4, 3], pads: { values: [-1, 1, 0, -1] } },
  ],
})
