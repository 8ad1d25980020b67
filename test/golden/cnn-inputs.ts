import { hash32, uniform } from './hash.ts'

/** The data and weights of reference/cnn_keras.py, which explains them. */

const pixelsPerImage = 28 * 28

/** `count` images, [count, 28, 28, 1] in 0 … 1, and their labels. */
export function cnnData(count: number): { readonly x: Float32Array; readonly y: Int32Array } {
  const x = new Float32Array(count * pixelsPerImage)
  const y = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    const shown = hash32(100, i) % 10
    y[i] = hash32(102, i) % 5 === 0 ? hash32(103, i) % 10 : shown
    for (let p = 0; p < pixelsPerImage; p++) {
      const prototype = hash32(104, shown * pixelsPerImage + p) >>> 24
      const noise = hash32(105, i * pixelsPerImage + p) >>> 24
      x[i * pixelsPerImage + p] = ((3 * prototype + noise) >> 2) / 256
    }
  }
  return { x, y }
}

/** Glorot-uniform kernels from the hash, zero biases, for weights of these shapes in Keras's order. */
export const cnnWeights = (shapes: readonly (readonly number[])[]): Float32Array[] =>
  shapes.map((shape, index) => {
    const size = shape.reduce((n, dim) => n * dim, 1)
    if (shape.length === 1) return new Float32Array(size)
    const receptive = shape.slice(0, -2).reduce((n, dim) => n * dim, 1)
    const [fanIn = 1, fanOut = 1] = shape.slice(-2)
    return uniform(index + 1, size, Math.sqrt(6 / (receptive * fanIn + receptive * fanOut)))
  })
