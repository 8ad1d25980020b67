import { DTypeError } from '../../core/errors.ts'
import { attr, defineOp, type Op, unrolled, zeroGradient } from '../define.ts'
import { dtypeOfCode } from '../dtype-code.ts'
import { requireFloat, requireRank } from '../infer.ts'

const attrs = { dtype: attr.int(6), sample_size: attr.int(1), seed: attr.float() }

/** Draws `sample_size` classes for each row of unnormalised log-probabilities [batch, classes]; by the engine, not reproducibly. */
export const multinomial: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'Multinomial',
  since: 7,
  inputs: ['x'],
  attrs,
  infer: ({ x }, { dtype, sample_size }) => {
    requireFloat('Multinomial', x)
    requireRank('Multinomial', x, 2, '[batch, classes]')
    const to = dtypeOfCode(dtype)
    if (to !== 'int32' && to !== 'int64') {
      throw new DTypeError({ where: 'Multinomial', expected: 'int32 or int64 classes', received: to })
    }
    return { dtype: to, shape: [x.shape[0] ?? 1, sample_size] }
  },
  vjp: zeroGradient('a drawn class does not change smoothly with its probability'),
  batch: unrolled,
  samples: [
    { x: [3, 4], attrs: { sample_size: 5 }, skip: { vmap: 'two runs draw differently' } },
    { x: [1, 4], attrs: { dtype: 7 }, skip: { vmap: 'two runs draw differently' } },
  ],
  traits: { random: true },
})
