export {
  type Conv1dOptions,
  type Conv2dOptions,
  type Conv3dOptions,
  conv1d,
  conv2d,
  conv3d,
} from './convolution/conv.ts'
export {
  type Conv1dTransposeOptions,
  type Conv2dTransposeOptions,
  type Conv3dTransposeOptions,
  conv1dTranspose,
  conv2dTranspose,
  conv3dTranspose,
} from './convolution/conv-transpose.ts'
export {
  type DepthwiseConv1dOptions,
  type DepthwiseConv2dOptions,
  depthwiseConv1d,
  depthwiseConv2d,
  type SeparableConv1dOptions,
  type SeparableConv2dOptions,
  separableConv1d,
  separableConv2d,
} from './convolution/depthwise.ts'
export { activation } from './core/activation.ts'
export { type DenseOptions, dense } from './core/dense.ts'
export { type EmbeddingOptions, embedding } from './core/embedding.ts'
export { type InputOptions, input } from './core/input.ts'
export { type BatchNormalizationOptions, batchNormalization } from './normalization/batch-normalization.ts'
export { type LayerNormalizationOptions, layerNormalization } from './normalization/layer-normalization.ts'
export {
  type AdaptivePooling1dOptions,
  type AdaptivePooling2dOptions,
  type AdaptivePooling3dOptions,
  adaptiveAveragePooling1d,
  adaptiveAveragePooling2d,
  adaptiveAveragePooling3d,
  adaptiveMaxPooling1d,
  adaptiveMaxPooling2d,
  adaptiveMaxPooling3d,
} from './pooling/adaptive-pooling.ts'
export {
  type GlobalPoolingOptions,
  globalAveragePooling1d,
  globalAveragePooling2d,
  globalAveragePooling3d,
  globalMaxPooling1d,
  globalMaxPooling2d,
  globalMaxPooling3d,
} from './pooling/global-pooling.ts'
export {
  averagePooling1d,
  averagePooling2d,
  averagePooling3d,
  maxPooling1d,
  maxPooling2d,
  maxPooling3d,
  type Pooling1dOptions,
  type Pooling2dOptions,
  type Pooling3dOptions,
} from './pooling/pooling.ts'
export { dropout } from './regularization/dropout.ts'
export { flatten } from './reshaping/flatten.ts'
