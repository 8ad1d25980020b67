import type { LabelledImages } from 'tenon'

/** Images `from` up to `to`, without a copy. */
export function take({ x, y }: LabelledImages, from: number, to: number): LabelledImages {
  const pixels = x.shape.slice(1).reduce((n, dim) => n * dim, 1)
  return {
    x: { ...x, shape: [to - from, ...x.shape.slice(1)], data: x.data.subarray(from * pixels, to * pixels) },
    y: { ...y, shape: [to - from], data: y.data.subarray(from, to) },
  }
}
