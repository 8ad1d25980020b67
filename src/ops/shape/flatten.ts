import { ShapeError } from '../../core/errors.ts'
import { type Dim, isStatic, type Shape, sizeOf, staticShape } from '../../core/shape.ts'
import { attr, defineOp, type Op } from '../define.ts'
import { foldReshape } from '../fold.ts'
import { reshapeLike } from '../gradients.ts'
import { reshapeTo } from './reshape.ts'

const attrs = { axis: attr.int(1) }

/** A matrix: the axes before `axis` become its rows, the rest its columns. */
export const flatten: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'Flatten',
  since: 21,
  inputs: ['x'],
  attrs,
  infer: ({ x }, { axis }) => ({ dtype: x.dtype, shape: flattened(x.shape, axis) }),
  vjp: ({ x }, _y, dy) => ({ x: reshapeLike(dy, x) }),
  batch: ({ x }, { attributes: { axis }, size }) =>
    reshapeTo(x.value, [size, ...staticShape(flattened(x.value.shape.slice(1), axis), 'vmap of Flatten')]),
  fold: ({ x }, { axis }) => foldReshape(x, { shape: flattened(x.shape, axis) }),
  samples: [
    { x: [2, 3, 4] },
    { x: [2, 3, 4], attrs: { axis: 0 } },
    { x: [2, 3, 4], attrs: { axis: -1 } },
    { x: [2, 3], attrs: { axis: 2 } },
    { x: { shape: [2, 3, 2], dtype: 'int64' }, attrs: { axis: 2 } },
  ],
  traits: { reshapes: true },
})

function flattened(shape: Shape, axis: number): Shape {
  const rank = shape.length
  if (!Number.isInteger(axis) || axis < -rank || axis > rank) {
    throw new ShapeError({
      where: 'Flatten',
      expected: `an axis from ${-rank} to ${rank}`,
      received: String(axis),
      details: { axis, rank },
    })
  }
  const at = axis < 0 ? axis + rank : axis
  return [product(shape.slice(0, at)), product(shape.slice(at))]
}

function product(dims: Shape): Dim {
  if (isStatic(dims)) return sizeOf(dims)
  const others = dims.filter(dim => dim !== 1)
  return others.length === 1 ? (others[0] ?? 1) : others.join('*')
}
