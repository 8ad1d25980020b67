import { Rng } from '../../src/core/rng.ts'
import { fromNumbers, type TensorData } from '../../src/core/tensor-data.ts'

/** Three clouds of points that lie well apart, [count, 2], and which of them each belongs to. */
export function clouds(count: number): { x: TensorData; y: TensorData } {
  const rng = new Rng(5)
  const labels = Array.from({ length: count }, (_, i) => i % 3)
  const points = labels.flatMap(label => [
    Math.cos(label * 2.1) * 3 + rng.normal(),
    Math.sin(label * 2.1) * 3 + rng.normal(),
  ])
  return { x: fromNumbers('float32', [count, 2], points), y: fromNumbers('int32', [count], labels) }
}
