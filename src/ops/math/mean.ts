import { elementwise } from '../batching.ts'
import { scalarLike } from '../constants.ts'
import { defineOp, type Op } from '../define.ts'
import { unbroadcast } from '../gradients.ts'
import { mul } from './mul.ts'
import { floatVariadic } from './variadic.ts'

/** Mean of the inputs, elementwise, with broadcasting. */
export const mean: Op<['...inputs']> = defineOp({
  type: 'Mean',
  since: 13,
  inputs: ['...inputs'],
  infer: ({ inputs }) => floatVariadic('Mean', inputs),
  vjp: ({ inputs }, _y, dy) => {
    const share = mul(dy, scalarLike(1 / inputs.length, dy))
    return { inputs: inputs.map(input => unbroadcast(share, input)) }
  },
  batch: elementwise,
  samples: [
    {
      inputs: [
        [3, 4],
        [3, 4],
      ],
    },
    { inputs: [[2, 1, 4], [3, 1], []] },
    { inputs: [[3]] },
  ],
  traits: { elementwise: true, commutative: true },
})
