export { type CustomLayerOptions, custom } from '../custom-layer.ts'
export { type PreluOptions, prelu } from './activations/prelu.ts'
export { elu, leakyRelu, type ReluLayerOptions, relu } from './activations/relu.ts'
export { type RreluOptions, rrelu } from './activations/rrelu.ts'
export { type SoftmaxOptions, softmax } from './activations/softmax.ts'
export {
  type AdditiveAttentionOptions,
  type AttentionOptions,
  additiveAttention,
  attention,
} from './attention/attention.ts'
export { type GroupedQueryAttentionOptions, groupedQueryAttention } from './attention/grouped-query-attention.ts'
export { type MultiHeadAttentionOptions, multiHeadAttention } from './attention/multi-head-attention.ts'
export { type RotaryOptions, rotaryEmbedding } from './attention/rotary.ts'
export { type MelSpectrogramOptions, melSpectrogram } from './audio/mel-spectrogram.ts'
export { type StftSpectrogramOptions, stftSpectrogram } from './audio/stft-spectrogram.ts'
export {
  type RandomRotationOptions,
  type RandomShearOptions,
  type RandomTranslationOptions,
  type RandomZoomOptions,
  randomRotation,
  randomShear,
  randomTranslation,
  randomZoom,
} from './augmentation/affine.ts'
export { type AugMixOptions, augMix } from './augmentation/aug-mix.ts'
export { type MaxNumBoundingBoxesOptions, maxNumBoundingBoxes } from './augmentation/bounding-boxes.ts'
export { type RandomCropOptions, randomCrop } from './augmentation/crop.ts'
export type { AugmentationData } from './augmentation/data.ts'
export type { AugmentationLayer, AugmentOptions } from './augmentation/data-layer.ts'
export { type RandomElasticTransformOptions, randomElasticTransform } from './augmentation/elastic.ts'
export {
  type AutoContrastOptions,
  autoContrast,
  type ClaheOptions,
  contrastLimitedAdaptiveHistogramEqualization,
  type EqualizationOptions,
  equalization,
} from './augmentation/equalization.ts'
export { type RandomErasingOptions, randomErasing } from './augmentation/erasing.ts'
export { type RandomFlipOptions, randomFlip } from './augmentation/flip.ts'
export { type CutMixOptions, cutMix, type MixUpOptions, mixUp } from './augmentation/mixing.ts'
export { type RandomPerspectiveOptions, randomPerspective } from './augmentation/perspective.ts'
export { type PipelineOptions, pipeline } from './augmentation/pipeline.ts'
export { type RandAugmentOptions, randAugment } from './augmentation/rand-augment.ts'
export {
  type RandomColorDegenerationOptions,
  type RandomColorJitterOptions,
  type RandomGrayscaleOptions,
  type RandomHueOptions,
  type RandomSaturationOptions,
  randomColorDegeneration,
  randomColorJitter,
  randomGrayscale,
  randomHue,
  randomSaturation,
} from './augmentation/random-colour.ts'
export {
  type RandomGaussianBlurOptions,
  type RandomSharpnessOptions,
  randomGaussianBlur,
  randomSharpness,
} from './augmentation/random-filter.ts'
export {
  type RandomBrightnessOptions,
  type RandomContrastOptions,
  type RandomInvertOptions,
  type RandomPosterizationOptions,
  randomBrightness,
  randomContrast,
  randomInvert,
  randomPosterization,
  type SolarizationOptions,
  solarization,
} from './augmentation/tone.ts'
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
export { type ActivationOptions, activation } from './core/activation.ts'
export { type DenseOptions, dense } from './core/dense.ts'
export { type EinsumDenseOptions, einsumDense } from './core/einsum-dense.ts'
export { type EmbeddingOptions, embedding } from './core/embedding.ts'
export { identity } from './core/identity.ts'
export { type InputOptions, input } from './core/input.ts'
export { type LambdaCall, type LambdaOptions, lambda } from './core/lambda.ts'
export { type MaskingOptions, masking } from './core/masking.ts'
export { type ReversibleEmbeddingOptions, reversibleEmbedding } from './core/reversible-embedding.ts'
export { type ConcatenateOptions, concatenate } from './merging/concatenate.ts'
export { type DotOptions, dot } from './merging/dot.ts'
export { add, average, maximum, minimum, multiply, subtract } from './merging/merge.ts'
export { type BatchNormalizationOptions, batchNormalization } from './normalization/batch-normalization.ts'
export { type GroupNormalizationOptions, groupNormalization } from './normalization/group-normalization.ts'
export { type LayerNormalizationOptions, layerNormalization } from './normalization/layer-normalization.ts'
export { type RmsNormalizationOptions, rmsNormalization } from './normalization/rms-normalization.ts'
export { type SpectralNormalizationOptions, spectralNormalization } from './normalization/spectral-normalization.ts'
export { type UnitNormalizationOptions, unitNormalization } from './normalization/unit-normalization.ts'
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
export { type CategoryEncodingOptions, categoryEncoding } from './preprocessing/category-encoding.ts'
export { type DiscretizationOptions, discretization } from './preprocessing/discretization.ts'
export {
  type Crosses,
  type HashedCrossingOptions,
  type Hashes,
  type HashingOptions,
  hashedCrossing,
  hashing,
} from './preprocessing/hashing.ts'
export type { LookupOptions } from './preprocessing/lookup.ts'
export { integerLookup, type Lookups, stringLookup } from './preprocessing/lookup-layers.ts'
export { type Adaptable, type NormalizationOptions, normalization } from './preprocessing/normalization.ts'
export { type RescalingOptions, rescaling } from './preprocessing/rescaling.ts'
export { type CenterCropOptions, centerCrop, type ResizingOptions, resizing } from './preprocessing/resizing.ts'
export { type TextVectorizationOptions, type Tokenizes, textVectorization } from './preprocessing/text-vectorization.ts'
export { type BidirectionalOptions, bidirectional } from './recurrent/bidirectional.ts'
export { type CellDefinition, makeCell, type RnnCell } from './recurrent/cell.ts'
export { type ConvLstmOptions, convLstm1d, convLstm2d, convLstm3d } from './recurrent/conv-lstm.ts'
export { type GruOptions, gru } from './recurrent/gru.ts'
export { type GruCellOptions, gruCell } from './recurrent/gru-cell.ts'
export { type LstmOptions, lstm } from './recurrent/lstm.ts'
export { type LstmCellOptions, lstmCell } from './recurrent/lstm-cell.ts'
export { type RnnLayer, type RnnOptions, rnn } from './recurrent/rnn.ts'
export { type SimpleRnnOptions, simpleRnn } from './recurrent/simple-rnn.ts'
export { type SimpleRnnCellOptions, simpleRnnCell } from './recurrent/simple-rnn-cell.ts'
export { type StackedRnnCellsOptions, stackedRnnCells } from './recurrent/stacked-rnn-cells.ts'
export { type TimeDistributedOptions, timeDistributed } from './recurrent/time-distributed.ts'
export { type ActivityRegularizationOptions, activityRegularization } from './regularization/activity-regularization.ts'
export {
  alphaDropout,
  type DropoutOptions,
  dropout,
  type SpatialDropoutImageOptions,
  type SpatialDropoutOptions,
  spatialDropout1d,
  spatialDropout2d,
  spatialDropout3d,
} from './regularization/dropout.ts'
export {
  type GaussianDropoutOptions,
  type GaussianNoiseOptions,
  gaussianDropout,
  gaussianNoise,
} from './regularization/gaussian.ts'
export {
  type Cropping1dOptions,
  type Cropping2dOptions,
  type Cropping3dOptions,
  cropping1d,
  cropping2d,
  cropping3d,
  type ZeroPadding1dOptions,
  type ZeroPadding2dOptions,
  type ZeroPadding3dOptions,
  zeroPadding1d,
  zeroPadding2d,
  zeroPadding3d,
} from './reshaping/borders.ts'
export { type FlattenOptions, flatten } from './reshaping/flatten.ts'
export {
  type PermuteOptions,
  permute,
  type RepeatVectorOptions,
  type ReshapeOptions,
  repeatVector,
  reshape,
} from './reshaping/reshape.ts'
export {
  type Interpolation,
  type UpSampling1dOptions,
  type UpSampling2dOptions,
  type UpSampling3dOptions,
  upSampling1d,
  upSampling2d,
  upSampling3d,
} from './reshaping/up-sampling.ts'
