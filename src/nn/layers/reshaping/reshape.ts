import { ArgumentError, ShapeError } from '../../../core/errors.ts'
import { formatShape, isStatic, sizeOf } from '../../../core/shape.ts'
import { ints } from '../../../ops/constants.ts'
import { expand } from '../../../ops/shape/expand.ts'
import { reshape as reshapeTo } from '../../../ops/shape/reshape.ts'
import { transpose } from '../../../ops/shape/transpose.ts'
import { unsqueeze } from '../../../ops/shape/unsqueeze.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { Fixed, Permuted, Repeated } from '../../shapes/functions.ts'
import { positiveInt } from '../arguments.ts'
import { type CommonOptions, common } from '../options.ts'

export interface ReshapeOptions extends CommonOptions {
  /** Sizes without the batch axis; one of them may be −1, for the size that fits. */
  readonly targetShape: readonly number[]
}

/** The same elements in the same order under another shape: [batch, …] → [batch, …targetShape]. */
export function reshape<const S extends readonly number[]>(
  options: ReshapeOptions & { readonly targetShape: S },
): Layer<Fixed<S>> {
  const { targetShape } = options
  const valid = targetShape.every(size => size === -1 || (Number.isSafeInteger(size) && size >= 0))
  if (!valid || targetShape.filter(size => size === -1).length > 1) {
    throw new ArgumentError({
      where: 'reshape',
      expected: "'targetShape' to hold sizes, of which one may be -1",
      received: formatShape(targetShape),
    })
  }
  return makeLayer({
    type: 'Reshape',
    ...common('reshape', options),
    config: { targetShape: [...targetShape] },
    call([x]) {
      const sizes = x.shape.slice(1)
      const rest = targetShape.filter(size => size !== -1)
      if (isStatic(sizes)) {
        const [has, wants] = [sizeOf(sizes), sizeOf(rest)]
        if (rest.length === targetShape.length ? has !== wants : wants === 0 || has % wants !== 0) {
          throw new ShapeError({
            where: 'reshape',
            expected: `an input of as many elements as ${formatShape(targetShape)}`,
            received: `shape ${formatShape(x.shape)}`,
          })
        }
        return reshapeTo(x, ints([0, ...targetShape.map(size => (size === -1 ? has / wants : size))]))
      }
      return reshapeTo(x, ints([0, ...targetShape]))
    },
  })
}

export interface PermuteOptions extends CommonOptions {
  /** Which axis of the input each of the output's is; the first after the batch axis is 1. */
  readonly dims: readonly number[]
}

/** The axes in another order: `permute({ dims: [2, 1] })` makes [batch, b, a] of [batch, a, b]. */
export function permute<const D extends readonly number[]>(
  options: PermuteOptions & { readonly dims: D },
): Layer<Permuted<D>> {
  const { dims } = options
  if ([...dims].sort((a, b) => a - b).some((axis, i) => axis !== i + 1)) {
    throw new ArgumentError({
      where: 'permute',
      expected: "'dims' to hold each axis from 1 on once",
      received: formatShape(dims),
    })
  }
  return makeLayer({
    type: 'Permute',
    ...common('permute', options),
    config: { dims: [...dims] },
    call([x]) {
      if (x.shape.length === dims.length + 1) return transpose(x, { perm: [0, ...dims] })
      throw new ShapeError({
        where: 'permute',
        expected: `an input of rank ${dims.length + 1}, for the ${dims.length} of 'dims' and the batch axis`,
        received: `shape ${formatShape(x.shape)}`,
      })
    },
  })
}

export interface RepeatVectorOptions extends CommonOptions {
  /** How often. */
  readonly n: number
}

/** [batch, features] → [batch, n, features]. */
export function repeatVector<const N extends number>(
  options: RepeatVectorOptions & { readonly n: N },
): Layer<Repeated<N>> {
  const n = positiveInt('repeatVector', 'n', options.n)
  return makeLayer({
    type: 'RepeatVector',
    ...common('repeatVector', options),
    config: { n },
    call([x]) {
      if (x.shape.length === 2) return expand(unsqueeze(x, ints([1])), ints([1, n, 1]))
      throw new ShapeError({
        where: 'repeatVector',
        expected: 'an input of shape [batch, features]',
        received: `shape ${formatShape(x.shape)}`,
      })
    },
  })
}
