import { ShapeError } from '../../core/errors.ts'
import { formatShape, sizeOf } from '../../core/shape.ts'
import { finite } from '../serialized.ts'
import { fill, type Initializer, type SeedOption, seedOf, streamOf } from './initializer.ts'

/**
 * A matrix with orthonormal columns (or rows, if there are more columns than rows), times `gain`; uniformly distributed among
 * those. A shape [..., columns] of more axes is that of the matrix [product of the others, columns].
 * Saxe, McClelland & Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", 2013.
 */
export function orthogonal(options: { readonly gain?: number } & SeedOption = {}): Initializer {
  const gain = finite('orthogonal', 'gain', options.gain ?? 1)
  const seed = seedOf('orthogonal', options)
  return {
    name: 'orthogonal',
    config: { gain, seed },
    init(shape, rng) {
      const columns = shape.at(-1)
      if (shape.length < 2 || columns === undefined) {
        throw new ShapeError({
          where: 'orthogonal',
          expected: 'a shape of two or more axes',
          received: `shape ${formatShape(shape)}`,
        })
      }
      const rows = sizeOf(shape.slice(0, -1))
      const long = Math.max(rows, columns)
      const stream = streamOf(seed, rng)
      const vectors = orthonormal(Math.min(rows, columns), long, () => stream.normal())
      // `vectors` are the columns of a tall matrix and the rows of a wide one.
      const at = (i: number): number => {
        const row = Math.floor(i / columns)
        const column = i % columns
        return (rows < columns ? vectors[row]?.[column] : vectors[column]?.[row]) ?? 0
      }
      return fill(shape, i => gain * at(i))
    },
  }
}

/**
 * `count` orthonormal vectors of `length` numbers: the columns of Q of a random matrix A = QR whose R has a positive diagonal,
 * which makes Q unique. By Gram and Schmidt, twice over: once loses orthogonality, twice is enough (Giraud, Langou & Rozložník, 2005).
 */
function orthonormal(count: number, length: number, next: () => number): Float64Array[] {
  // A is drawn row by row, as a matrix is laid out.
  const vectors = Array.from({ length: count }, () => new Float64Array(length))
  for (let i = 0; i < length; i++) for (const vector of vectors) vector[i] = next()
  for (const [k, vector] of vectors.entries()) {
    for (let pass = 0; pass < 2; pass++) {
      for (const earlier of vectors.slice(0, k)) {
        const along = dot(vector, earlier)
        for (let i = 0; i < length; i++) vector[i] = (vector[i] ?? 0) - along * (earlier[i] ?? 0)
      }
    }
    const norm = Math.sqrt(dot(vector, vector))
    for (let i = 0; i < length; i++) vector[i] = (vector[i] ?? 0) / norm
  }
  return vectors
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0)
  return sum
}
