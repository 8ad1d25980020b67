import { ShapeError } from '../../core/errors.ts'
import { formatShape } from '../../core/shape.ts'
import { finite } from '../serialized.ts'
import { fill, type Initializer } from './initializer.ts'

export const zeros = (): Initializer => ({ name: 'zeros', config: {}, init: shape => fill(shape, () => 0) })

export const ones = (): Initializer => ({ name: 'ones', config: {}, init: shape => fill(shape, () => 1) })

/** One number everywhere: `constant(0.1)` or `constant({ value: 0.1 })`. Default 0. */
export function constant(given: number | { readonly value?: number } = {}): Initializer {
  const value = finite('constant', 'value', typeof given === 'number' ? given : (given.value ?? 0))
  return { name: 'constant', config: { value }, init: shape => fill(shape, () => value) }
}

/** `gain` on the diagonal of a matrix, 0 elsewhere. Default 1. */
export function identity({ gain = 1 }: { readonly gain?: number } = {}): Initializer {
  finite('identity', 'gain', gain)
  return {
    name: 'identity',
    config: { gain },
    init(shape) {
      const [rows, columns] = shape
      if (shape.length !== 2 || rows === undefined || columns === undefined)
        throw new ShapeError({ where: 'identity', expected: 'a matrix', received: `shape ${formatShape(shape)}` })
      return fill(shape, i => (Math.floor(i / columns) === i % columns ? gain : 0))
    },
  }
}
