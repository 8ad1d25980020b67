import { ArgumentError } from '../core/errors.ts'
import type { Value } from '../graph/value.ts'
import type { AnyLayer } from '../nn/layer.ts'
import { runLayer } from '../nn/run-layer.ts'
import { layerKey } from './layer-key.ts'

/** A batch before it meets the network. */
export interface Fed {
  readonly decoded: readonly Value[]
  readonly targets: readonly (Value | undefined)[]
}

/** The batch with its only input and target as a layer of both makes them in training. `counter`: [finished steps, seed]. */
export function augmented<B extends Fed>(layer: AnyLayer | undefined, batch: B, counter: Value): B {
  const [input] = batch.decoded
  const [target] = batch.targets
  if (!layer || !input || !target) return batch
  const [x, y] = runLayer(
    {
      training: true,
      masks: new Map(),
      updates: new Map(),
      losses: [],
      key: path => layerKey(counter, path),
      weight: ({ name }) => refused(layer, `the weight '${name}'`),
    },
    'augmentation',
    layer,
    [input, target],
  )
  return y ? { ...batch, decoded: [x], targets: [y] } : refused(layer, 'one output')
}

function refused(layer: AnyLayer, received: string): never {
  throw new ArgumentError({
    where: `compile, augmentation '${layer.type}'`,
    expected: 'a layer of [images, targets] that gives both and has no weights, such as mixUp or cutMix',
    received,
  })
}
