import { sizeOf, staticShape } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { ints } from '../../../ops/constants.ts'
import { gather } from '../../../ops/index/gather.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import { transpose } from '../../../ops/shape/transpose.ts'
import { type Blocked, blockLast, declare } from './channel-blocks.ts'

/** Kernels [M, C/group, h, w] for a convolution: [M/block, C/block, h·w, block of channels, block of filters]. */
export function blockedFilters(w: Value, block: number): Blocked {
  const [m = 0, c = 0, ...kernel] = staticShape(w.shape, 'Conv')
  const places = sizeOf(kernel)
  const filtersLast = blockLast(w, m / block, block, c * places)
  // One channel, or fewer than a block: they are not divided.
  if (c < block) return declare(filtersLast, [m, c, ...kernel])
  const divided = reshape(filtersLast, ints([m / block, c / block, block, places, block]))
  return declare(transpose(divided, { perm: [0, 1, 3, 2, 4] }), [m, c, ...kernel])
}

/**
 * Kernels [M, C/group, h, w] of a convolution for its transpose, which convolves M channels into C with the window at `places` (row-major,
 * in that order): each group's channels and filters swapped.
 */
export function blockedTransposedFilters(
  w: Value,
  block: number,
  group: number,
  places: readonly number[],
  kernel: readonly number[],
): Blocked {
  const [m = 0, c = 0, ...own] = staticShape(w.shape, 'ConvTranspose')
  const all = sizeOf(own)
  const natural = places.length === all && places.every((place, i) => place === i)
  const pick = (value: Value, axis: number) => (natural ? value : gather(value, ints(places), { axis }))
  if (c === 1) {
    // A channel per group: nothing is swapped.
    return declare(pick(blockLast(w, m / block, block, all), 1), [m, 1, ...kernel])
  }
  const channelsLast = blockLast(w, (m * c) / block, block, all) // [M, C/block, places, block]
  const filters = m / group
  const divided = reshape(channelsLast, ints([group, filters / block, block, c / block, all, block]))
  const swapped = transpose(divided, { perm: [0, 3, 1, 4, 2, 5] })
  // Picked last, where a place is a run of block² elements.
  const flat = reshape(swapped, ints([(((group * c) / block) * filters) / block, all, block * block]))
  return declare(pick(flat, 1), [group * c, filters, ...kernel])
}
