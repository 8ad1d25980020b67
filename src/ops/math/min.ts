import { elementwise } from '../batching.ts'
import { defineOp, type Op } from '../define.ts'
import { foldElementwise } from '../fold.ts'
import { extremumGradients } from './extremum-gradients.ts'
import { numericVariadic } from './variadic.ts'

/** Smallest of the inputs, elementwise, with broadcasting. The gradient goes to the first input among equals, as in Keras and TensorFlow. */
export const min: Op<['...inputs']> = defineOp({
  type: 'Min',
  since: 13,
  inputs: ['...inputs'],
  infer: ({ inputs }) => numericVariadic('Min', inputs),
  vjp: ({ inputs }, y, dy) => ({ inputs: extremumGradients(inputs, y, dy) }),
  fold: foldElementwise(Math.min),
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
    {
      inputs: [
        { shape: [5], dtype: 'int64', low: -5, high: 5 },
        { shape: [2, 1], dtype: 'int64', low: -5, high: 5 },
      ],
    },
  ],
  traits: { elementwise: true, commutative: true },
})
