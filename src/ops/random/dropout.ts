import { ShapeError } from '../../core/errors.ts'
import { formatShape, sizeOf } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { ensureBatched } from '../batching.ts'
import { constantInts, scalarLike } from '../constants.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { requireBool, requireFloat } from '../infer.ts'
import { where } from '../logic/where.ts'
import { cast } from '../math/cast.ts'
import { div } from '../math/div.ts'
import { mul } from '../math/mul.ts'
import { sub } from '../math/sub.ts'

const attrs = { seed: attr.int() }

/**
 * In training (`training_mode` true) sets each element to 0 with probability `ratio` (default ½) and scales the others by
 * 1 / (1 − ratio); else returns the input. The engine draws the mask: for one that can be reproduced, see `bernoulliMask`.
 */
export const dropout: Op<['x', 'ratio?', 'training_mode?'], ['y', 'mask'], typeof attrs> = defineOp({
  type: 'Dropout',
  since: 13,
  inputs: ['x', 'ratio?', 'training_mode?'],
  outputs: ['y', 'mask'],
  attrs,
  infer: ({ x, ratio, training_mode }) => {
    requireFloat('Dropout', x)
    if (ratio) requireFloat('Dropout', ratio)
    if (training_mode) requireBool('Dropout', training_mode)
    for (const option of [ratio, training_mode]) {
      // ONNX says scalar; the runtime also takes one element.
      if (option && sizeOf(option.shape) !== 1) {
        throw new ShapeError({ where: 'Dropout', expected: 'scalar options', received: formatShape(option.shape) })
      }
    }
    return { y: x.type, mask: { dtype: 'bool', shape: x.shape } }
  },
  // dx = dy·mask / (1 − ratio): the same elements pass, with the same scale. Outside of training, dx = dy.
  vjp: ({ x, ratio, training_mode }, { mask }, { y: dy }) => ({
    x: dy && trained(dy, mask, ratio, training_mode, x),
    ratio: nondiff('the mask does not change smoothly with its probability'),
    training_mode: nondiff('a truth value'),
  }),
  batch: ({ x, ratio, training_mode }, { call, attributes, size }) =>
    call({ x: ensureBatched(x, size), ratio: ratio?.value, training_mode: training_mode?.value }, attributes),
  samples: [
    { x: [3, 4] },
    { x: [3, 4], ratio: { values: [0.3], shape: [], dtype: 'float32' } },
    { x: [3, 4], training_mode: { values: [0], shape: [], dtype: 'bool' } },
    {
      x: [3, 4],
      ratio: { values: [0.3], shape: [], dtype: 'float32' },
      training_mode: { values: [1], shape: [], dtype: 'bool' },
      skip: { gradient: 'two runs draw differently', vmap: 'two runs draw differently' },
    },
  ],
  traits: { random: true },
})

function trained(dy: Value, mask: Value, ratio: Value | undefined, training: Value | undefined, x: Value): Value {
  const known = training && constantInts(training)
  if (!training || known?.[0] === 0) return dy
  const keep = sub(scalarLike(1, x), ratio ? cast(ratio, { to: x.dtype }) : scalarLike(0.5, x))
  const passed = mul(dy, div(cast(mask, { to: x.dtype }), keep))
  return known ? passed : where(training, passed, dy)
}
