import { ArgumentError } from '../../core/errors.ts'
import { type Dim, formatShape, normalizeAxis, staticShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { logicalRank } from '../batching.ts'
import { constantInts, ints, requireInts, scalarLike } from '../constants.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { requireIndex } from '../infer.ts'
import { add } from '../math/add.ts'
import { mul } from '../math/mul.ts'
import { sub } from '../math/sub.ts'
import { reduceSum } from '../reduce/reduce-sum.ts'
import { alongAxis, transposed } from './along-axis.ts'
import { expand } from './expand.ts'
import { borderMap } from './pad-borders.ts'
import { reshapeTo } from './reshape.ts'
import { slice } from './slice.ts'

const attrs = { mode: attr.string('constant') }

/** Adds a border: of a constant (default 0), or `reflect`, `edge`, `wrap`. Negative amounts crop. */
export const pad: Op<['x', 'pads', 'value?', 'axes?'], ['y'], typeof attrs> = defineOp({
  type: 'Pad',
  since: 21,
  inputs: ['x', 'pads', 'value?', 'axes?'],
  attrs,
  infer: ({ x, pads, axes }) => {
    requireIndex('Pad', pads)
    if (!constantInts(pads) || (axes && !constantInts(axes)))
      return { dtype: x.dtype, shape: x.shape.map((_, i) => `pad_${pads.id}_${i}`) }
    const { before, after } = padsByAxis(x.shape.length, pads, axes)
    return { dtype: x.dtype, shape: x.shape.map((dim, i) => padded(dim, (before[i] ?? 0) + (after[i] ?? 0), x.shape)) }
  },
  vjp: ({ x, pads, value, axes }, _y, dy, { mode }) => {
    const shape = staticShape(x.shape, 'gradient of Pad')
    const { before, after } = padsByAxis(shape.length, pads, axes)
    const none = { pads: nondiff('amounts are integers'), axes: nondiff('axes are integers') }
    if (mode !== 'constant') {
      // y = M x along each axis, where M copies elements into the border: dx = Mᵀ dy.
      let dx = dy
      shape.forEach((size, axis) => {
        const amounts = { axis, size, before: before[axis] ?? 0, after: after[axis] ?? 0 }
        if (amounts.before !== 0 || amounts.after !== 0) dx = alongAxis(dx, transposed(borderMap(mode, amounts)))
      })
      return { x: dx, value: undefined, ...none }
    }
    // Where an amount is negative, x was cropped: those elements get zero, by padding back.
    const inner = slice(
      dy,
      ints(before.map(n => Math.max(n, 0))),
      ints(shape.map((dim, i) => dim + (before[i] ?? 0) - Math.max(0, -(after[i] ?? 0)))),
    )
    const cropped = [...before, ...after].some(n => n < 0)
    const dx = cropped ? pad(inner, ints([...before, ...after].map(n => Math.max(0, -n)))) : inner
    if (!value) return { x: dx, value: undefined, ...none }
    // The border's value gets what falls on the border.
    const border = sub(reduceSum(dy, undefined, { keepdims: 0 }), reduceSum(inner, undefined, { keepdims: 0 }))
    return {
      x: dx,
      value: value.shape.length === 0 ? border : reshapeTo(border, staticShape(value.shape, 'gradient of Pad')),
      ...none,
    }
  },
  batch: ({ x, pads, value, axes }, { call, attributes, size }) => {
    const rank = logicalRank(x)
    const { before, after } = padsByAxis(rank, pads.value, axes?.value)
    const widened = ints([...(x.batched ? [0] : []), ...before, ...(x.batched ? [0] : []), ...after])
    const padWith = (input: Value, fill: Value | undefined) =>
      call({ x: input, pads: widened, value: fill, axes: undefined }, attributes)
    if (!value?.batched || attributes.mode !== 'constant')
      return padWith(x.value, value?.batched ? undefined : value?.value)
    // A border of its own for each entry: pad with zeros, then add the value where the border is.
    const inside = expand(scalarLike(1, x.value), ints(staticShape(x.value.shape, 'vmap of Pad')))
    const border = sub(scalarLike(1, x.value), padWith(inside, undefined))
    return add(
      padWith(x.value, undefined),
      mul(border, reshapeTo(value.value, [size, ...new Array<number>(rank).fill(1)])),
    )
  },
  samples: [
    { x: [2, 3], pads: { values: [1, 0, 0, 2] } },
    { x: [2, 3], pads: { values: [2, 1] }, value: [], axes: { values: [-1] } },
    { x: [4, 3], pads: { values: [-1, 1, 0, -1] } },
    { x: [4, 3], pads: { values: [1, 2, 3, 0] }, attrs: { mode: 'reflect' } },
    { x: [3, 2, 3], pads: { values: [2, 0, 0, 3] }, axes: { values: [0, -1] }, attrs: { mode: 'edge' } },
    { x: [3, 4], pads: { values: [2, 0, 1, 3] }, attrs: { mode: 'wrap' } },
    { x: [5, 4], pads: { values: [-1, 1, 2, -1] }, attrs: { mode: 'edge' } },
    { x: { shape: [3], dtype: 'int32' }, pads: { values: [1, 1] } },
  ],
})

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

function padded(dim: Dim, amount: number, shape: readonly Dim[]): Dim {
  if (typeof dim === 'string') return amount === 0 ? dim : `${dim}+${amount}`
  if (dim + amount >= 0) return dim + amount
  throw new ArgumentError({
    where: 'Pad',
    expected: `to remove at most ${dim} elements of an axis of ${formatShape(shape)}`,
    received: `${amount}`,
  })
}
