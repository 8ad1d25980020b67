import type { Value } from '../../graph/value.ts'
import { unbroadcast } from '../gradients.ts'
import { equal } from '../logic/equal.ts'
import { cast } from './cast.ts'
import { mul } from './mul.ts'
import { sub } from './sub.ts'

/**
 * Gradients of an elementwise maximum or minimum `y`: each element of `dy` goes to the first input that equals `y` there.
 * What is left after the others belongs to the last one, which saves a comparison.
 */
export function extremumGradients(inputs: readonly Value[], y: Value, dy: Value): Value[] {
  let rest = dy
  return inputs.map((input, i) => {
    if (i === inputs.length - 1) return unbroadcast(rest, input)
    const own = mul(rest, cast(equal(input, y), { to: dy.dtype }))
    rest = sub(rest, own)
    return unbroadcast(own, input)
  })
}
