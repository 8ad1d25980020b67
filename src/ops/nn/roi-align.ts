import { attr, defineOp, nondiff, type Op, unrolled } from '../define.ts'
import { requireFloat, requireIndex, requireRank } from '../infer.ts'

const attrs = {
  coordinate_transformation_mode: attr.string('half_pixel'),
  mode: attr.string('avg'),
  output_height: attr.int(1),
  output_width: attr.int(1),
  sampling_ratio: attr.int(0),
  spatial_scale: attr.float(1),
}

/** Bilinear samples of x [N, C, H, W] inside regions [R, 4], pooled to a fixed size: [R, C, height, width] (He et al., 2017). */
export const roiAlign: Op<['x', 'rois', 'batch_indices'], ['y'], typeof attrs> = defineOp({
  type: 'RoiAlign',
  since: 16,
  inputs: ['x', 'rois', 'batch_indices'],
  attrs,
  infer: ({ x, rois, batch_indices }, { output_height, output_width }) => {
    requireFloat('RoiAlign', x)
    requireRank('RoiAlign', x, 4, '[batch, channels, height, width]')
    requireRank('RoiAlign', rois, 2, '[regions, 4]')
    requireIndex('RoiAlign', batch_indices)
    return { dtype: x.dtype, shape: [rois.shape[0] ?? 0, x.shape[1] ?? 0, output_height, output_width] }
  },
  vjp: nondiff('which pixels a region samples depends on its coordinates when the graph runs'),
  batch: unrolled,
  samples: [
    {
      x: [2, 3, 6, 6],
      rois: { values: [0, 0, 3, 3, 1, 2, 5, 5], shape: [2, 4], dtype: 'float32' },
      batch_indices: { values: [0, 1] },
      attrs: { output_height: 2, output_width: 3, sampling_ratio: 2 },
    },
  ],
})
