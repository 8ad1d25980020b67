import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { type Dim, formatShape, isStatic, type Shape, sizeOf } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { constantInts, ints, requireInts } from '../constants.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { foldReshape } from '../fold.ts'
import { reshapeLike } from '../gradients.ts'

const attrs = { allowzero: attr.int(0) }

/** The same elements in the same order under another shape; −1 stands for the size that fits, 0 copies the input's. */
export const reshape: Op<['x', 'shape'], ['y'], typeof attrs> = defineOp({
  type: 'Reshape',
  since: 21,
  inputs: ['x', 'shape'],
  attrs,
  infer: ({ x, shape }, { allowzero }) => {
    const target = constantInts(shape)
    if (target) return { dtype: x.dtype, shape: targetShape(x.shape, target, allowzero === 1) }
    // The shape is computed when the graph runs: its length, if known, is the rank.
    const [rank] = shape.shape
    if (typeof rank !== 'number')
      throw new ArgumentError({
        where: 'Reshape',
        expected: 'a shape of known length',
        received: formatShape(shape.shape),
      })
    return { dtype: x.dtype, shape: Array.from({ length: rank }, (_, i) => `reshape_${shape.id}_${i}`) }
  },
  vjp: ({ x }, _y, dy) => ({ x: reshapeLike(dy, x), shape: nondiff('a shape is made of integers') }),
  batch: ({ x, shape }, { call, attributes, size }) => {
    const target = targetShape(
      x.value.shape.slice(1),
      requireInts(shape.value, 'vmap of Reshape', 'shape'),
      attributes.allowzero === 1,
    )
    return call(
      { x: x.value, shape: ints([size, ...target.map(dim => sizeOf([dim]))]) },
      { allowzero: target.includes(0) ? 1 : 0 },
    )
  },
  fold: ({ x, shape }, { allowzero }) => {
    const target = constantInts(shape)
    return target && foldReshape(x, { shape: targetShape(x.shape, target, allowzero === 1) })
  },
  samples: [
    { x: [2, 3, 4], shape: { values: [6, 4] } },
    { x: [2, 3, 4], shape: { values: [0, -1] } },
    { x: [2, 3], shape: { values: [-1] } },
    { x: [1], shape: { values: [], shape: [0] } },
  ],
  traits: { reshapes: true },
})

/** Reshape to known sizes, for rules: with one of them 0, that is a size, and not the input's. */
export const reshapeTo = (x: Value, shape: readonly number[]): Value =>
  reshape(x, ints(shape), { allowzero: shape.includes(0) ? 1 : 0 })

function targetShape(from: Shape, target: readonly number[], allowzero: boolean): Shape {
  const shape: Dim[] = target.map((dim, i) => (dim === 0 && !allowzero ? (from[i] ?? 0) : dim))
  const open = shape.indexOf(-1)
  const fail = () =>
    new ShapeError({
      where: 'Reshape',
      expected: `a shape with the same number of elements as ${formatShape(from)}`,
      received: formatShape(target),
    })
  if (shape.indexOf(-1, open + 1) > open && open >= 0) throw fail()
  if (open < 0) {
    if (isStatic(from) && isStatic(shape) && sizeOf(from) !== sizeOf(shape)) throw fail()
    return shape
  }
  // Symbolic dimensions on both sides cancel; what remains must divide.
  const rest = shape.filter((_, i) => i !== open)
  const left = [...from]
  for (const dim of rest) {
    if (typeof dim !== 'string') continue
    const at = left.indexOf(dim)
    if (at >= 0) left.splice(at, 1)
  }
  const symbols = left.filter(dim => typeof dim === 'string')
  const known = sizeOf(left.filter(dim => typeof dim === 'number'))
  const taken = sizeOf(rest.filter(dim => typeof dim === 'number'))
  if (symbols.length === 0) {
    if (taken === 0 || known % taken !== 0) throw fail()
    shape[open] = known / taken
  } else shape[open] = symbols.length === 1 && known === taken ? (symbols[0] ?? 0) : `(${left.join('*')}/${taken})`
  return shape
}
