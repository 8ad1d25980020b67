import { stopGradient } from '../autodiff/stop-gradient.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { formatShape, sameShape } from '../core/shape.ts'
import { withScope } from '../graph/scope.ts'
import type { Value } from '../graph/value.ts'
import { constant } from '../ops/constants.ts'
import { add } from '../ops/math/add.ts'
import { cast } from '../ops/math/cast.ts'
import { identity } from '../ops/math/identity.ts'
import { sub } from '../ops/math/sub.ts'
import type { AnyLayer, CallOptions, LayerInputs, LayerScope } from './layer.ts'
import { Weight } from './variable.ts'

/** One trace of layers: what they ask for, and what they leave besides their outputs. */
export interface Tracing {
  readonly training: boolean
  /** The value that stands for a weight. `path` and `owners` say where in the model it was met. */
  weight(weight: Weight, path: string, owners: readonly AnyLayer[]): Value
  key?(path: string): Value
  rematerialize?(path: string): boolean
  readonly masks: Map<Value, Value>
  /** Inputs that a call gave another mask, or none: the mask that they came with. */
  readonly replacedMasks?: Map<Value, Value | undefined>
  readonly updates: Map<Weight, Value>
  readonly losses: Value[]
  /** Called for each weight that did not exist before. */
  made?(layer: AnyLayer, name: string): void
}

/** Runs a layer's `call` on values. `path` is its place in the model, `owners` the layers around it. */
export function runLayer(
  tracing: Tracing,
  path: string,
  layer: AnyLayer,
  inputs: LayerInputs,
  options: CallOptions = {},
  owners: readonly AnyLayer[] = [],
): readonly [Value, ...Value[]] {
  const { min, max } = layer.arity ?? { min: 1, max: 1 }
  if (inputs.length < min || inputs.length > max) {
    throw new ArgumentError({
      where: path,
      expected: `${min === max ? min : max === Number.POSITIVE_INFINITY ? `${min} or more` : `${min} to ${max}`} input${max === 1 ? '' : 's'}`,
      received: `${inputs.length}`,
    })
  }
  const chain = [...owners, layer]
  const training = typeof options['training'] === 'boolean' ? options['training'] : tracing.training
  const present = training === tracing.training ? tracing : { ...tracing, training }
  const known = new Map<Weight, Value>()
  const scope: LayerScope = {
    training,
    trainable: chain.every(owner => owner.trainable),
    masks: inputs.map(input => tracing.masks.get(input)),
    ownMasks: inputs.map(input =>
      (tracing.replacedMasks?.has(input) ? tracing.replacedMasks : tracing.masks).get(input),
    ),
    options,
    weight(name, wanted) {
      const existing = layer.ownWeights.get(name)
      const weight = existing ?? new Weight(name, wanted)
      if (!existing) {
        layer.ownWeights.set(name, weight)
        tracing.made?.(layer, name)
      }
      if (!sameShape(weight.shape, wanted.shape)) {
        throw new ShapeError({
          where: `${path}/${name}`,
          expected: `the shape it was made with, ${formatShape(weight.shape)}`,
          received: formatShape(wanted.shape),
          remedy:
            'A layer that is applied several times shares its weights, so its inputs must agree in the sizes these depend on.',
        })
      }
      const value = known.get(weight) ?? latest(tracing, weight, present.weight(weight, `${path}/${name}`, chain))
      known.set(weight, value)
      return value
    },
    update(name, next) {
      const weight = layer.ownWeights.get(name)
      if (!weight) throw new ArgumentError({ where: path, expected: 'a weight to update', received: `'${name}'` })
      tracing.updates.set(weight, next)
    },
    randomKey: purpose => tracing.key?.(purpose === undefined ? path : `${path}:${purpose}`) ?? noKey(),
    addLoss: value => {
      tracing.losses.push(value)
    },
    setMask(value, mask, standsFor) {
      if (standsFor) tracing.replacedMasks?.set(value, tracing.masks.get(standsFor))
      if (mask) tracing.masks.set(value, mask)
      else tracing.masks.delete(value)
    },
    maskOf: value => tracing.masks.get(value),
    run: (name, inner, given, { training: mode = training, options: inside, turn = 0 } = {}) =>
      runLayer(inTurn({ ...present, training: mode }, turn), `${path}/${name}`, inner, listed(given), inside, chain),
    onlyComputes(name, inner, given) {
      const { trial, left } = onTrial(present)
      runLayer(trial, `${path}/${name}`, inner, listed(given), {}, chain)
      return !left()
    },
  }
  const result = withScope(path.slice(path.lastIndexOf('/') + 1), () => layer.call(inputs, scope), {
    rematerialize: tracing.rematerialize?.(path) ?? false,
  })
  const [first, ...others]: readonly Value[] = Array.isArray(result) ? result : [result as Value]
  if (!first) throw new ArgumentError({ where: path, expected: 'an output', received: 'none' })
  return masked(tracing, layer, inputs, scope, [first, ...others])
}

const listed = (given: Value | LayerInputs): LayerInputs =>
  // `Array.isArray` does not tell readonly lists from what is none.
  Array.isArray(given) ? (given as LayerInputs) : [given as Value]

/**
 * A weight that was updated before in this trace, by the same layer applied to something else, has its new value, as variables
 * in Keras do. Gradients are the weight's all the same.
 */
export function latest({ updates }: Pick<Tracing, 'updates'>, weight: Weight, value: Value): Value {
  const updated = updates.get(weight)
  if (!updated) return value
  const next = updated.dtype === value.dtype ? updated : cast(updated, { to: value.dtype })
  return weight.options.trainable === false ? next : add(value, stopGradient(sub(next, value)))
}

/** Later turns draw from keys of their own. */
function inTurn(tracing: Tracing, turn: number): Tracing {
  const { key } = tracing
  return turn === 0 || !key ? tracing : { ...tracing, key: path => key(`${path}@${turn}`) }
}

/** A trace that nothing is kept of, and whether something would have been left behind. */
function onTrial(tracing: Tracing): { readonly trial: Tracing; left(): boolean } {
  const { masks, key } = tracing
  const [updates, losses] = [new Map<Weight, Value>(), [] as Value[]]
  let drawn = false
  const noted = (path: string): Value => {
    drawn = true
    return key?.(path) ?? noKey()
  }
  return {
    trial: { ...tracing, masks: new Map(masks), updates, losses, key: noted },
    left: () => drawn || updates.size > 0 || losses.length > 0,
  }
}

const noKey = (): Value => constant([0, 0], [2], 'int64')

function masked(
  tracing: Tracing,
  layer: AnyLayer,
  inputs: LayerInputs,
  scope: LayerScope,
  outputs: readonly [Value, ...Value[]],
): readonly [Value, ...Value[]] {
  const { masking = 'drop' } = layer
  const [incoming] = scope.masks
  const [first, ...others] = outputs
  if (typeof masking === 'function') {
    const mask = masking(inputs, scope, outputs)
    const own = mask !== incoming && inputs.includes(first) ? identity(first) : first
    scope.setMask(own, mask)
    return [own, ...others]
  }
  if (!incoming) return outputs
  if (masking === 'pass') {
    scope.setMask(first, incoming)
    return outputs
  }
  // A layer that hands its input on as it is must not hand on the mask with it.
  return inputs.includes(first) && tracing.masks.has(first) ? [identity(first), ...others] : outputs
}
