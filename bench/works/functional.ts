import type { Symbolic } from '../../src/nn/layer.ts'
import * as layers from '../../src/nn/layers/index.ts'

/** Works made of the library's own layers, applied one to another. */

export const encoderSize = { depth: 6, heads: 6, width: 384, steps: 128, vocabulary: 1000 } as const

/** A Transformer encoder, normalised before each part, over tokens: (B, 128) → (B, 384). Vaswani et al., 2017. */
export function encoder(tokens: Symbolic): Symbolic {
  const { depth, heads, width, steps, vocabulary } = encoderSize
  let x: Symbolic = layers.embedding({ inputDim: vocabulary, outputDim: width })(tokens)
  x = layers.custom({
    type: 'Positions',
    weights: { positions: { shape: [steps, width], initializer: 'randomUniform' } },
    call: ([y], { positions }) => y.add(positions),
  })(x)
  for (let i = 0; i < depth; i++) {
    const h = layers.layerNormalization({ epsilon: 1e-5 })(x)
    x = layers.add()([x, layers.multiHeadAttention({ numHeads: heads, keyDim: width / heads })([h, h])])
    const wide = layers.dense({ units: 4 * width, activation: 'gelu' })(layers.layerNormalization({ epsilon: 1e-5 })(x))
    x = layers.add()([x, layers.dense({ units: width })(wide)])
  }
  return layers.globalAveragePooling1d()(layers.layerNormalization({ epsilon: 1e-5 })(x))
}

/** PyTorch's ε and momentum. */
const normal = (x: Symbolic): Symbolic => layers.batchNormalization({ epsilon: 1e-5, momentum: 0.9 })(x)
const relu = (x: Symbolic): Symbolic => layers.activation({ activation: 'relu' })(x)
const conv = (x: Symbolic, filters: number, kernelSize: number, strides: number): Symbolic =>
  normal(layers.conv2d({ filters, kernelSize, strides, padding: 'same', useBias: false })(x))

/** Depthwise separable convolutions, as in MobileNet (Howard et al., 2017), for small images: (B, 32, 32, 3) → (B, 256). */
export function mobilenet(image: Symbolic): Symbolic {
  let x = relu(conv(image, 32, 3, 1))
  for (const [filters, strides] of [
    [64, 1],
    [128, 2],
    [128, 1],
    [256, 2],
    [256, 1],
  ] as const) {
    x = relu(normal(layers.depthwiseConv2d({ kernelSize: 3, strides, padding: 'same', useBias: false })(x)))
    x = relu(conv(x, filters, 1, 1))
  }
  return layers.globalAveragePooling2d()(x)
}

/** ResNet-20 for small images (He et al., 2015, section 4.2): (B, 32, 32, 3) → (B, 64). */
export function resnet20(image: Symbolic): Symbolic {
  let x = relu(conv(image, 16, 3, 1))
  for (const [filters, first] of [
    [16, 1],
    [32, 2],
    [64, 2],
  ] as const) {
    for (const strides of [first, 1, 1]) {
      const shortcut = strides === 1 ? x : conv(x, filters, 1, strides)
      x = relu(layers.add()([conv(relu(conv(x, filters, 3, strides)), filters, 3, 1), shortcut]))
    }
  }
  return layers.globalAveragePooling2d()(x)
}
