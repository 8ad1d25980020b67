import type { Value } from '../../graph/value.ts'
import { ints } from '../../ops/constants.ts'
import { add } from '../../ops/math/add.ts'
import { div } from '../../ops/math/div.ts'
import { mul } from '../../ops/math/mul.ts'
import { reduceSum } from '../../ops/reduce/reduce-sum.ts'
import { axisNumber, numberIn } from './checks.ts'
import { epsilon, oneMinus, plus, times } from './elementwise.ts'
import { defineLoss, type Loss, type ReductionOptions } from './loss.ts'
import { matched } from './targets.ts'

export interface DiceOptions extends ReductionOptions {
  /** The axes that make up one overlap; the others stay. Default: all, one overlap for the whole batch. */
  readonly axis?: number | readonly number[] | null
}

/** 1 − 2Σ target·output / (Σ target + Σ output + ε): one minus the overlap of two masks (Dice 1945). */
export function dice({ axis = null, ...rest }: DiceOptions = {}): Loss {
  const sum = summing('dice', axis)
  return defineLoss('dice', { axis, ...rest }, (target, output) => {
    const [t, y] = matched('dice', target, output)
    return oneMinus(div(times(sum(mul(t, y)), 2), plus(add(sum(t), sum(y)), epsilon)))
  })
}

export interface TverskyOptions extends DiceOptions {
  /** Weight of what the output misses. Default 0.5. */
  readonly alpha?: number
  /** Weight of what it finds and should not. Default 0.5. */
  readonly beta?: number
}

/**
 * 1 − Σ t·y / (Σ t·y + αΣ t·(1−y) + βΣ (1−t)·y + ε), for target t and output y (Salehi et al. 2017, with α and β on the errors that
 * Keras puts them on). 0.5 and 0.5 give `dice`.
 */
export function tversky({ alpha = 0.5, beta = 0.5, axis = null, ...rest }: TverskyOptions = {}): Loss {
  numberIn('tversky', 'alpha', alpha)
  numberIn('tversky', 'beta', beta)
  const sum = summing('tversky', axis)
  return defineLoss('tversky', { alpha, beta, axis, ...rest }, (target, output) => {
    const [t, y] = matched('tversky', target, output)
    const both = sum(mul(t, y))
    const missed = sum(mul(oneMinus(y), t))
    const wrong = sum(mul(y, oneMinus(t)))
    return oneMinus(div(both, plus(add(both, add(times(missed, alpha), times(wrong, beta))), epsilon)))
  })
}

function summing(name: string, axis: number | readonly number[] | null): (x: Value) => Value {
  const axes =
    axis === null ? undefined : ints((typeof axis === 'number' ? [axis] : axis).map(a => axisNumber(name, a)))
  return x => reduceSum(x, axes, { keepdims: 0 })
}
