import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { requireFloat, requireRank } from '../infer.ts'

const attrs = { center_point_box: attr.int(0) }
type Names = ['boxes', 'scores', 'max_output_boxes_per_class?', 'iou_threshold?', 'score_threshold?']

/** The boxes [batch, boxes, 4] that remain, best first, when those that overlap a better one are dropped: [kept, 3] of batch, class, box. */
export const nonMaxSuppression: Op<Names, ['y'], typeof attrs> = defineOp({
  type: 'NonMaxSuppression',
  since: 11,
  inputs: ['boxes', 'scores', 'max_output_boxes_per_class?', 'iou_threshold?', 'score_threshold?'],
  attrs,
  infer: ({ boxes, scores }) => {
    requireFloat('NonMaxSuppression', boxes)
    requireRank('NonMaxSuppression', boxes, 3, '[batch, boxes, 4]')
    requireRank('NonMaxSuppression', scores, 3, '[batch, classes, boxes]')
    // How many boxes remain depends on the data.
    return { dtype: 'int64', shape: [`kept_${scores.id}`, 3] }
  },
  vjp: nondiff('it selects boxes: its outputs are indices'),
  batch: nondiff('each entry would keep another number of boxes'),
  samples: [
    {
      boxes: { shape: [1, 4, 4], low: 0, high: 1 },
      scores: { shape: [1, 1, 4], low: 0, high: 1 },
      max_output_boxes_per_class: { values: [2], shape: [1] },
    },
  ],
})
