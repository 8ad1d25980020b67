import { ArgumentError } from '../../../core/errors.ts'
import type { Value } from '../../../graph/value.ts'
import { ints, scalar } from '../../../ops/constants.ts'
import { add } from '../../../ops/math/add.ts'
import { mul } from '../../../ops/math/mul.ts'
import { sub } from '../../../ops/math/sub.ts'
import { slice } from '../../../ops/shape/slice.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { SameShape } from '../../shapes/functions.ts'
import { positiveInt } from '../arguments.ts'
import { common } from '../options.ts'
import { seededKey } from '../seeded.ts'
import { clipped } from './colour.ts'
import { beta, dirichlet, integers } from './draws.ts'
import { chosenOf, type PolicyName, policyLayers } from './policy.ts'
import { indices, type PolicyOptions, policyConfig } from './rand-augment.ts'
import { asFloat, drawsFrom, onImages, type Range, requireImages } from './random-layer.ts'

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
 * by default. Chains are drawn anew for every step, those of a batch are the same. No gradient goes through them: put the layer before
 * those that are trained.
 */
export function augMix(options: AugMixOptions = {}): Layer<SameShape> {
  const where = 'augMix'
  const { alpha = 1, allOps = true } = options
  if (!(alpha > 0 && Number.isFinite(alpha)))
    throw new ArgumentError({ where, expected: "'alpha' above 0", received: String(alpha) })
  const config = {
    ...policyConfig(where, options, 0.3),
    numChains: positiveInt(where, 'numChains', options.numChains ?? 3),
    chainDepth: positiveInt(where, 'chainDepth', options.chainDepth ?? 3),
    alpha,
    allOps,
  }
  const { numChains, chainDepth, seed } = config
  // Layers of its own for each place, so that those of a given seed draw different numbers.
  const places = Array.from({ length: numChains * chainDepth }, (_, place) =>
    Object.entries(policyLayers({ ...config, seed: seed === null ? null : (seed + 104729 * place) % 2 ** 31 })).filter(
      ([name]) => allOps || !extra.includes(name),
    ),
  )
  const count = places[0]?.length ?? 0
  return makeLayer({
    type: 'AugMix',
    ...common(where, options),
    config,
    call([input], scope) {
      if (!scope.training) return asFloat(requireImages(where, input))
      return onImages(where, input, config.dataFormat, ({ x }) => {
        const random = drawsFrom(seededKey(scope, seed))
        const shares = dirichlet(random, numChains, scalar(alpha))
        const own = beta(random, 1, scalar(alpha))
        // One more than there are layers: no change.
        const steps = indices(integers(random, [places.length], 0, count + 1), places.length)
        const changed = (y: Value, index: Value, place: number): Value =>
          chosenOf(
            y,
            index,
            (places[place] ?? []).map(
              ([name, layer]) =>
                (z: Value) =>
                  scope.run(`${name}_${place}`, layer, z)[0],
            ),
          )
        const chains = Array.from({ length: numChains }, (_, chain) =>
          steps
            .slice(chain * chainDepth, (chain + 1) * chainDepth)
            .reduce((y, index, depth) => changed(y, index, chain * chainDepth + depth), x),
        )
        return mixedChains(x, chains, shares, own, config.valueRange)
      })
    },
  })
}

/** own · x + (1 − own) · Σ share · chain, within the range. */
export function mixedChains(x: Value, chains: readonly Value[], shares: Value, own: Value, range: Range): Value {
  const sum = chains
    .map((chain, i) => mul(chain, slice(shares, ints([i]), ints([i + 1]))))
    .reduce((total, part) => add(total, part))
  return clipped(add(mul(own, x), mul(sub(scalar(1), own), sum)), range)
}
