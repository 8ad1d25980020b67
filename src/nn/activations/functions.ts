import type { Value } from '../../graph/value.ts'
import { scalarLike } from '../../ops/constants.ts'
import { greater } from '../../ops/logic/greater.ts'
import { where } from '../../ops/logic/where.ts'
import { add } from '../../ops/math/add.ts'
import { exp } from '../../ops/math/exp.ts'
import { mul } from '../../ops/math/mul.ts'
import { neg } from '../../ops/math/neg.ts'
import { sigmoid as sigmoidOf } from '../../ops/math/sigmoid.ts'
import { sqrt } from '../../ops/math/sqrt.ts'
import { sub } from '../../ops/math/sub.ts'
import { tanh as tanhOf } from '../../ops/math/tanh.ts'
import { celu as celuOf } from '../../ops/nn/celu.ts'
import { clip } from '../../ops/nn/clip.ts'
import { elu as eluOf } from '../../ops/nn/elu.ts'
import { gelu as geluOf } from '../../ops/nn/gelu.ts'
import { hardSigmoid as hardSigmoidOf } from '../../ops/nn/hard-sigmoid.ts'
import { hardSwish as hardSwishOf } from '../../ops/nn/hard-swish.ts'
import { leakyRelu as leakyReluOf } from '../../ops/nn/leaky-relu.ts'
import { mish as mishOf } from '../../ops/nn/mish.ts'
import { relu as reluOf } from '../../ops/nn/relu.ts'
import { selu as seluOf } from '../../ops/nn/selu.ts'
import { shrink } from '../../ops/nn/shrink.ts'
import { softplus as softplusOf } from '../../ops/nn/softplus.ts'
import { softsign as softsignOf } from '../../ops/nn/softsign.ts'

/** Keras's activations that work element by element, with Keras's defaults. Those along an axis are in along-axis.ts. */

/** x. */
export const linear = (x: Value): Value => x

export interface ReluOptions {
  /** Slope below the threshold. Default 0. */
  readonly negativeSlope?: number
  /** Largest value. Default: none. */
  readonly maxValue?: number | null
  /** Values up to here are damped or set to 0. Default 0. */
  readonly threshold?: number
}

/** min(x, maxValue) above `threshold`, negativeSlope · (x − threshold) below. */
export function relu(x: Value, { negativeSlope = 0, maxValue = null, threshold: from = 0 }: ReluOptions = {}): Value {
  if (negativeSlope !== 0 && maxValue === null && from === 0) return leakyReluOf(x, { alpha: negativeSlope })
  const zero = scalarLike(0, x)
  const above = from === 0 ? reluOf(x) : where(greater(x, scalarLike(from, x)), x, zero)
  // A clip from below would pass gradients on at 0, which relu does not.
  const capped = maxValue === null ? above : clip(above, from < 0 ? zero : undefined, scalarLike(maxValue, x))
  if (negativeSlope === 0) return capped
  const below = reluOf(from === 0 ? neg(x) : sub(scalarLike(from, x), x))
  return sub(capped, mul(below, scalarLike(negativeSlope, x)))
}

/** max(0, min(x, 6)). */
export const relu6 = (x: Value): Value => relu(x, { maxValue: 6 })

/** x above 0, negativeSlope · x below. Default 0.2. */
export const leakyRelu = (x: Value, { negativeSlope = 0.2 }: { readonly negativeSlope?: number } = {}): Value =>
  leakyReluOf(x, { alpha: negativeSlope })

/** x above 0, alpha · (eˣ − 1) below (Clevert et al., 2016). Default 1. */
export const elu = (x: Value, { alpha = 1 }: { readonly alpha?: number } = {}): Value => eluOf(x, { alpha })

/** x above 0, alpha · (e^(x/alpha) − 1) below (Barron, 2017). Default 1. */
export const celu = (x: Value, { alpha = 1 }: { readonly alpha?: number } = {}): Value => celuOf(x, { alpha })

/** ELU scaled so that means and variances stay (Klambauer et al., 2017). */
export const selu = (x: Value): Value => seluOf(x)

/** x · Φ(x) (Hendrycks & Gimpel, 2016), or its approximation by tanh. */
export const gelu = (x: Value, { approximate = false }: { readonly approximate?: boolean } = {}): Value =>
  geluOf(x, { approximate: approximate ? 'tanh' : 'none' })

/** x · sigmoid(x) (Ramachandran et al., 2017). */
export const silu = (x: Value): Value => mul(x, sigmoidOf(x))
export { silu as swish }

/** x · hardSigmoid(x) (Howard et al., 2019). */
export const hardSilu = (x: Value): Value => hardSwishOf(x)
export { hardSilu as hardSwish }

/** x · tanh(softplus(x)) (Misra, 2019). */
export const mish = (x: Value): Value => mishOf(x)

/** 1 / (1 + e⁻ˣ). */
export const sigmoid = (x: Value): Value => sigmoidOf(x)

/** log(sigmoid(x)). */
export const logSigmoid = (x: Value): Value => neg(softplusOf(neg(x)))

/** max(0, min(x/6 + ½, 1)). */
export const hardSigmoid = (x: Value): Value => hardSigmoidOf(x, { alpha: 1 / 6, beta: 0.5 })

/** max(0, min(x/2 + ½, 1)). */
export const sparseSigmoid = (x: Value): Value => hardSigmoidOf(x, { alpha: 0.5, beta: 0.5 })

export const tanh = (x: Value): Value => tanhOf(x)

/** max(−1, min(x, 1)). */
export const hardTanh = (x: Value): Value => clip(x, scalarLike(-1, x), scalarLike(1, x))

/** x − tanh(x). */
export const tanhShrink = (x: Value): Value => sub(x, tanhOf(x))

/** x where |x| > threshold, else 0. Default 0.5. */
export const hardShrink = (x: Value, { threshold: at = 0.5 }: { readonly threshold?: number } = {}): Value =>
  shrink(x, { lambd: at, bias: 0 })

/** x moved towards 0 by `threshold`, as far as 0. Default 0.5. */
export const softShrink = (x: Value, { threshold: at = 0.5 }: { readonly threshold?: number } = {}): Value =>
  shrink(x, { lambd: at, bias: at })

/** log(1 + eˣ). */
export const softplus = (x: Value): Value => softplusOf(x)

/** (x + √(x² + b)) / 2 (Barron, 2021). Default b = 4. */
export const squareplus = (x: Value, { b = 4 }: { readonly b?: number } = {}): Value =>
  mul(add(x, sqrt(add(mul(x, x), scalarLike(b, x)))), scalarLike(0.5, x))

/** 0 up to −1, x from 1 on, (x + 1)² / 4 between. */
export function sparsePlus(x: Value): Value {
  const one = scalarLike(1, x)
  const between = add(clip(x, scalarLike(-1, x), one), one)
  return add(mul(mul(between, between), scalarLike(0.25, x)), reluOf(sub(x, one)))
}

/** x / (|x| + 1). */
export const softsign = (x: Value): Value => softsignOf(x)

/** eˣ. */
export const exponential = (x: Value): Value => exp(x)

/** x where x > threshold, else defaultValue. Has no defaults, so it is no activation by name: `x => threshold(x, { … })`. */
export const threshold = (
  x: Value,
  { threshold: at, defaultValue }: { readonly threshold: number; readonly defaultValue: number },
): Value => where(greater(x, scalarLike(at, x)), x, scalarLike(defaultValue, x))
