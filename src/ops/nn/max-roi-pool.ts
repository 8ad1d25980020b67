import { ArgumentError } from '../../core/errors.ts'
import { attr, defineOp, nondiff, type Op, unrolled } from '../define.ts'
import { requireFloat, requireRank } from '../infer.ts'

const attrs = { pooled_shape: attr.required.ints(), spatial_scale: attr.float(1) }

/** Maxima over the cells of a grid laid on each region [R, 5] (image number, then corners) of x [N, C, H, W]: [R, C, height, width]. */
export const maxRoiPool: Op<['x', 'rois'], ['y'], typeof attrs> = defineOp({
  type: 'MaxRoiPool',
  since: 1,
  inputs: ['x', 'rois'],
  attrs,
  infer: ({ x, rois }, { pooled_shape }) => {
    requireFloat('MaxRoiPool', x)
    requireRank('MaxRoiPool', x, 4, '[batch, channels, height, width]')
    requireRank('MaxRoiPool', rois, 2, '[regions, 5]')
    const [height, width] = pooled_shape
    if (height === undefined || width === undefined || height < 1 || width < 1) {
      throw new ArgumentError({
        where: 'MaxRoiPool',
        expected: 'a pooled height and width',
        received: `[${pooled_shape.join(', ')}]`,
      })
    }
    return { dtype: x.dtype, shape: [rois.shape[0] ?? 0, x.shape[1] ?? 0, height, width] }
  },
  vjp: nondiff('which pixels a region holds depends on its coordinates when the graph runs'),
  batch: unrolled,
  samples: [
    {
      x: [2, 3, 6, 6],
      rois: { values: [0, 0, 0, 3, 3, 1, 1, 2, 5, 5], shape: [2, 5], dtype: 'float32' },
      attrs: { pooled_shape: [2, 2] },
    },
  ],
})
