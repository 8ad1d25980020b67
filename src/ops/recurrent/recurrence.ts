import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { type Dim, formatShape, type Shape } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import type { TensorType } from '../../graph/value.ts'
import { attr } from '../define.ts'
import { requireFloat, requireRank } from '../infer.ts'
import { countedSize } from '../nn/conv-shape.ts'

/** What RNN, GRU and LSTM share: shapes, directions and attributes. */

export const recurrentAttrs = {
  activation_alpha: attr.floats(),
  activation_beta: attr.floats(),
  activations: attr.strings(),
  clip: attr.float(),
  direction: attr.string('forward'),
  hidden_size: attr.int(),
  layout: attr.int(0),
}

export interface RecurrentAttributes {
  readonly activations: readonly string[] | undefined
  readonly direction: string
  readonly hidden_size: number | undefined
  readonly layout: number
}

export interface RecurrentInputs {
  readonly x: TensorType
  readonly w: TensorType
  readonly r: TensorType
  readonly b?: TensorType | undefined
  readonly sequence_lens?: TensorType | undefined
  readonly initial_h?: TensorType | undefined
}

/** Types of all states and of the last one, after checking every input. `gates`: 1 for RNN, 3 for GRU, 4 for LSTM. */
export function recurrentTypes(where: string, gates: number, inputs: RecurrentInputs, attributes: RecurrentAttributes) {
  const { x, w, r, b, sequence_lens: lengths, initial_h: initial } = inputs
  const { direction, layout } = attributes
  requireFloat(where, x)
  requireRank(where, x, 3, layout === 0 ? '[steps, batch, features]' : '[batch, steps, features]')
  if (!['forward', 'reverse', 'bidirectional'].includes(direction)) {
    throw new ArgumentError({
      where,
      expected: "direction 'forward', 'reverse' or 'bidirectional'",
      received: `'${direction}'`,
    })
  }
  const directions = direction === 'bidirectional' ? 2 : 1
  const [first = 0, second = 0, features = 0] = x.shape
  const [steps, batch] = layout === 0 ? [first, second] : [second, first]
  requireRank(where, r, 3, '[directions, gates · units, units]')
  const hidden = attributes.hidden_size ?? r.shape[2] ?? 0
  const gated: Dim = typeof hidden === 'number' ? gates * hidden : `${gates}*${hidden}`
  const check = (name: string, input: TensorType | undefined, shape: Shape) =>
    input && requireShape(where, name, input, shape)
  check('w', w, [directions, gated, features])
  check('r', r, [directions, gated, hidden])
  check('b', b, [directions, typeof gated === 'number' ? 2 * gated : `2*${gated}`])
  check('sequence_lens', lengths, [batch])
  const state: Shape = layout === 0 ? [directions, batch, hidden] : [batch, directions, hidden]
  check('initial_h', initial, state)
  const all: Shape = layout === 0 ? [steps, directions, batch, hidden] : [batch, steps, directions, hidden]
  return { y: { dtype: x.dtype, shape: all }, last: { dtype: x.dtype, shape: state } }
}

/** Throws unless the input has this shape (symbolic dimensions fit anything). */
export function requireShape(where: string, name: string, input: TensorType, shape: Shape): void {
  const fits = (dim: Dim, i: number) => dim === shape[i] || typeof dim === 'string' || typeof shape[i] === 'string'
  if (input.shape.length === shape.length && input.shape.every(fits)) return
  throw new ShapeError({
    where,
    expected: `'${name}' of shape ${formatShape(shape)}`,
    received: formatShape(input.shape),
    details: { input: name },
  })
}

/** Two per weight, step and example. */
export function recurrentFlops(node: Node): number {
  const [x, w, r] = node.inputs
  if (!x || !w || !r) return 0
  return 2 * countedSize(x.shape.slice(0, 2)) * (countedSize(w.shape) + countedSize(r.shape))
}
