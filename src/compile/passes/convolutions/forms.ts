import type { Node } from '../../../graph/node.ts'
import type { Value } from '../../../graph/value.ts'
import type { StaticWindowAxis } from '../../../ops/nn/conv-shape.ts'

/** A convolution, or a transposed one: then `x` is what the convolution gives (dy), and `axes` are that convolution's windows. */
export interface Call {
  readonly x: Value
  readonly w: Value
  readonly bias: Value | undefined
  readonly axes: readonly StaticWindowAxis[]
  readonly group: number
}

/** A weight gradient: of the convolution of x that gave what dy is the gradient of. */
export interface WeightGradientCall {
  readonly x: Value
  readonly dy: Value
  readonly axes: readonly StaticWindowAxis[]
  readonly group: number
}

/** An engine's own forms of convolutions within one graph; `undefined` where it has none for a call. */
export interface ConvolutionForms {
  conv(call: Call): Value | undefined
  convTranspose(call: Call): Value | undefined
  weightGradient(call: WeightGradientCall): Value | undefined
  /** Any other node: its outputs in the forms' own layout, if it reads what they made in it. */
  between(node: Node, inputs: readonly (Value | undefined)[]): readonly Value[] | undefined
}
