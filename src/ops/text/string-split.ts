import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { requireString } from '../infer.ts'

const attrs = { delimiter: attr.string(''), maxsplit: attr.int() }

/**
 * Strings split where `delimiter` stands; at runs of white space, which also fall away at both ends, where it is ''. `y` has one more
 * axis, as long as the most parts, filled up with ''; `counts` says how many there are. ONNX Runtime takes the blank alone for white space.
 */
export const stringSplit: Op<['x'], ['y', 'counts'], typeof attrs> = defineOp({
  type: 'StringSplit',
  since: 20,
  inputs: ['x'],
  outputs: ['y', 'counts'],
  attrs,
  infer: ({ x }) => {
    requireString('StringSplit', x)
    return {
      y: { dtype: 'string', shape: [...x.shape, `split_${x.id}`] },
      counts: { dtype: 'int64', shape: x.shape },
    }
  },
  vjp: nondiff('strings have no slope'),
  batch: nondiff('each entry of the batch may split into another number of parts'),
  samples: [
    { x: { strings: ['a,b,,c', '', ',', 'd'], shape: [2, 2] }, attrs: { delimiter: ',' } },
    { x: { strings: [' to  be ', 'not'] } },
    { x: { strings: ['a-b-c'] }, attrs: { delimiter: '-', maxsplit: 1 } },
  ],
})
