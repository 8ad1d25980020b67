import { elementwise } from '../batching.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { requireString } from '../infer.ts'

const attrs = { pattern: attr.required.string() }

/** Whether a regular expression (in RE2's syntax) matches the whole of each string. */
export const regexFullMatch: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'RegexFullMatch',
  since: 20,
  inputs: ['x'],
  attrs,
  infer: ({ x }) => {
    requireString('RegexFullMatch', x)
    return { dtype: 'bool', shape: x.shape }
  },
  vjp: nondiff('strings have no slope'),
  batch: elementwise,
  samples: [
    { x: { strings: ['cat', 'cats', '', 'c\nt'], shape: [2, 2] }, attrs: { pattern: 'c[^x]t' } },
    { x: { strings: ['ünï', 'uni'] }, attrs: { pattern: '[a-z]*' } },
  ],
  traits: { elementwise: true },
})
