import { ArgumentError } from '../../../core/errors.ts'
import { staticShape } from '../../../core/shape.ts'
import { Value } from '../../../graph/value.ts'
import { constant, ints, scalar } from '../../../ops/constants.ts'
import { loop } from '../../../ops/control/loop.ts'
import { gather } from '../../../ops/index/gather.ts'
import { where } from '../../../ops/logic/where.ts'
import { add } from '../../../ops/math/add.ts'
import { cast } from '../../../ops/math/cast.ts'
import { mul } from '../../../ops/math/mul.ts'
import { sub } from '../../../ops/math/sub.ts'
import type { SameShape } from '../../shapes/functions.ts'
import { positiveInt } from '../arguments.ts'
import { common } from '../options.ts'
import { seededKey } from '../seeded.ts'
import { clipped } from './colour.ts'
import { dataOf, inBatches, listOf, namesOf } from './data.ts'
import { type AugmentationLayer, dataLayer } from './data-layer.ts'
import { beta, dirichlet, integers } from './draws.ts'
import { bodyOf, changed, type PolicyName, policyLayers, salt } from './policy.ts'
import { type PolicyOptions, policyConfig } from './rand-augment.ts'
import { asFloat, drawsFrom, imagesOf, type Range, unchanged } from './random-layer.ts'

export interface AugMixOptions extends PolicyOptions {
  /** How many chains of changes are mixed. Default 3. */
  readonly numChains?: number
  /** How many changes one after the other a chain has at most. Default 3. */
  readonly chainDepth?: number
  /** Of the distributions of the shares: Dirichlet(alpha, …) and Beta(alpha, alpha). Default 1. */
  readonly alpha?: number
  /** Choose among brightness, colour, contrast and sharpness too. Default true. */
  readonly allOps?: boolean
}

const extra: readonly string[] = [
  'random_brightness',
  'random_color_degeneration',
  'random_contrast',
  'random_sharpness',
] satisfies readonly PolicyName[]

/**
 * Hendrycks et al., "AugMix", 2020: in training, mixes every batch with a weighted sum of chains of random changes of it. `factor` is 0.3
 * by default. Chains are drawn anew for every step, those of a batch are the same. Only the chosen layers are computed.
 * As in Keras, masks are mixed alike, with nearest pixels, and boxes stay as they are.
 */
export function augMix(options: AugMixOptions = {}): AugmentationLayer<SameShape> {
  const name = 'augMix'
  const { alpha = 1, allOps = true } = options
  if (!(alpha > 0 && Number.isFinite(alpha)))
    throw new ArgumentError({ where: name, expected: "'alpha' above 0", received: String(alpha) })
  const config = {
    ...policyConfig(name, options, 0.3),
    numChains: positiveInt(name, 'numChains', options.numChains ?? 3),
    chainDepth: positiveInt(name, 'chainDepth', options.chainDepth ?? 3),
    alpha,
    allOps,
  }
  const layers = Object.entries(policyLayers(config)).flatMap(([key, layer]) =>
    allOps || !extra.includes(key) ? [layer] : [],
  )
  return dataLayer({
    type: 'AugMix',
    where: name,
    ...common(name, options),
    config,
    mixes: ['segmentationMasks'],
    augment(data, scope) {
      if (!scope.training) return unchanged(name, data, config.dataFormat)
      const { numChains, chainDepth } = config
      const key = seededKey(scope, config.seed)
      const random = drawsFrom(key)
      const shares = dirichlet(random, numChains, scalar(alpha))
      const own = beta(random, 1, scalar(alpha))
      // One more than there are layers: no change.
      const drawn = cast(integers(random, [numChains * chainDepth], 0, layers.length + 1), { to: 'int64' })
      return inBatches(name, data, config.dataFormat, batch => {
        const { segmentationMasks: masks } = batch
        const { x } = imagesOf(name, asFloat(batch.images), config.dataFormat)
        const whole = masks ? { images: x, segmentationMasks: asFloat(masks) } : { images: x }
        const names = namesOf(whole)
        const sums = chains(listOf(whole), shares, chainDepth, (y, place) => {
          const chainKey = add(key, mul(place, salt(layers.length)))
          return listOf(changed(dataOf(name, names, y), at(drawn, place), layers, chainKey, scope))
        })
        const { images: sum, segmentationMasks } = dataOf(name, names, sums)
        return {
          ...batch,
          images: mixed(x, sum, own, config.valueRange),
          ...(masks && segmentationMasks ? { segmentationMasks: between(asFloat(masks), segmentationMasks, own) } : {}),
        }
      })
    },
  })
}

/** Σ share · chain of each x: chains of `depth` changes, `change(y, place)` with places counted through all chains. */
export function chains(
  xs: readonly Value[],
  shares: Value,
  depth: number,
  change: (y: readonly Value[], place: Value) => readonly Value[],
): readonly Value[] {
  const [count] = staticShape(shares.shape, 'augMix')
  const places = Array.from({ length: (count ?? 0) * depth }, (_, place) => place)
  const chain = ints(places.map(place => Math.floor(place / depth)))
  const last = constant(places.map(place => Number(place % depth === depth - 1)))
  // What a place's result counts: a chain's share at its end, nothing before.
  const weights = mul(gather(shares, chain, { axis: 0 }), last)
  const begins = constant(
    places.map(place => Number(place % depth === 0)),
    [places.length],
    'bool',
  )
  const place = Value.input({ dtype: 'int64', shape: [] }, 'place')
  const condition = Value.input({ dtype: 'bool', shape: [] }, 'condition')
  const before = xs.map(x => Value.input(x.type, 'before'))
  const sums = xs.map(x => Value.input(x.type, 'sum'))
  // One body for all places, since every place chooses among all layers.
  const body = bodyOf('place', [place, condition, ...before, ...sums], () => {
    const start = xs.map((x, i) => where(at(begins, place), x, before[i] ?? x))
    const ys = change(start, place)
    return [condition, ...ys, ...ys.map((y, i) => add(sums[i] ?? y, mul(y, at(weights, place))))]
  })
  const empty = xs.map(x => mul(x, scalar(0)))
  return loop(scalar(places.length, 'int64'), undefined, [...xs, ...empty], { body }).slice(xs.length, 2 * xs.length)
}

/** own · x + (1 − own) · sum, within the range. */
export const mixed = (x: Value, sum: Value, own: Value, range: Range): Value => clipped(between(x, sum, own), range)

const between = (x: Value, sum: Value, own: Value): Value => add(mul(own, x), mul(sub(scalar(1), own), sum))

/** The element at a place that is known only when the graph runs, a scalar. */
const at = (list: Value, place: Value): Value => gather(list, place, { axis: 0 })
