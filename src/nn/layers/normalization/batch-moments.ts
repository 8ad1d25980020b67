import { stopGradient } from '../../../autodiff/stop-gradient.ts'
import { staticShape } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { ints, scalarLike } from '../../../ops/constants.ts'
import { add } from '../../../ops/math/add.ts'
import { cast } from '../../../ops/math/cast.ts'
import { div } from '../../../ops/math/div.ts'
import { max } from '../../../ops/math/max.ts'
import { min } from '../../../ops/math/min.ts'
import { mul } from '../../../ops/math/mul.ts'
import { sqrt } from '../../../ops/math/sqrt.ts'
import { sub } from '../../../ops/math/sub.ts'
import { relu } from '../../../ops/nn/relu.ts'
import { reduceMean } from '../../../ops/reduce/reduce-mean.ts'
import { reduceSum } from '../../../ops/reduce/reduce-sum.ts'
import { expand } from '../../../ops/shape/expand.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import { unsqueeze } from '../../../ops/shape/unsqueeze.ts'

/** The moments of a batch under a mask, and what batch renormalisation makes of them: where the engine's operator does not do. */

export interface Moments {
  /** [channels] */
  readonly mean: Value
  readonly variance: Value
}

export interface RenormClipping {
  readonly rmin?: number
  readonly rmax?: number
  readonly dmax?: number
}

/** Mean and biased variance along `axis`, of the positions that the mask (of the input's rank less one) leaves. */
export function moments(x: Value, axis: number, mask: Value | undefined): Moments {
  const others = ints(x.shape.map((_, i) => i).filter(i => i !== axis))
  const flat = (y: Value) => reshape(y, ints([-1]))
  if (!mask) {
    const mean = reduceMean(x, others)
    const centred = sub(x, mean)
    return { mean: flat(mean), variance: flat(reduceMean(mul(centred, centred), others)) }
  }
  const counted = expand(
    cast(unsqueeze(mask, ints([-1])), { to: x.dtype }),
    ints(staticShape(x.shape, 'batchNormalization')),
  )
  const weights = add(reduceSum(counted, others), scalarLike(1e-7, x))
  const mean = div(reduceSum(mul(x, counted), others), weights)
  const centred = mul(sub(x, mean), counted)
  return { mean: flat(mean), variance: flat(div(reduceSum(mul(centred, centred), others), weights)) }
}

/** (x − mean) / √(variance + ε) · gamma + beta, all but x with one element per channel. */
export function applied(
  x: Value,
  axis: number,
  { mean, variance }: Moments,
  gamma: Value | undefined,
  beta: Value | undefined,
  epsilon: number,
): Value {
  const along = (y: Value) => reshape(y, ints(x.shape.map((_, i) => (i === axis ? -1 : 1))))
  const inverse = div(scalarLike(1, x), sqrt(add(variance, scalarLike(epsilon, x))))
  const factor = gamma ? mul(inverse, gamma) : inverse
  const scaled = mul(sub(x, along(mean)), along(factor))
  return beta ? add(scaled, along(beta)) : scaled
}

/** momentum · old + (1 − momentum) · next. */
export const blended = (old: Value, next: Value, momentum: number): Value =>
  add(mul(old, scalarLike(momentum, old)), mul(next, scalarLike(1 - momentum, old)))

interface RenormState {
  readonly movingMean: Value
  readonly movingDeviation: Value
  /** Those of renormalisation. */
  readonly mean: Value
  readonly deviation: Value
}

/**
 * Ioffe, "Batch Renormalization", 2017: factor and offset that carry the batch's own normalisation to that of the slow statistics,
 * r = σ/σ′ and d = (μ − μ′)/σ′, taken as constants; and the next values of all statistics.
 */
export function renormalized(
  { mean, variance }: Moments,
  settings: {
    readonly epsilon: number
    readonly momentum: number
    readonly renormMomentum: number
    readonly clipping: RenormClipping
  },
  slowState: RenormState,
  gamma: Value | undefined,
  beta: Value | undefined,
) {
  const { epsilon, momentum, renormMomentum, clipping } = settings
  const number = (value: number) => scalarLike(value, mean)
  const deviation = sqrt(add(variance, number(epsilon)))
  const slow = max([slowState.deviation, number(Math.sqrt(epsilon))])
  const { rmin, rmax, dmax } = clipping
  let ratio = div(deviation, slow)
  if (rmin !== undefined) ratio = max([ratio, number(rmin)])
  if (rmax !== undefined) ratio = min([ratio, number(rmax)])
  let shift = div(sub(mean, slowState.mean), slow)
  if (dmax !== undefined) shift = max([min([shift, number(dmax)]), number(-dmax)])
  const [r, d] = [stopGradient(ratio), stopGradient(shift)]
  const offset = gamma ? mul(d, gamma) : d
  const nextDeviation = blended(slowState.movingDeviation, deviation, momentum)
  return {
    gamma: gamma ? mul(r, gamma) : r,
    beta: beta ? add(offset, beta) : offset,
    updates: {
      renorm_mean: blended(slowState.mean, mean, renormMomentum),
      renorm_stddev: blended(slowState.deviation, deviation, renormMomentum),
      moving_mean: blended(slowState.movingMean, mean, momentum),
      moving_stddev: nextDeviation,
      moving_variance: relu(sub(mul(nextDeviation, nextDeviation), number(epsilon))),
    },
  }
}
