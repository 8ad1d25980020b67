/** The table: every operator Tenon knows. Adding one is its file and a line here. */
import type { Operator } from '../graph/operator.ts'
import { biasGelu } from './contrib/bias-gelu.ts'
import { dynamicQuantizeMatMul } from './contrib/dynamic-quantize-mat-mul.ts'
import { fastGelu } from './contrib/fast-gelu.ts'
import { fusedConv } from './contrib/fused-conv.ts'
import { fusedMatMul } from './contrib/fused-mat-mul.ts'
import { fusedGelu } from './contrib/gelu.ts'
import { matMulNBits } from './contrib/mat-mul-n-bits.ts'
import { multiHeadAttention } from './contrib/multi-head-attention.ts'
import { quickGelu } from './contrib/quick-gelu.ts'
import { rotaryEmbeddingMicrosoft } from './contrib/rotary-embedding.ts'
import { simplifiedLayerNormalization } from './contrib/simplified-layer-normalization.ts'
import { skipLayerNormalization } from './contrib/skip-layer-normalization.ts'
import { skipSimplifiedLayerNormalization } from './contrib/skip-simplified-layer-normalization.ts'
import { ifOp } from './control/if.ts'
import { loop } from './control/loop.ts'
import { scan } from './control/scan.ts'
import { compress } from './index/compress.ts'
import { gather } from './index/gather.ts'
import { gatherElements } from './index/gather-elements.ts'
import { gatherND } from './index/gather-nd.ts'
import { nonZero } from './index/non-zero.ts'
import { oneHot } from './index/one-hot.ts'
import { scatterElements } from './index/scatter-elements.ts'
import { scatterND } from './index/scatter-nd.ts'
import { unique } from './index/unique.ts'
import { and } from './logic/and.ts'
import { bitShift } from './logic/bit-shift.ts'
import { bitwiseAnd } from './logic/bitwise-and.ts'
import { bitwiseNot } from './logic/bitwise-not.ts'
import { bitwiseOr } from './logic/bitwise-or.ts'
import { bitwiseXor } from './logic/bitwise-xor.ts'
import { equal } from './logic/equal.ts'
import { greater } from './logic/greater.ts'
import { greaterOrEqual } from './logic/greater-or-equal.ts'
import { isInf } from './logic/is-inf.ts'
import { isNan } from './logic/is-nan.ts'
import { less } from './logic/less.ts'
import { lessOrEqual } from './logic/less-or-equal.ts'
import { not } from './logic/not.ts'
import { or } from './logic/or.ts'
import { where } from './logic/where.ts'
import { xor } from './logic/xor.ts'
import { abs } from './math/abs.ts'
import { acos } from './math/acos.ts'
import { acosh } from './math/acosh.ts'
import { add } from './math/add.ts'
import { asin } from './math/asin.ts'
import { asinh } from './math/asinh.ts'
import { atan } from './math/atan.ts'
import { atanh } from './math/atanh.ts'
import { cast } from './math/cast.ts'
import { castLike } from './math/cast-like.ts'
import { ceil } from './math/ceil.ts'
import { cos } from './math/cos.ts'
import { cosh } from './math/cosh.ts'
import { det } from './math/det.ts'
import { div } from './math/div.ts'
import { einsum } from './math/einsum.ts'
import { erf } from './math/erf.ts'
import { exp } from './math/exp.ts'
import { floor } from './math/floor.ts'
import { gemm } from './math/gemm.ts'
import { identity } from './math/identity.ts'
import { log } from './math/log.ts'
import { matMul } from './math/mat-mul.ts'
import { matMulInteger } from './math/mat-mul-integer.ts'
import { max } from './math/max.ts'
import { mean } from './math/mean.ts'
import { min } from './math/min.ts'
import { mod } from './math/mod.ts'
import { mul } from './math/mul.ts'
import { neg } from './math/neg.ts'
import { pow } from './math/pow.ts'
import { reciprocal } from './math/reciprocal.ts'
import { round } from './math/round.ts'
import { sigmoid } from './math/sigmoid.ts'
import { sign } from './math/sign.ts'
import { sin } from './math/sin.ts'
import { sinh } from './math/sinh.ts'
import { sqrt } from './math/sqrt.ts'
import { sub } from './math/sub.ts'
import { sum } from './math/sum.ts'
import { tan } from './math/tan.ts'
import { tanh } from './math/tanh.ts'
import { attention } from './nn/attention.ts'
import { averagePool } from './nn/average-pool.ts'
import { batchNormalization } from './nn/batch-normalization.ts'
import { celu } from './nn/celu.ts'
import { clip } from './nn/clip.ts'
import { conv } from './nn/conv.ts'
import { convTranspose } from './nn/conv-transpose.ts'
import { elu } from './nn/elu.ts'
import { gelu } from './nn/gelu.ts'
import { globalAveragePool } from './nn/global-average-pool.ts'
import { globalLpPool } from './nn/global-lp-pool.ts'
import { globalMaxPool } from './nn/global-max-pool.ts'
import { gridSample } from './nn/grid-sample.ts'
import { groupNormalization } from './nn/group-normalization.ts'
import { hardSigmoid } from './nn/hard-sigmoid.ts'
import { hardSwish } from './nn/hard-swish.ts'
import { instanceNormalization } from './nn/instance-normalization.ts'
import { layerNormalization } from './nn/layer-normalization.ts'
import { leakyRelu } from './nn/leaky-relu.ts'
import { logSoftmax } from './nn/log-softmax.ts'
import { lpNormalization } from './nn/lp-normalization.ts'
import { lpPool } from './nn/lp-pool.ts'
import { lrn } from './nn/lrn.ts'
import { maxPool } from './nn/max-pool.ts'
import { maxRoiPool } from './nn/max-roi-pool.ts'
import { maxUnpool } from './nn/max-unpool.ts'
import { meanVarianceNormalization } from './nn/mean-variance-normalization.ts'
import { mish } from './nn/mish.ts'
import { negativeLogLikelihoodLoss } from './nn/negative-log-likelihood-loss.ts'
import { nonMaxSuppression } from './nn/non-max-suppression.ts'
import { pRelu } from './nn/p-relu.ts'
import { relu } from './nn/relu.ts'
import { rmsNormalization } from './nn/rms-normalization.ts'
import { roiAlign } from './nn/roi-align.ts'
import { rotaryEmbedding } from './nn/rotary-embedding.ts'
import { selu } from './nn/selu.ts'
import { shrink } from './nn/shrink.ts'
import { softmax } from './nn/softmax.ts'
import { softmaxCrossEntropyLoss } from './nn/softmax-cross-entropy-loss.ts'
import { softplus } from './nn/softplus.ts'
import { softsign } from './nn/softsign.ts'
import { swish } from './nn/swish.ts'
import { thresholdedRelu } from './nn/thresholded-relu.ts'
import { convInteger } from './quant/conv-integer.ts'
import { dequantizeLinear } from './quant/dequantize-linear.ts'
import { dynamicQuantizeLinear } from './quant/dynamic-quantize-linear.ts'
import { qLinearConv } from './quant/q-linear-conv.ts'
import { qLinearMatMul } from './quant/q-linear-mat-mul.ts'
import { quantizeLinear } from './quant/quantize-linear.ts'
import { bernoulli } from './random/bernoulli.ts'
import { dropout } from './random/dropout.ts'
import { multinomial } from './random/multinomial.ts'
import { randomNormal } from './random/random-normal.ts'
import { randomNormalLike } from './random/random-normal-like.ts'
import { randomUniform } from './random/random-uniform.ts'
import { randomUniformLike } from './random/random-uniform-like.ts'
import { gru } from './recurrent/gru.ts'
import { lstm } from './recurrent/lstm.ts'
import { rnn } from './recurrent/rnn.ts'
import { argMax } from './reduce/arg-max.ts'
import { argMin } from './reduce/arg-min.ts'
import { cumProd } from './reduce/cum-prod.ts'
import { cumSum } from './reduce/cum-sum.ts'
import { hardmax } from './reduce/hardmax.ts'
import { reduceL1 } from './reduce/reduce-l1.ts'
import { reduceL2 } from './reduce/reduce-l2.ts'
import { reduceLogSum } from './reduce/reduce-log-sum.ts'
import { reduceLogSumExp } from './reduce/reduce-log-sum-exp.ts'
import { reduceMax } from './reduce/reduce-max.ts'
import { reduceMean } from './reduce/reduce-mean.ts'
import { reduceMin } from './reduce/reduce-min.ts'
import { reduceProd } from './reduce/reduce-prod.ts'
import { reduceSum } from './reduce/reduce-sum.ts'
import { reduceSumSquare } from './reduce/reduce-sum-square.ts'
import { topK } from './reduce/top-k.ts'
import { centerCropPad } from './shape/center-crop-pad.ts'
import { col2Im } from './shape/col2im.ts'
import { concat } from './shape/concat.ts'
import { constantNode } from './shape/constant.ts'
import { constantOfShape } from './shape/constant-of-shape.ts'
import { depthToSpace } from './shape/depth-to-space.ts'
import { expand } from './shape/expand.ts'
import { eyeLike } from './shape/eye-like.ts'
import { flatten } from './shape/flatten.ts'
import { pad } from './shape/pad.ts'
import { range } from './shape/range.ts'
import { reshape } from './shape/reshape.ts'
import { resize } from './shape/resize.ts'
import { reverseSequence } from './shape/reverse-sequence.ts'
import { shapeOf } from './shape/shape.ts'
import { size } from './shape/size.ts'
import { slice } from './shape/slice.ts'
import { spaceToDepth } from './shape/space-to-depth.ts'
import { split } from './shape/split.ts'
import { squeeze } from './shape/squeeze.ts'
import { tile } from './shape/tile.ts'
import { transpose } from './shape/transpose.ts'
import { trilu } from './shape/trilu.ts'
import { unsqueeze } from './shape/unsqueeze.ts'
import { blackmanWindow } from './signal/blackman-window.ts'
import { dft } from './signal/dft.ts'
import { hammingWindow } from './signal/hamming-window.ts'
import { hannWindow } from './signal/hann-window.ts'
import { melWeightMatrix } from './signal/mel-weight-matrix.ts'
import { stft } from './signal/stft.ts'
import { labelEncoder } from './text/label-encoder.ts'

export const operators: readonly Operator[] = [
  add,
  cast.operator,
  concat,
  div,
  expand,
  greater,
  matMul,
  mul,
  neg,
  pad,
  reduceSum,
  relu,
  reshape,
  slice,
  squeeze,
  sub,
  tanh,
  transpose,
  unsqueeze,
  conv,
  convTranspose,
  flatten,
  split,
  tile,
  shapeOf,
  size,
  constantOfShape,
  range,
  eyeLike,
  constantNode,
  scan,
  softmax,
  logSoftmax,
  abs,
  acos,
  asin,
  atan,
  acosh,
  asinh,
  atanh,
  ceil,
  floor,
  round,
  sign,
  cos,
  sin,
  tan,
  cosh,
  sinh,
  erf,
  exp,
  log,
  reciprocal,
  sigmoid,
  sqrt,
  softplus,
  softsign,
  mish,
  hardSwish,
  equal,
  less,
  lessOrEqual,
  greaterOrEqual,
  and,
  or,
  xor,
  bitwiseAnd,
  bitwiseOr,
  bitwiseXor,
  bitwiseNot,
  not,
  bitShift,
  isNan,
  isInf,
  where,
  mod,
  pow,
  max,
  min,
  sum,
  mean,
  identity,
  castLike,
  hardSigmoid,
  leakyRelu,
  pRelu,
  elu,
  selu,
  celu,
  thresholdedRelu,
  shrink,
  clip,
  gelu,
  swish,
  trilu,
  depthToSpace,
  spaceToDepth,
  centerCropPad,
  reverseSequence,
  maxPool,
  averagePool,
  globalAveragePool,
  reduceMean,
  reduceMax,
  reduceMin,
  reduceL1,
  reduceL2,
  reduceSumSquare,
  reduceLogSum,
  reduceLogSumExp,
  reduceProd,
  argMax,
  argMin,
  hardmax,
  cumSum,
  resize,
  col2Im,
  gemm,
  matMulInteger,
  det,
  fusedMatMul,
  fusedGelu,
  quickGelu,
  fastGelu,
  biasGelu,
  einsum,
  gather,
  gatherElements,
  gatherND,
  scatterElements,
  scatterND,
  oneHot,
  nonZero,
  compress,
  unique,
  ifOp,
  loop,
  globalMaxPool,
  batchNormalization,
  topK,
  randomNormal,
  randomNormalLike,
  randomUniform,
  randomUniformLike,
  bernoulli,
  multinomial,
  dropout,
  layerNormalization,
  groupNormalization,
  instanceNormalization,
  meanVarianceNormalization,
  rmsNormalization,
  lpNormalization,
  lrn,
  lpPool,
  globalLpPool,
  softmaxCrossEntropyLoss,
  negativeLogLikelihoodLoss,
  maxUnpool,
  quantizeLinear,
  dequantizeLinear,
  dynamicQuantizeLinear,
  qLinearMatMul,
  qLinearConv,
  convInteger,
  rnn,
  gru,
  lstm,
  cumProd,
  gridSample,
  roiAlign,
  maxRoiPool,
  nonMaxSuppression,
  rotaryEmbedding,
  attention,
  hannWindow,
  hammingWindow,
  blackmanWindow,
  melWeightMatrix,
  dft,
  stft,
  simplifiedLayerNormalization,
  skipLayerNormalization,
  skipSimplifiedLayerNormalization,
  fusedConv,
  multiHeadAttention,
  rotaryEmbeddingMicrosoft,
  matMulNBits,
  dynamicQuantizeMatMul,
  labelEncoder,
]

const byName = new Map(operators.map(op => [`${op.domain}:${op.type}`, op]))
if (byName.size !== operators.length) throw new Error('two operators of one name in the table')

/** The table's entry, or `undefined` for an operator outside of it. */
export const findOperator = (type: string, domain = ''): Operator | undefined =>
  byName.get(`${domain === 'ai.onnx' ? '' : domain}:${type}`)
