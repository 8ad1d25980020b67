import { ArgumentError } from '../../core/errors.ts'
import { elementwise } from '../batching.ts'
import { attr, defineOp, type Op } from '../define.ts'
import { requireFloat } from '../infer.ts'
import { mul } from '../math/mul.ts'
import { geluSlope, tanhGeluSlope } from './gelu-gradient.ts'

const attrs = { approximate: attr.string('none') }

/** x·Φ(x), Φ the standard normal distribution; `approximate: 'tanh'` for the approximation by tanh (Hendrycks & Gimpel, 2016). */
export const gelu: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'Gelu',
  since: 20,
  inputs: ['x'],
  attrs,
  infer: ({ x }, { approximate }) => {
    requireFloat('Gelu', x)
    if (approximate !== 'none' && approximate !== 'tanh') {
      throw new ArgumentError({ where: 'Gelu', expected: "approximate 'none' or 'tanh'", received: `'${approximate}'` })
    }
    return x.type
  },
  vjp: ({ x }, _y, dy, { approximate }) => ({
    x: mul(dy, approximate === 'tanh' ? tanhGeluSlope(x) : geluSlope(x)),
  }),
  batch: elementwise,
  samples: [{ x: [3, 4] }, { x: [] }, { x: [3, 4], attrs: { approximate: 'tanh' } }],
  traits: { elementwise: true },
})
