import { ArgumentError } from '../../../core/errors.ts'
import { normalizeAxis } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { ints } from '../../../ops/constants.ts'
import { equal } from '../../../ops/logic/equal.ts'
import { not } from '../../../ops/logic/not.ts'
import { or } from '../../../ops/logic/or.ts'
import { reduceMax } from '../../../ops/reduce/reduce-max.ts'
import { concat } from '../../../ops/shape/concat.ts'
import type { Layer, LayerInputs } from '../../layer.ts'
import { channelsLast } from '../../layout.ts'
import { makeLayer } from '../../make-layer.ts'
import type { Concatenated } from '../../shapes/merging.ts'
import { type CommonOptions, common } from '../options.ts'
import { beforeLayout } from '../spatial.ts'

export interface ConcatenateOptions extends CommonOptions {
  /** The axis to join along, counted with the batch axis. Default −1, the last. */
  readonly axis?: number
}

/** Joins tensors that agree in all other axes. The output's mask joins the inputs' along the axis; an input without one counts as kept. */
export function concatenate<const A extends number = -1>(
  options: ConcatenateOptions & { readonly axis?: A } = {},
): Layer<Concatenated<A>> {
  const axis: number = options.axis ?? -1
  if (!Number.isSafeInteger(axis)) {
    throw new ArgumentError({ where: 'concatenate', expected: "'axis' to be an integer", received: String(axis) })
  }
  return makeLayer({
    type: 'Concatenate',
    ...common('concatenate', options),
    config: { axis },
    arity: { min: 1, max: Number.POSITIVE_INFINITY },
    masking: (inputs, { masks }) => joinedMask(inputs, masks, axis),
    call(inputs) {
      const rank = inputs[0].shape.length
      const at = normalizeAxis(axis, rank, 'concatenate')
      // Images that come from the engine's layout are joined there, which saves the transposes around.
      const before = inputs.map(beforeLayout).filter(value => value?.shape.length === rank)
      const inside = before.filter(value => value !== undefined)
      if (inside.length === inputs.length) {
        const moved = at === 0 ? 0 : at === rank - 1 ? 1 : at + 1
        return channelsLast(concat(inside, { axis: moved }))
      }
      return concat(inputs, { axis: at })
    },
  })
}

/** Masks have all axes but the last, along which a step is kept if any part of it is. */
function joinedMask(inputs: LayerInputs, masks: readonly (Value | undefined)[], axis: number): Value | undefined {
  const rank = inputs[0].shape.length
  const fits = masks.every(mask => mask === undefined || mask.shape.length === rank - 1)
  if (!fits || masks.every(mask => mask === undefined)) return undefined
  const all = inputs.map((input, i) => masks[i] ?? everything(input))
  const at = normalizeAxis(axis, rank, 'concatenate')
  return at === rank - 1 ? all.reduce((a, b) => or(a, b)) : concat(all, { axis: at })
}

/** True for each step, in a shape that may be known only when the graph runs. (NaN does not equal itself.) */
function everything(x: Value): Value {
  const steps = reduceMax(x, ints([-1]), { keepdims: 0 })
  const same = equal(steps, steps)
  return or(same, not(same))
}
