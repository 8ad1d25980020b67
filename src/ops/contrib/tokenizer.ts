import { ShapeError } from '../../core/errors.ts'
import { formatShape } from '../../core/shape.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { requireString } from '../infer.ts'

const attrs = {
  mark: attr.required.int(),
  mincharnum: attr.required.int(),
  pad_value: attr.required.string(),
  separators: attr.strings(),
  tokenexp: attr.string(),
}

/**
 * Strings [n] or [batch, n] → their tokens, [n, most] or [batch, n, most], filled up with `pad_value`: all matches of `tokenexp`, or what
 * stands between matches of `separators` (regular expressions in RE2's syntax; `['']` gives single characters). Tokens of less than
 * `mincharnum` characters fall away. ONNX Runtime's own operator.
 * https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.Tokenizer
 */
export const tokenizer: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'Tokenizer',
  domain: 'com.microsoft',
  since: 1,
  inputs: ['x'],
  attrs,
  infer: ({ x }) => {
    requireString('Tokenizer', x)
    if (x.shape.length !== 1 && x.shape.length !== 2) {
      throw new ShapeError({
        where: 'Tokenizer',
        expected: 'strings of shape [n] or [batch, n]',
        received: formatShape(x.shape),
      })
    }
    return { dtype: 'string', shape: [...x.shape, `tokens_${x.id}`] }
  },
  vjp: nondiff('strings have no slope'),
  batch: nondiff('each entry of the batch may have another number of tokens'),
  samples: [
    {
      x: { strings: ['to be, or', 'ünd', ''] },
      attrs: { mark: 0, mincharnum: 1, pad_value: '', tokenexp: '[^ ,]+' },
    },
    {
      x: { strings: ['a日b', ' c'], shape: [1, 2] },
      attrs: { mark: 0, mincharnum: 1, pad_value: '', separators: [''] },
    },
  ],
})
