import type { Value } from '../../../graph/value.ts'
import { ints, scalarLike } from '../../../ops/constants.ts'
import { or } from '../../../ops/logic/or.ts'
import { where } from '../../../ops/logic/where.ts'
import { add as plus } from '../../../ops/math/add.ts'
import { max } from '../../../ops/math/max.ts'
import { min } from '../../../ops/math/min.ts'
import { mul } from '../../../ops/math/mul.ts'
import { sub } from '../../../ops/math/sub.ts'
import { unsqueeze } from '../../../ops/shape/unsqueeze.ts'
import type { Layer, LayerInputs } from '../../layer.ts'
import { channelsLast } from '../../layout.ts'
import { makeLayer } from '../../make-layer.ts'
import type { Merged } from '../../shapes/merging.ts'
import type { ShapeFunction } from '../../shapes/shape-function.ts'
import { type CommonOptions, common } from '../options.ts'
import { beforeLayout } from '../spatial.ts'

/*
 * Layers that combine tensors element by element: `layers.add()([a, b])`. Shapes broadcast; tensors of fewer axes get axes of size 1
 * after the batch axis. The output's mask keeps what any input's mask keeps, and is there if all inputs have one.
 */

/** Sum. */
export const add = (options: CommonOptions = {}): Layer<Merged<'add'>> => merge('Add', options, folded(plus))

/** Mean. */
export const average = (options: CommonOptions = {}): Layer<Merged<'average'>> =>
  merge('Average', options, (inputs, masks) => {
    const sum = folded(plus)(inputs, masks)
    return mul(sum, scalarLike(1 / inputs.length, sum))
  })

/** First minus second. */
export const subtract = (options: CommonOptions = {}): Layer<Merged<'subtract'>> =>
  merge('Subtract', options, folded(sub), 2)

/** Product. Masked steps of an input count as 1; steps that all inputs mask are 0. */
export const multiply = (options: CommonOptions = {}): Layer<Merged<'multiply'>> =>
  merge('Multiply', options, (inputs, masks) => {
    const product = inputs
      .map((x, i) => (masks[i] ? where(alongLast(masks[i]), x, scalarLike(1, x)) : x))
      .reduce((a, b) => mul(a, b))
    const kept = unionOf(masks)
    return kept ? where(alongLast(kept), product, scalarLike(0, product)) : product
  })

/** Largest, among the inputs whose masks keep the step. */
export const maximum = (options: CommonOptions = {}): Layer<Merged<'maximum'>> =>
  merge(
    'Maximum',
    options,
    foldedWithMasks((a, b) => max([a, b])),
  )

/** Smallest, among the inputs whose masks keep the step. */
export const minimum = (options: CommonOptions = {}): Layer<Merged<'minimum'>> =>
  merge(
    'Minimum',
    options,
    foldedWithMasks((a, b) => min([a, b])),
  )

type Masks = readonly (Value | undefined)[]
type Combine = (inputs: LayerInputs, masks: Masks) => Value

function merge<F extends ShapeFunction>(
  type: string,
  options: CommonOptions,
  combine: Combine,
  count?: number,
): Layer<F> {
  return makeLayer({
    type,
    ...common(type.toLowerCase(), options),
    config: {},
    arity: { min: count ?? 1, max: count ?? Number.POSITIVE_INFINITY },
    masking: (_, { masks }) => unionOf(masks),
    call(inputs, { masks }) {
      const rank = Math.max(...inputs.map(input => input.shape.length))
      const known = masks.map((mask, i) => (inputs[i]?.shape.length === rank ? mask : undefined))
      const [first, ...others] = inputs
      // Images that come from the engine's layout are merged there, which saves the transposes around.
      const before = known.some(Boolean) ? [] : inputs.map(beforeLayout)
      const [head, ...tail] = before.filter(value => value?.shape.length === rank)
      if (head && tail.length === others.length)
        return channelsLast(combine([head, ...tail.filter(value => value !== undefined)], []))
      return combine([widened(first, rank), ...others.map(x => widened(x, rank))], known)
    },
  })
}

function widened(x: Value, rank: number): Value {
  const missing = rank - x.shape.length
  return missing === 0 ? x : unsqueeze(x, ints(Array.from({ length: missing }, (_, i) => i + 1)))
}

const folded =
  (combine: (a: Value, b: Value) => Value): Combine =>
  ([first, ...others]) =>
    others.reduce(combine, first)

/** What is masked in one of two does not count: the other's element stands in its place. */
const foldedWithMasks =
  (combine: (a: Value, b: Value) => Value): Combine =>
  ([first, ...others], [firstMask, ...otherMasks]) => {
    let [output, kept] = [first, firstMask]
    others.forEach((input, i) => {
      const mask = otherMasks[i]
      const x = mask ? where(alongLast(mask), input, output) : input
      if (kept) output = where(alongLast(kept), output, x)
      kept = mask && kept && or(kept, mask)
      output = combine(output, x)
    })
    return output
  }

const alongLast = (mask: Value): Value => unsqueeze(mask, ints([-1]))

/** Steps that any of the masks keeps; `undefined` unless all are there. */
function unionOf(masks: Masks): Value | undefined {
  const all = masks.filter(mask => mask !== undefined)
  return all.length === masks.length && all.length > 0 ? all.reduce((a, b) => or(a, b)) : undefined
}
