import { ArgumentError } from '../core/errors.ts'
import { formatType, type Value } from '../graph/value.ts'
import type { AnyLayer } from '../nn/layer.ts'
import { layerKey } from '../nn/layer-key.ts'
import { dataOption } from '../nn/layers/augmentation/data.ts'
import { runLayer } from '../nn/run-layer.ts'

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
  const part = perPixel(input, target) ? 'segmentationMasks' : 'labels'
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
    layer.augments ? { [dataOption]: `images ${part}` } : {},
  )
  if (!y) refused(layer, 'one output')
  for (const [value, before] of [
    [x, input],
    [y, target],
  ] as const) {
    if (value.shape.join() !== before.shape.join())
      refused(layer, `${formatType(value.type)} of ${formatType(before.type)}`)
  }
  return { ...batch, decoded: [x], targets: [y] }
}

/** Whether targets say something of each pixel, so that they have to move with the images: they have their height and width. */
function perPixel({ shape: images }: Value, { shape: targets }: Value): boolean {
  const same = (at: number, of: number) => images[at] === targets[of] && images[at + 1] === targets[of + 1]
  if (images.length !== 4) return false
  // Channels last, channels first, and targets without channels for either.
  return targets.length === 4 ? same(1, 1) || same(2, 2) : targets.length === 3 && (same(1, 1) || same(2, 1))
}

function refused(layer: AnyLayer, received: string): never {
  throw new ArgumentError({
    where: `compile, augmentation '${layer.type}'`,
    expected:
      'a layer of [images, targets] that gives both, of the sizes they have, and has no weights, such as mixUp or randomFlip',
    received,
  })
}
