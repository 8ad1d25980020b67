/** `npx tsx scripts/augmentation-picture.ts`: draws docs/guide/augmentation.png, digits with their masks and boxes in several draws. */

import { writeFileSync } from 'node:fs'
import { datasets, layers, type Tensor, tensor } from '../src/index.ts'
import { drawingLibraries } from '../src/report/libraries.ts'

const [side, digits, draws, scale, gap] = [28, 4, 6, 3, 10]
const { test } = await datasets.mnist()
const pixels = test.x.data.subarray(0, digits * side ** 2)
const given = {
  images: tensor(Float32Array.from(pixels), { shape: [digits, side, side, 1] }),
  segmentationMasks: tensor(
    Uint8Array.from(pixels, pixel => Number(pixel > 100)),
    { shape: [digits, side, side] },
  ),
  boundingBoxes: { boxes: tensor(boxesOf(pixels)), labels: tensor(Array.from({ length: digits }, () => [1])) },
}
const boundingBoxFormat = 'xyxy'
const augment = layers.pipeline({
  layers: [
    layers.randomRotation({ factor: 0.1, fillMode: 'constant', boundingBoxFormat }),
    layers.randomTranslation({ heightFactor: 0.2, widthFactor: 0.2, fillMode: 'constant', boundingBoxFormat }),
    layers.randomFlip({ mode: 'horizontal', boundingBoxFormat }),
    layers.randomBrightness({ factor: 0.2 }),
  ],
})
interface Column {
  readonly images: Tensor<'float32'>
  readonly segmentationMasks: Tensor
  readonly boundingBoxes: { readonly boxes: Tensor<'float32'> }
}
const columns: readonly Column[] = [
  given,
  ...Array.from({ length: draws }, (_, step) => augment(given, { seed: 3, step })),
]

const { grayPng, svgToPng } = await drawingLibraries()
const cell = side * scale
const cells = await Promise.all(columns.map(column))
const [width, height] = [columns.length * (cell + gap) + 3 * gap, digits * (cell + gap) + gap]
writeFileSync(
  new URL('../docs/guide/augmentation.png', import.meta.url),
  svgToPng(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#fff"/>${cells.flat().join('')}</svg>`,
  ),
)

async function column({ images, segmentationMasks, boundingBoxes: { boxes } }: Column, at: number): Promise<string[]> {
  const [grey, masks, sides] = await Promise.all([images.data(), segmentationMasks.data(), boxes.data()])
  // What was given stands apart.
  const x = gap + at * (cell + gap) + (at > 0 ? gap : 0)
  return Array.from({ length: digits }, (_, i) => {
    const [from, to] = [i * side ** 2, (i + 1) * side ** 2]
    const png = Buffer.from(grayPng(side, side, Uint8Array.from(grey.subarray(from, to)))).toString('base64')
    const inside = Array.from(masks, Number)
      .slice(from, to)
      .flatMap((mask, k) =>
        mask > 0 ? [`M${(k % side) * scale},${Math.floor(k / side) * scale}h${scale}v${scale}h-${scale}z`] : [],
      )
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = Array.from(sides.subarray(4 * i, 4 * i + 4), side => side * scale)
    return `<g transform="translate(${x},${gap + i * (cell + gap)})">
<image image-rendering="optimizeSpeed" width="${cell}" height="${cell}" href="data:image/png;base64,${png}"/>
<path d="${inside.join('')}" fill="#0ea5e9" fill-opacity="0.55"/>
<rect x="${x1}" y="${y1}" width="${x2 - x1}" height="${y2 - y1}" fill="none" stroke="#f59e0b" stroke-width="2"/></g>`
  })
}

/** Around the bright pixels of each image. */
function boxesOf(bright: ArrayLike<number>): number[][][] {
  return Array.from({ length: digits }, (_, i) => {
    const places = Array.from({ length: side ** 2 }, (_, k) => k).filter(k => (bright[i * side ** 2 + k] ?? 0) > 100)
    const [x, y] = [places.map(k => k % side), places.map(k => Math.floor(k / side))]
    return [[Math.min(...x), Math.min(...y), Math.max(...x) + 1, Math.max(...y) + 1]]
  })
}
