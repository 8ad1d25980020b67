import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { dtypeOfCode } from '../dtype-code.ts'

const attrs = {
  dtype: attr.int(1),
  high: attr.float(1),
  low: attr.float(0),
  seed: attr.float(),
  shape: attr.required.ints(),
}

/** Uniform in [low, high), drawn by the engine: not reproducible from engine to engine. For that, see `random/bits.ts`. */
export const randomUniform: Op<[], ['y'], typeof attrs> = defineOp({
  type: 'RandomUniform',
  since: 1,
  inputs: [],
  attrs,
  infer: (_, { dtype, shape }) => ({ dtype: dtypeOfCode(dtype), shape }),
  vjp: nondiff('it has no inputs'),
  batch: nondiff('it has no inputs, so vmap never reaches it'),
  samples: [{ attrs: { shape: [3, 4] } }, { attrs: { shape: [2], dtype: 11, seed: 1 } }],
  traits: { random: true },
})
