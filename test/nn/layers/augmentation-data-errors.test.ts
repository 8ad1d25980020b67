import { describe, expect, test } from 'vitest'
import { boundingBoxes, layers, type Tensor } from '../../../src/index.ts'
import { batch, height, rectangles, width } from '../../support/rectangles.ts'

describe('what does not fit is refused with a typed error', () => {
  const { images, segmentationMasks, boxes, labels } = rectangles()
  const flip = layers.randomFlip({ boundingBoxFormat: 'xyxy' })
  const seed = { seed: 1 }
  const cases: readonly (readonly [string, () => unknown, RegExp])[] = [
    [
      'an unknown format',
      () => layers.randomFlip({ boundingBoxFormat: 'xyz' as 'xyxy' }),
      /randomFlip: expected 'boundingBoxFormat' to be one of 'xyxy'.*received 'xyz'/,
    ],
    [
      'an unknown format in a policy',
      () => layers.randAugment({ boundingBoxFormat: 'ltrb' as 'xyxy' }),
      /randAugment.*'boundingBoxFormat'/,
    ],
    [
      'no format',
      () => layers.randomFlip()({ images, boundingBoxes: { boxes, labels } }, seed),
      /'boundingBoxFormat' to be given.*randomFlip\(\{ boundingBoxFormat/,
    ],
    [
      'no format in inference of a crop',
      () => layers.centerCrop({ height: 3, width: 3 })({ images, boundingBoxes: { boxes, labels } }),
      /'boundingBoxFormat' to be given/,
    ],
    [
      'boxes of the wrong rank',
      () => flip({ images, boundingBoxes: { boxes: boxes.reshape([batch * 2, 4]), labels } }, seed),
      /'boundingBoxes.boxes' of shape \[12, \w+, 4\]/,
    ],
    [
      'five numbers',
      () => flip({ images, boundingBoxes: { boxes: boxes.reshape([batch, 4, 2]), labels } }, seed),
      /'boundingBoxes.boxes' of shape/,
    ],
    [
      'too few labels',
      () => flip({ images, boundingBoxes: { boxes, labels: labels.slice([0, batch], [0, 1]) } }, seed),
      /'boundingBoxes.labels' of shape \[12, 2\]/,
    ],
    [
      'labels without a sign',
      () => flip({ images, boundingBoxes: { boxes, labels: labels.cast('uint8') } }, seed),
      /signed dtype/,
    ],
    [
      'masks of another size',
      () => flip({ images, segmentationMasks: segmentationMasks.slice([0, batch], [0, 9]) }, seed),
      /'segmentationMasks' of shape \[12, 40, 32, \w+\]/,
    ],
    [
      'an image without a channel',
      () => flip({ images: images.reshape([batch * height, width]) }, seed),
      /Grey images need a channel axis/,
    ],
    ['no seed', () => flip({ images }), /'seed' to be an integer.*undefined/],
    ['half a step', () => flip({ images }, { seed: 1, step: 0.5 }), /'step' to be an integer/],
    [
      'boxes in cutMix',
      () => layers.cutMix()({ images, boundingBoxes: { boxes, labels } }, seed),
      /cutMix: expected images without boxes/,
    ],
    [
      'boxes in elastic transformations',
      () => layers.randomElasticTransform()({ images, boundingBoxes: { boxes, labels } }, seed),
      /images without boxes/,
    ],
    ['arrays', () => flip({ images: [[1]] as never }, seed), /symbolic tensors, or tensors/],
    [
      'symbols and tensors',
      () => flip({ images, segmentationMasks: layers.input({ shape: [40, 32, 1] }) as never }, seed),
      /or both/,
    ],
    ['an unknown part', () => flip({ images, masks: images } as never, seed), /received 'masks'/],
    ['no images', () => flip({ labels } as never, seed), /received one of labels/],
    [
      'a list of images and masks',
      () => flip([layers.input({ shape: [4, 4, 1] }), layers.input({ shape: [4, 4, 1] })] as never),
      /by its name/,
    ],
    [
      'a layer in between that changes sizes',
      () => layers.pipeline({ layers: [flip, layers.zeroPadding2d()] })({ images, segmentationMasks }, seed),
      /keeps the size/,
    ],
    ['weights', () => layers.pipeline({ layers: [layers.dense({ units: 2 })] })({ images }, seed), /without weights/],
  ]
  test.each(cases)('%s', (_, run, message) => {
    expect(run).toThrow(message)
  })

  test('and so is what functions of boxes are not given', () => {
    const { convertFormat, clipToImageSize, computeIou, encodeBoxToDeltas, decodeDeltasToBoxes, affineTransform } =
      boundingBoxes
    expect(() => convertFormat(boxes, { source: 'xyxy', target: 'relXyxy' })).toThrow(/'height' and 'width'/)
    expect(() => convertFormat(boxes, { source: 'xyxy', target: 'corners' as 'xyxy' })).toThrow(/'target' to be one of/)
    expect(() => convertFormat(labels, { source: 'xyxy', target: 'xywh' })).toThrow(/boxes of shape \[…, 4\]/)
    expect(() => clipToImageSize({ boxes, labels })).toThrow(/'height' and 'width'/)
    expect(() => clipToImageSize({ boxes, labels }, { boundingBoxFormat: 'xywh' as 'xyxy' })).toThrow(
      /'boundingBoxFormat'/,
    )
    expect(() => computeIou(boxes, boxes.reshape([4, 2, 3, 4]), { boundingBoxFormat: 'xyxy' })).toThrow(
      /\[batch, n, 4\]/,
    )
    expect(() => computeIou(boxes, boxes, { boundingBoxFormat: 'relXyxy' })).toThrow(/'height' and 'width'/)
    const anchors = { anchorFormat: 'xyxy', boxFormat: 'xyxy' } as const
    expect(() => encodeBoxToDeltas(boxes, boxes, { ...anchors, variance: [1, 2] })).toThrow(/'variance' to be four/)
    expect(() => encodeBoxToDeltas(boxes, boxes, { ...anchors, encodingFormat: 'xyxy' as 'centerXywh' })).toThrow(
      /'encodingFormat'/,
    )
    expect(() => decodeDeltasToBoxes({ p3: boxes }, { p3: boxes }, anchors)).not.toThrow()
    expect(() => decodeDeltasToBoxes({ p3: boxes }, {} as { p3: Tensor }, anchors)).toThrow(/'p3'/)
    expect(() => affineTransform(boxes, { height, width, angle: boxes })).toThrow(/\[batch\]/)
  })
})

test('the compiler knows the keys that were given, and refuses others', () => {
  const { images, segmentationMasks } = rectangles()
  const flip = layers.randomFlip()
  const out = flip({ images, segmentationMasks }, { seed: 1 })
  expect(Object.keys(out).sort()).toEqual(['images', 'segmentationMasks'])
  // @ts-expect-error: there were no boxes.
  expect(out.boundingBoxes).toBeUndefined()
  // @ts-expect-error: a mask has another name.
  expect(() => flip({ images, masks: segmentationMasks }, { seed: 1 })).toThrow(/'masks'/)
  // @ts-expect-error: boxes have labels.
  expect(() => flip({ images, boundingBoxes: { boxes: images } }, { seed: 1 })).toThrow(/labels/)
})
