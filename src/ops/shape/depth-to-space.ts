import { ArgumentError } from '../../core/errors.ts'
import { staticShape } from '../../core/shape.ts'
import { attr, defineOp, type Op } from '../define.ts'
import { reshapeTo } from './reshape.ts'
import { divided, foldIntoFirst, multiplied, requireImages } from './space.ts'
import { spaceToDepth } from './space-to-depth.ts'
import { transpose } from './transpose.ts'

const attrs = { blocksize: attr.required.int(), mode: attr.string('DCR') }

/** Moves channels into blocks of pixels: [N, C·b², H, W] → [N, C, H·b, W·b]. Mode DCR: the block position varies slowest; CRD: the channel. */
export const depthToSpace: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'DepthToSpace',
  since: 13,
  inputs: ['x'],
  attrs,
  infer: ({ x }, { blocksize: b, mode }) => {
    requireImages('DepthToSpace', x)
    if (mode !== 'DCR' && mode !== 'CRD')
      throw new ArgumentError({ where: 'DepthToSpace', expected: "mode 'DCR' or 'CRD'", received: `'${mode}'` })
    const [n = 0, c, h, w] = x.shape
    return {
      dtype: x.dtype,
      shape: [n, divided('DepthToSpace', c, b * b, 'number of channels'), multiplied(h, b), multiplied(w, b)],
    }
  },
  // A permutation of the elements: the adjoint is the inverse.
  vjp: ({ x }, _y, dy, { blocksize: b, mode }) => {
    if (mode === 'DCR') return { x: spaceToDepth(dy, { blocksize: b }) }
    const [n = 0, c = 0, h = 0, w = 0] = staticShape(x.shape, 'gradient of DepthToSpace')
    const blocks = reshapeTo(dy, [n, c / (b * b), h, b, w, b])
    return { x: reshapeTo(transpose(blocks, { perm: [0, 1, 3, 5, 2, 4] }), [n, c, h, w]) }
  },
  batch: ({ x }, { call, attributes, size }) => foldIntoFirst(x, size, folded => call({ x: folded }, attributes)),
  samples: [
    { x: [1, 8, 2, 3], attrs: { blocksize: 2 } },
    { x: [2, 9, 2, 1], attrs: { blocksize: 3, mode: 'CRD' } },
    { x: [1, 8, 1, 2], attrs: { blocksize: 2, mode: 'CRD' } },
  ],
})
