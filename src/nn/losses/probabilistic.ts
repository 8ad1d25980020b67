import { div } from '../../ops/math/div.ts'
import { log } from '../../ops/math/log.ts'
import { mul } from '../../ops/math/mul.ts'
import { sub } from '../../ops/math/sub.ts'
import { numberIn } from './checks.ts'
import { epsilon, meanOver, oneMinus, plus, power, sumOver, times, within } from './elementwise.ts'
import { defineLoss, type Loss, type ReductionOptions } from './loss.ts'
import { classesOf, classNumbers, matched, oneHotOf } from './targets.ts'

/** Mean over the last axis of output − target·log(output + ε): the negative log-likelihood of counts, less what does not depend on the output. */
export const poisson = (options: ReductionOptions = {}): Loss =>
  defineLoss('poisson', options, (target, output) => {
    const [t, y] = matched('poisson', target, output)
    return meanOver(sub(y, mul(t, log(plus(y, epsilon)))))
  })

/** Sum over the last axis of target·log(target / output), both kept within [ε, 1] (Kullback and Leibler 1951). */
export const klDivergence = (options: ReductionOptions = {}): Loss =>
  defineLoss('klDivergence', options, (target, output) => {
    const [t, y] = matched('klDivergence', target, output)
    const p = within(t, epsilon, 1)
    return sumOver(mul(p, log(div(p, within(y, epsilon, 1)))))
  })

export interface GeneralizedCrossEntropyOptions extends ReductionOptions {
  /** Between 0 (cross-entropy) and 1 (mean absolute error), both excluded. Default 0.5. */
  readonly q?: number
}

/**
 * (1 − p[target]^q) / q for class numbers [batch, …] and probabilities [batch, …, classes]: a cross-entropy that forgives wrong
 * labels (Zhang and Sabuncu 2018).
 */
export function categoricalGeneralizedCrossEntropy({ q = 0.5, ...rest }: GeneralizedCrossEntropyOptions = {}): Loss {
  const name = 'categoricalGeneralizedCrossEntropy'
  numberIn(name, 'q', q, { min: 0, max: 1, open: true })
  return defineLoss(
    name,
    { q, ...rest },
    (target, output) => {
      const wanted = oneHotOf(classNumbers(name, target, output), classesOf(output), output.dtype)
      const p = sumOver(mul(output, wanted))
      return times(oneMinus(power(p, q)), 1 / q)
    },
    { classes: output => classesOf(output) },
  )
}
