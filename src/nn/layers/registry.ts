import type { AnyLayer } from '../layer.ts'
import { prelu } from './activations/prelu.ts'
import { elu, leakyRelu, relu } from './activations/relu.ts'
import { rrelu } from './activations/rrelu.ts'
import { softmax } from './activations/softmax.ts'
import { additiveAttention, attention } from './attention/attention.ts'
import { groupedQueryAttention } from './attention/grouped-query-attention.ts'
import { multiHeadAttention } from './attention/multi-head-attention.ts'
import { rotaryEmbedding } from './attention/rotary.ts'
import { melSpectrogram } from './audio/mel-spectrogram.ts'
import { stftSpectrogram } from './audio/stft-spectrogram.ts'
import { randomRotation, randomShear, randomTranslation, randomZoom } from './augmentation/affine.ts'
import { augMix } from './augmentation/aug-mix.ts'
import { maxNumBoundingBoxes } from './augmentation/bounding-boxes.ts'
import { randomCrop } from './augmentation/crop.ts'
import { randomElasticTransform } from './augmentation/elastic.ts'
import {
  autoContrast,
  contrastLimitedAdaptiveHistogramEqualization,
  equalization,
} from './augmentation/equalization.ts'
import { randomErasing } from './augmentation/erasing.ts'
import { randomFlip } from './augmentation/flip.ts'
import { cutMix, mixUp } from './augmentation/mixing.ts'
import { randomPerspective } from './augmentation/perspective.ts'
import { pipeline } from './augmentation/pipeline.ts'
import { randAugment } from './augmentation/rand-augment.ts'
import {
  randomColorDegeneration,
  randomColorJitter,
  randomGrayscale,
  randomHue,
  randomSaturation,
} from './augmentation/random-colour.ts'
import { randomGaussianBlur, randomSharpness } from './augmentation/random-filter.ts'
import {
  randomBrightness,
  randomContrast,
  randomInvert,
  randomPosterization,
  solarization,
} from './augmentation/tone.ts'
import { conv1d, conv2d, conv3d } from './convolution/conv.ts'
import { conv1dTranspose, conv2dTranspose, conv3dTranspose } from './convolution/conv-transpose.ts'
import { depthwiseConv1d, depthwiseConv2d, separableConv1d, separableConv2d } from './convolution/depthwise.ts'
import { activation } from './core/activation.ts'
import { dense } from './core/dense.ts'
import { einsumDense } from './core/einsum-dense.ts'
import { embedding } from './core/embedding.ts'
import { identity } from './core/identity.ts'
import { lambda } from './core/lambda.ts'
import { masking } from './core/masking.ts'
import { reversibleEmbedding } from './core/reversible-embedding.ts'
import { concatenate } from './merging/concatenate.ts'
import { dot } from './merging/dot.ts'
import { add, average, maximum, minimum, multiply, subtract } from './merging/merge.ts'
import { batchNormalization } from './normalization/batch-normalization.ts'
import { groupNormalization } from './normalization/group-normalization.ts'
import { layerNormalization } from './normalization/layer-normalization.ts'
import { rmsNormalization } from './normalization/rms-normalization.ts'
import { spectralNormalization } from './normalization/spectral-normalization.ts'
import { unitNormalization } from './normalization/unit-normalization.ts'
import {
  adaptiveAveragePooling1d,
  adaptiveAveragePooling2d,
  adaptiveAveragePooling3d,
  adaptiveMaxPooling1d,
  adaptiveMaxPooling2d,
  adaptiveMaxPooling3d,
} from './pooling/adaptive-pooling.ts'
import {
  globalAveragePooling1d,
  globalAveragePooling2d,
  globalAveragePooling3d,
  globalMaxPooling1d,
  globalMaxPooling2d,
  globalMaxPooling3d,
} from './pooling/global-pooling.ts'
import {
  averagePooling1d,
  averagePooling2d,
  averagePooling3d,
  maxPooling1d,
  maxPooling2d,
  maxPooling3d,
} from './pooling/pooling.ts'
import { categoryEncoding } from './preprocessing/category-encoding.ts'
import { discretization } from './preprocessing/discretization.ts'
import { hashedCrossing, hashing } from './preprocessing/hashing.ts'
import { integerLookup, stringLookup } from './preprocessing/lookup-layers.ts'
import { normalization } from './preprocessing/normalization.ts'
import { rescaling } from './preprocessing/rescaling.ts'
import { centerCrop, resizing } from './preprocessing/resizing.ts'
import { textVectorization } from './preprocessing/text-vectorization.ts'
import { bidirectional } from './recurrent/bidirectional.ts'
import { convLstm1d, convLstm2d, convLstm3d } from './recurrent/conv-lstm.ts'
import { gru } from './recurrent/gru.ts'
import { gruCell } from './recurrent/gru-cell.ts'
import { lstm } from './recurrent/lstm.ts'
import { lstmCell } from './recurrent/lstm-cell.ts'
import { rnn } from './recurrent/rnn.ts'
import { simpleRnn } from './recurrent/simple-rnn.ts'
import { simpleRnnCell } from './recurrent/simple-rnn-cell.ts'
import { stackedRnnCells } from './recurrent/stacked-rnn-cells.ts'
import { timeDistributed } from './recurrent/time-distributed.ts'
import { activityRegularization } from './regularization/activity-regularization.ts'
import {
  alphaDropout,
  dropout,
  spatialDropout1d,
  spatialDropout2d,
  spatialDropout3d,
} from './regularization/dropout.ts'
import { gaussianDropout, gaussianNoise } from './regularization/gaussian.ts'
import { cropping1d, cropping2d, cropping3d, zeroPadding1d, zeroPadding2d, zeroPadding3d } from './reshaping/borders.ts'
import { flatten } from './reshaping/flatten.ts'
import { permute, repeatVector, reshape } from './reshaping/reshape.ts'
import { upSampling1d, upSampling2d, upSampling3d } from './reshaping/up-sampling.ts'

/**
 * Layers by Keras's class names: what makes each one again from its `config`. A factory checks the options it is given, wherever
 * they come from.
 */
export const layerTypes: Readonly<Record<string, (config: never) => AnyLayer>> = {
  // core
  Activation: activation,
  Dense: dense,
  EinsumDense: einsumDense,
  Embedding: embedding,
  ReversibleEmbedding: reversibleEmbedding,
  Identity: identity,
  Lambda: lambda,
  Masking: masking,
  // activations
  ELU: elu,
  LeakyReLU: leakyRelu,
  PReLU: prelu,
  ReLU: relu,
  RReLU: rrelu,
  Softmax: softmax,
  // attention
  AdditiveAttention: additiveAttention,
  Attention: attention,
  GroupedQueryAttention: groupedQueryAttention,
  GroupQueryAttention: groupedQueryAttention, // the name that Keras exports the class under
  MultiHeadAttention: multiHeadAttention,
  RotaryEmbedding: rotaryEmbedding,
  // audio
  MelSpectrogram: melSpectrogram,
  STFTSpectrogram: stftSpectrogram,
  // augmentation
  AugMix: augMix,
  AutoContrast: autoContrast,
  ContrastLimitedAdaptiveHistogramEqualization: contrastLimitedAdaptiveHistogramEqualization,
  CutMix: cutMix,
  Equalization: equalization,
  MaxNumBoundingBoxes: maxNumBoundingBoxes,
  MixUp: mixUp,
  RandAugment: randAugment,
  Pipeline: pipeline,
  RandomBrightness: randomBrightness,
  RandomColorDegeneration: randomColorDegeneration,
  RandomColorJitter: randomColorJitter,
  RandomContrast: randomContrast,
  RandomCrop: randomCrop,
  RandomElasticTransform: randomElasticTransform,
  RandomErasing: randomErasing,
  RandomFlip: randomFlip,
  RandomGaussianBlur: randomGaussianBlur,
  RandomGrayscale: randomGrayscale,
  RandomHue: randomHue,
  RandomInvert: randomInvert,
  RandomPerspective: randomPerspective,
  RandomPosterization: randomPosterization,
  RandomRotation: randomRotation,
  RandomSaturation: randomSaturation,
  RandomSharpness: randomSharpness,
  RandomShear: randomShear,
  RandomTranslation: randomTranslation,
  RandomZoom: randomZoom,
  Solarization: solarization,
  // convolution
  Conv1D: conv1d,
  Conv2D: conv2d,
  Conv3D: conv3d,
  Conv1DTranspose: conv1dTranspose,
  Conv2DTranspose: conv2dTranspose,
  Conv3DTranspose: conv3dTranspose,
  DepthwiseConv1D: depthwiseConv1d,
  DepthwiseConv2D: depthwiseConv2d,
  SeparableConv1D: separableConv1d,
  SeparableConv2D: separableConv2d,
  // merging
  Add: add,
  Average: average,
  Concatenate: concatenate,
  Dot: dot,
  Maximum: maximum,
  Minimum: minimum,
  Multiply: multiply,
  Subtract: subtract,
  // normalization
  BatchNormalization: batchNormalization,
  GroupNormalization: groupNormalization,
  LayerNormalization: layerNormalization,
  RMSNormalization: rmsNormalization,
  SpectralNormalization: spectralNormalization,
  UnitNormalization: unitNormalization,
  // pooling
  AdaptiveAveragePooling1D: adaptiveAveragePooling1d,
  AdaptiveAveragePooling2D: adaptiveAveragePooling2d,
  AdaptiveAveragePooling3D: adaptiveAveragePooling3d,
  AdaptiveMaxPooling1D: adaptiveMaxPooling1d,
  AdaptiveMaxPooling2D: adaptiveMaxPooling2d,
  AdaptiveMaxPooling3D: adaptiveMaxPooling3d,
  AveragePooling1D: averagePooling1d,
  AveragePooling2D: averagePooling2d,
  AveragePooling3D: averagePooling3d,
  GlobalAveragePooling1D: globalAveragePooling1d,
  GlobalAveragePooling2D: globalAveragePooling2d,
  GlobalAveragePooling3D: globalAveragePooling3d,
  GlobalMaxPooling1D: globalMaxPooling1d,
  GlobalMaxPooling2D: globalMaxPooling2d,
  GlobalMaxPooling3D: globalMaxPooling3d,
  MaxPooling1D: maxPooling1d,
  MaxPooling2D: maxPooling2d,
  MaxPooling3D: maxPooling3d,
  // recurrent
  Bidirectional: bidirectional,
  ConvLSTM1D: convLstm1d,
  ConvLSTM2D: convLstm2d,
  ConvLSTM3D: convLstm3d,
  GRU: gru,
  GRUCell: gruCell,
  LSTM: lstm,
  LSTMCell: lstmCell,
  RNN: rnn,
  SimpleRNN: simpleRnn,
  SimpleRNNCell: simpleRnnCell,
  StackedRNNCells: stackedRnnCells,
  TimeDistributed: timeDistributed,
  // preprocessing
  CategoryEncoding: categoryEncoding,
  CenterCrop: centerCrop,
  Discretization: discretization,
  HashedCrossing: hashedCrossing,
  Hashing: hashing,
  IntegerLookup: integerLookup,
  Normalization: normalization,
  Rescaling: rescaling,
  Resizing: resizing,
  StringLookup: stringLookup,
  TextVectorization: textVectorization,
  // regularization
  ActivityRegularization: activityRegularization,
  AlphaDropout: alphaDropout,
  Dropout: dropout,
  GaussianDropout: gaussianDropout,
  GaussianNoise: gaussianNoise,
  SpatialDropout1D: spatialDropout1d,
  SpatialDropout2D: spatialDropout2d,
  SpatialDropout3D: spatialDropout3d,
  // reshaping
  Cropping1D: cropping1d,
  Cropping2D: cropping2d,
  Cropping3D: cropping3d,
  Flatten: flatten,
  Permute: permute,
  RepeatVector: repeatVector,
  Reshape: reshape,
  UpSampling1D: upSampling1d,
  UpSampling2D: upSampling2d,
  UpSampling3D: upSampling3d,
  ZeroPadding1D: zeroPadding1d,
  ZeroPadding2D: zeroPadding2d,
  ZeroPadding3D: zeroPadding3d,
}
