import { batchOf } from '../../../autodiff/batching.ts'
import { ArgumentError, ShapeError } from '../../../core/errors.ts'
import { formatShape } from '../../../core/shape.ts'
import { Value } from '../../../graph/value.ts'
import { ints } from '../../../ops/constants.ts'
import { recur } from '../../../ops/control/recur.ts'
import { concat } from '../../../ops/shape/concat.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import { slice } from '../../../ops/shape/slice.ts'
import { squeeze } from '../../../ops/shape/squeeze.ts'
import { unsqueeze } from '../../../ops/shape/unsqueeze.ts'
import type { AnyLayer, Layer, LayerScope } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { ShapeOf } from '../../shapes/shape-function.ts'
import type { EachStep } from '../../shapes/wrapping.ts'
import { type CommonOptions, common } from '../options.ts'
import { swapSteps } from './run.ts'

export interface TimeDistributedOptions<L extends AnyLayer = AnyLayer> extends CommonOptions {
  readonly layer: L
}

/**
 * Applies a layer to every step: [batch, steps, …] → [batch, steps, …′]. The layer is called once for each step, with the step's mask:
 * batch normalisation sees one step at a time and updates its statistics as often, dropout draws for each. A layer that only
 * computes gets all steps at once, as a larger batch, which comes to the same. (So a function of one's own must not mix samples.)
 * Unlike in Keras, a penalty on the layer's output counts, at each step.
 */
export function timeDistributed<L extends AnyLayer>({
  layer: given,
  ...options
}: TimeDistributedOptions<L>): Layer<EachStep<ShapeOf<L>>> {
  const layer: AnyLayer = given
  if (typeof layer?.call !== 'function')
    throw new ArgumentError({ where: 'timeDistributed', expected: "a 'layer'", received: typeof layer })
  return makeLayer({
    type: 'TimeDistributed',
    ...common('timeDistributed', options),
    config: { layer },
    masking: 'pass',
    call([x], scope) {
      if (x.shape.length < 3) {
        throw new ShapeError({
          where: 'timeDistributed',
          expected: 'sequences of shape [batch, steps, …]',
          received: `shape ${formatShape(x.shape)}`,
        })
      }
      const [batch, steps] = x.shape
      const [mask] = scope.masks
      if (typeof steps !== 'number') return inLoop(layer, x, mask, scope)
      const entry = (t: number) => {
        const value = stepOf(x, t)
        scope.setMask(value, mask && stepOf(mask, t))
        return value
      }
      if (!scope.onlyComputes('layer', layer, entry(0))) {
        const turns = Array.from({ length: steps }, (_, turn) => scope.run('layer', layer, entry(turn), { turn })[0])
        return concat(
          turns.map(output => unsqueeze(output, ints([1]))),
          { axis: 1 },
        )
      }
      return typeof batch === 'number' ? asOneBatch(layer, x, batch, steps, mask, scope) : inLoop(layer, x, mask, scope)
    },
  })
}

/** [batch, steps, …] → [batch, …] of one step. */
const stepOf = (x: Value, t: number): Value => squeeze(slice(x, ints([t]), ints([t + 1]), ints([1])), ints([1]))

function asOneBatch(
  layer: AnyLayer,
  x: Value,
  batch: number,
  steps: number,
  mask: Value | undefined,
  scope: LayerScope,
): Value {
  const folded = (value: Value) => reshape(value, ints([batch * steps, ...value.shape.slice(2).map(Number)]))
  const samples = folded(x)
  scope.setMask(samples, mask && folded(mask))
  const [y] = scope.run('layer', layer, samples)
  return reshape(y, ints([batch, steps, ...y.shape.slice(1).map(Number)]))
}

/** With open sizes the axes cannot be merged and parted again: a loop over the steps. */
function inLoop(layer: AnyLayer, x: Value, mask: Value | undefined, scope: LayerScope): Value {
  const symbolOf = (value: Value) =>
    Value.input({ dtype: value.dtype, shape: [value.shape[0] ?? 1, ...value.shape.slice(2)] })
  const entry = symbolOf(x)
  const valid = mask && symbolOf(mask)
  scope.setMask(entry, valid)
  if (!scope.onlyComputes('layer', layer, entry)) {
    throw new ShapeError({
      where: 'timeDistributed',
      expected: 'a known number of steps, for a layer that changes as it runs',
      received: `shape ${formatShape(x.shape)}`,
      remedy: 'Declare it in the shape of the input.',
    })
  }
  const [output] = scope.run('layer', layer, entry)
  const { stackOf } = recur(
    {
      name: 'timeDistributed',
      length: typeof x.shape[1] === 'number' ? x.shape[1] : 0,
      entries: new Map([[entry, swapSteps(x)], ...(valid && mask ? [[valid, swapSteps(mask)] as const] : [])]),
      states: [],
      initial: [],
      next: [],
      outputs: [output],
    },
    batchOf,
  )
  return swapSteps(stackOf(output))
}
