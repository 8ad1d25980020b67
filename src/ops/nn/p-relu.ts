import { ShapeError } from '../../core/errors.ts'
import { broadcastShapes, formatShape, sameShape } from '../../core/shape.ts'
import { ensureBatched, logicalRank, padRank } from '../batching.ts'
import { scalarLike } from '../constants.ts'
import { defineOp, type Op } from '../define.ts'
import { unbroadcast } from '../gradients.ts'
import { requireFloat, sameDType } from '../infer.ts'
import { add } from '../math/add.ts'
import { mul } from '../math/mul.ts'
import { neg } from '../math/neg.ts'
import { sub } from '../math/sub.ts'
import { relu } from './relu.ts'
import { positive } from './step.ts'

/** x for x ≥ 0, else slope·x, with a learned slope that broadcasts to x (He et al., "Delving Deep into Rectifiers", 2015). */
export const pRelu: Op<['x', 'slope']> = defineOp({
  type: 'PRelu',
  since: 16,
  inputs: ['x', 'slope'],
  infer: ({ x, slope }) => {
    requireFloat('PRelu', x)
    const dtype = sameDType('PRelu', x, slope)
    if (!sameShape(broadcastShapes('PRelu', x.shape, slope.shape), x.shape)) {
      throw new ShapeError({
        where: 'PRelu',
        expected: `a slope that broadcasts to ${formatShape(x.shape)}`,
        received: formatShape(slope.shape),
      })
    }
    return { dtype, shape: x.shape }
  },
  // dx = dy·(slope + (1 − slope)·[x > 0]), dslope = dy·min(x, 0)
  vjp: ({ x, slope }, _y, dy) => ({
    x: mul(dy, add(mul(positive(x), sub(scalarLike(1, slope), slope)), slope)),
    slope: unbroadcast(neg(mul(dy, relu(neg(x)))), slope),
  }),
  // The slope may not outgrow x, so x gets a batch axis when the slope has one.
  batch: ({ x, slope }, { call, attributes, size }) => {
    const data = slope.batched ? { value: ensureBatched(x, size), batched: true } : x
    return call({ x: data.value, slope: padRank(slope, logicalRank(data)) }, attributes)
  },
  samples: [
    { x: { shape: [3, 4], distinct: true }, slope: [4] },
    { x: { shape: [2, 3, 4], distinct: true }, slope: [3, 1] },
    { x: { shape: [6], distinct: true }, slope: [] },
  ],
  traits: { elementwise: true },
})
