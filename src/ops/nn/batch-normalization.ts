import { ShapeError } from '../../core/errors.ts'
import { formatShape, sizeOf, staticShape } from '../../core/shape.ts'
import type { Batched } from '../../graph/operator.ts'
import type { Value } from '../../graph/value.ts'
import { ensureBatched } from '../batching.ts'
import { constantLike, scalarLike } from '../constants.ts'
import { attr, defineOp, type Op } from '../define.ts'
import { requireFloat } from '../infer.ts'
import { add } from '../math/add.ts'
import { div } from '../math/div.ts'
import { mul } from '../math/mul.ts'
import { neg } from '../math/neg.ts'
import { sqrt } from '../math/sqrt.ts'
import { sub } from '../math/sub.ts'
import { reshapeTo } from '../shape/reshape.ts'
import { transpose } from '../shape/transpose.ts'
import { alongChannels, requirePerChannel, sumPerChannel } from './channels.ts'
import { foldBatch, unfoldBatch } from './conv-batching.ts'
import { countedSize } from './conv-shape.ts'

const attrs = { epsilon: attr.float(1e-5), momentum: attr.float(0.9), training_mode: attr.int(0) }
type Inputs<V> = { readonly x: V; readonly scale: V; readonly b: V; readonly mean: V; readonly variance: V }
interface Outputs<V> {
  readonly y: V
  readonly running_mean: V
  readonly running_var: V
}

/**
 * (x − mean) / √(variance + ε) · scale + b per channel of x [N, C, …] (Ioffe & Szegedy, 2015). In inference the given
 * statistics are used. With `training_mode` the batch's own are (variance with denominator N), and the two further outputs
 * are the running ones: momentum · given + (1 − momentum) · own.
 * https://onnx.ai/onnx/operators/onnx__BatchNormalization.html
 */
export const batchNormalization: Op<
  ['x', 'scale', 'b', 'mean', 'variance'],
  ['y', 'running_mean', 'running_var'],
  typeof attrs
> = defineOp({
  type: 'BatchNormalization',
  since: 15,
  inputs: ['x', 'scale', 'b', 'mean', 'variance'],
  outputs: ['y', 'running_mean', 'running_var'],
  attrs,
  infer: ({ x, scale, b, mean, variance }, { training_mode }) => {
    requireFloat('BatchNormalization', x)
    if (x.shape.length < 2) {
      throw new ShapeError({
        where: 'BatchNormalization',
        expected: 'a tensor of rank 2 or more: [batch, channels, …]',
        received: formatShape(x.shape),
      })
    }
    for (const [name, vector] of Object.entries({ scale, b, mean, variance }))
      requirePerChannel('BatchNormalization', name, vector, x.shape[1] ?? 0)
    if (training_mode !== 1) return { y: x, running_mean: undefined, running_var: undefined }
    return { y: x, running_mean: mean, running_var: variance }
  },
  vjp: (inputs, outputs, grads, attributes) =>
    attributes.training_mode === 1
      ? trainingGradient(inputs, outputs, grads, attributes)
      : inferenceGradient(inputs, grads.y, attributes),
  batch: batchBatchNormalization,
  samples: [
    { x: [3, 2, 2, 3], scale: [2], b: [2], mean: [2], variance: { shape: [2], low: 0.5, high: 2 } },
    { x: [3, 2], scale: [2], b: [2], mean: [2], variance: { shape: [2], low: 0.5, high: 2 }, attrs: { epsilon: 0.1 } },
    { x: [3, 2, 4], scale: [2], b: [2], mean: [2], variance: { shape: [2], low: 0.5, high: 2 } },
    {
      x: [3, 2, 2, 3],
      scale: [2],
      b: [2],
      mean: [2],
      variance: { shape: [2], low: 0.5, high: 2 },
      attrs: { training_mode: 1, momentum: 0.8 },
      // See test/ops/batch-normalization.test.ts: the engine writes running statistics that are not graph outputs over the fed ones.
      skip: {
        gradient: 'the differences would be between runs on different statistics',
      },
    },
  ],
  // A multiplication and an addition per element; twice as much again for the batch's own statistics.
  // No running statistics in inference.
  countOutputs: (_, { training_mode }) => (training_mode === 1 ? 3 : 1),
  traits: { flops: node => countedSize(node.outputs[0]?.shape ?? []) * (node.attributes['training_mode'] ? 6 : 2) },
})

interface Settings {
  readonly epsilon: number
  readonly momentum: number
}

/** y = (x − μ)·r·s + b with r = (σ² + ε)^(−1/2): ds = Σ dy·(x − μ)·r, dμ = −r·s·Σ dy, dσ² = −½·r²·s·ds. */
function inferenceGradient({ x, scale, variance, mean }: Inputs<Value>, dy: Value | undefined, { epsilon }: Settings) {
  if (!dy) return { x: undefined, scale: undefined, b: undefined, mean: undefined, variance: undefined }
  const r = inverseDeviation(variance, epsilon)
  const factor = mul(r, scale)
  const centred = sub(x, alongChannels(mean, x.shape.length))
  const b = sumPerChannel(dy)
  const dScale = mul(sumPerChannel(mul(dy, centred)), r)
  return {
    x: mul(dy, alongChannels(factor, x.shape.length)),
    scale: dScale,
    b,
    mean: neg(mul(factor, b)),
    variance: mul(scalarLike(-0.5, x), mul(mul(r, r), mul(scale, dScale))),
  }
}

/**
 * μ and σ² are functions of x: with x̂ = (x − μ)·r over M elements per channel, dx = r·s·(dy − Σdy/M − x̂·Σ(dy·x̂)/M).
 * The running statistics add (1 − momentum)·(dμ'/M + dσ²'·2(x − μ)/M).
 *
 * All but the first term is one affine function of x per channel, which the operator itself computes in half the time of a product and
 * a sum on the CPU engine (2.0 ms against 4; [64, 64, 32, 32]).
 */
function trainingGradient(
  { x, scale, mean, variance }: Inputs<Value>,
  outputs: Outputs<Value>,
  grads: { readonly [K in keyof Outputs<Value>]: Value | undefined },
  { epsilon, momentum }: Settings,
) {
  const { y: dy, running_mean: dMean, running_var: dVariance } = grads
  const rank = x.shape.length
  const channels = sizeOf(x.shape.slice(1, 2))
  const filled = (value: number) => constantLike(new Array<number>(channels).fill(value), [channels], x)
  const share = scalarLike(channels / sizeOf(x.shape), x)
  // With momentum 0 the running statistics are the batch's own; otherwise those are taken again (4 ms). The kernel may write its
  // statistics over the given ones: hence copies.
  const own =
    momentum === 0
      ? outputs
      : batchNormalization(x, filled(1), filled(0), neg(mean), neg(variance), {
          epsilon,
          momentum: 0,
          training_mode: 1,
        })
  const batchMean = own.running_mean
  const r = inverseDeviation(own.running_var, epsilon)
  // slope·(x − μ) + level
  const aroundMean = (slope: Value, level: Value) =>
    batchNormalization(x, slope, sub(level, mul(slope, batchMean)), filled(0), filled(1), { epsilon: 0 }).y
  const parts: Value[] = []
  let dScale: Value | undefined
  let dB: Value | undefined
  let slope: Value | undefined
  let level: Value | undefined
  if (dy) {
    dB = sumPerChannel(dy)
    dScale = mul(r, sub(sumPerChannel(mul(dy, x)), mul(batchMean, dB)))
    const factor = mul(r, scale)
    const toMean = neg(mul(factor, share))
    parts.push(mul(dy, alongChannels(factor, rank)))
    slope = mul(mul(toMean, r), dScale)
    level = mul(toMean, dB)
  }
  const rest = mul(share, scalarLike(1 - momentum, x))
  if (dVariance) slope = plus(slope, mul(dVariance, mul(rest, scalarLike(2, x))))
  if (dMean) level = plus(level, mul(dMean, rest))
  if (slope || level) parts.push(aroundMean(slope ?? filled(0), level ?? filled(0)))
  const kept = scalarLike(momentum, x)
  return {
    x: parts.length > 0 ? parts.reduce((sum, part) => add(sum, part)) : undefined,
    scale: dScale,
    b: dB,
    mean: dMean && mul(dMean, kept),
    variance: dVariance && mul(dVariance, kept),
  }
}

const plus = (sum: Value | undefined, term: Value): Value => (sum ? add(sum, term) : term)

const inverseDeviation = (variance: Value, epsilon: number): Value =>
  div(scalarLike(1, variance), sqrt(add(variance, scalarLike(epsilon, variance))))

/** The batch axis joins the examples where every entry has the same parameters and no statistics are taken; else it joins the channels. */
function batchBatchNormalization(
  inputs: Inputs<Batched>,
  {
    size,
    attributes,
    call,
  }: {
    readonly size: number
    readonly attributes: Settings & { readonly training_mode: number }
    readonly call: (inputs: Inputs<Value>, attributes: Settings & { readonly training_mode: number }) => Outputs<Value>
  },
): Outputs<Value> {
  const { x, scale, b, mean, variance } = inputs
  if (attributes.training_mode === 0 && ![scale, b, mean, variance].some(input => input.batched)) {
    const result = call(
      { x: foldBatch(x.value), scale: scale.value, b: b.value, mean: mean.value, variance: variance.value },
      attributes,
    )
    return { ...result, y: unfoldBatch(result.y, size) }
  }
  const all = ensureBatched(x, size)
  const [, n = 0, c = 0, ...spatial] = staticShape(all.shape, 'vmap of BatchNormalization')
  const swap = [1, 0, ...all.shape.slice(2).map((_, i) => i + 2)]
  const vector = (input: Batched) => reshapeTo(ensureBatched(input, size), [-1])
  const result = call(
    {
      x: reshapeTo(transpose(all, { perm: swap }), [n, size * c, ...spatial]),
      scale: vector(scale),
      b: vector(b),
      mean: vector(mean),
      variance: vector(variance),
    },
    attributes,
  )
  const perEntry = (statistics: Value) => statistics && reshapeTo(statistics, [size, c])
  return {
    y: transpose(reshapeTo(result.y, [n, size, c, ...spatial]), { perm: swap }),
    running_mean: perEntry(result.running_mean),
    running_var: perEntry(result.running_var),
  }
}
