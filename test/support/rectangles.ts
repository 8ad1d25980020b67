import { fromNumbers } from '../../src/core/tensor-data.ts'
import { Value } from '../../src/graph/value.ts'
import { Tensor, tensor } from '../../src/index.ts'

export const [batch, height, width] = [12, 40, 32]

/** Each image a bright rectangle on black, its mask (2 inside) and its box. */
export function rectangles() {
  const boxes = Array.from({ length: batch }, (_, i) => [8 + (i % 5), 10 + (i % 7), 17 + (i % 4), 24 + (i % 3)])
  const inside = boxes.flatMap(([x1 = 0, y1 = 0, x2 = 0, y2 = 0]) =>
    Array.from({ length: height * width }, (_, at) => {
      const [x, y] = [at % width, Math.floor(at / width)]
      return Number(x >= x1 && x < x2 && y >= y1 && y < y2)
    }),
  )
  const values = (factor: number, dtype: 'float32' | 'uint8') =>
    fromNumbers(
      dtype,
      [batch, height, width, 1],
      inside.map(value => value * factor),
    )
  return {
    images: new Tensor<'float32'>(Value.constant(values(200, 'float32'))),
    segmentationMasks: new Tensor<'uint8'>(Value.constant(values(2, 'uint8'))),
    boxes: tensor(boxes.map(box => [box, [0, 0, 0, 0]])),
    labels: tensor(
      boxes.map((_, i) => [i % 3, -1]),
      { dtype: 'int32' },
    ),
  }
}
