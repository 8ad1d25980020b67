import type { Value } from '../../graph/value.ts'
import { scalarLike } from '../constants.ts'
import { add } from '../math/add.ts'
import { erf } from '../math/erf.ts'
import { exp } from '../math/exp.ts'
import { mul } from '../math/mul.ts'
import { sub } from '../math/sub.ts'
import { tanh } from '../math/tanh.ts'
import { hardSigmoid } from './hard-sigmoid.ts'

/** Derivatives of the Gaussian error linear unit x·Φ(x) and of its approximation (Hendrycks & Gimpel, 2016). */

/**
 * d/dx x·Φ(x) = Φ(x) + x·φ(x), with the standard normal's distribution Φ and density φ. In t = x/√2 it is ½(1 + erf t) + t·e^(−t²)/√π,
 * whose affine parts go into HardSigmoid (its clipping to [0, 1] changes nothing here) and into the exponent: 8 passes over memory.
 */
export function geluSlope(x: Value): Value {
  const t = mul(x, scalarLike(Math.SQRT1_2, x))
  const cdf = hardSigmoid(erf(t), { alpha: 0.5, beta: 0.5 })
  return add(cdf, mul(t, exp(sub(scalarLike(-0.5 * Math.log(Math.PI), x), mul(t, t)))))
}

/** d/dx ½x(1 + tanh u) with u = √(2/π)·(x + 0.044715 x³): ½(1 + t) + ½x(1 − t²)·u′. */
export function tanhGeluSlope(x: Value): Value {
  const c = (value: number) => scalarLike(value, x)
  const k = Math.sqrt(2 / Math.PI)
  const square = mul(x, x)
  const t = tanh(mul(x, add(mul(square, c(k * 0.044715)), c(k))))
  const slope = add(mul(square, c(k * 3 * 0.044715)), c(k))
  const half = mul(add(t, c(1)), c(0.5))
  return add(half, mul(mul(x, c(0.5)), mul(sub(c(1), mul(t, t)), slope)))
}
