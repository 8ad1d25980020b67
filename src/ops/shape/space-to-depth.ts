import { attr, defineOp, type Op } from '../define.ts'
import { depthToSpace } from './depth-to-space.ts'
import { divided, foldIntoFirst, multiplied, requireImages } from './space.ts'

const attrs = { blocksize: attr.required.int() }

/** Moves blocks of pixels into channels: [N, C, H·b, W·b] → [N, C·b², H, W], the block position varying slowest. */
export const spaceToDepth: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'SpaceToDepth',
  since: 13,
  inputs: ['x'],
  attrs,
  infer: ({ x }, { blocksize: b }) => {
    requireImages('SpaceToDepth', x)
    const [n = 0, c, h, w] = x.shape
    const side = (dim: typeof h) => divided('SpaceToDepth', dim, b, 'height and width')
    return { dtype: x.dtype, shape: [n, multiplied(c, b * b), side(h), side(w)] }
  },
  // A permutation of the elements: the adjoint is the inverse.
  vjp: (_, _y, dy, { blocksize }) => ({ x: depthToSpace(dy, { blocksize }) }),
  batch: ({ x }, { call, attributes, size }) => foldIntoFirst(x, size, folded => call({ x: folded }, attributes)),
  samples: [
    { x: [1, 2, 4, 6], attrs: { blocksize: 2 } },
    { x: [2, 1, 3, 6], attrs: { blocksize: 3 } },
  ],
})
