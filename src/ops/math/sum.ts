import { elementwise } from '../batching.ts'
import { defineOp, type Op } from '../define.ts'
import { unbroadcast } from '../gradients.ts'
import { floatVariadic } from './variadic.ts'

/** Sum of the inputs, elementwise, with broadcasting. */
export const sum: Op<['...inputs']> = defineOp({
  type: 'Sum',
  since: 13,
  inputs: ['...inputs'],
  infer: ({ inputs }) => floatVariadic('Sum', inputs),
  vjp: ({ inputs }, _y, dy) => ({ inputs: inputs.map(input => unbroadcast(dy, input)) }),
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
