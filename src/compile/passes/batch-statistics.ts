import type { Graph } from '../../graph/graph.ts'
import { rewrite } from '../../graph/rewrite.ts'
import type { Value } from '../../graph/value.ts'
import { ints, scalarLike } from '../../ops/constants.ts'
import { add } from '../../ops/math/add.ts'
import { cast } from '../../ops/math/cast.ts'
import { mul } from '../../ops/math/mul.ts'
import { sub } from '../../ops/math/sub.ts'
import { batchNormalization } from '../../ops/nn/batch-normalization.ts'
import { alongChannels } from '../../ops/nn/channels.ts'
import { reduceMean } from '../../ops/reduce/reduce-mean.ts'

/**
 * Takes the statistics of BatchNormalization's training mode with operators of their own, for engines whose kernel has that of inference
 * alone (WebGPU). float16 sums to 65504 at most, so its statistics are taken in float32, as Keras does.
 */
export function expandBatchStatistics(graph: Graph): Graph {
  return rewrite(graph, (node, inputs) => {
    if (node.operator !== batchNormalization) return undefined
    const { epsilon, momentum, training_mode } = batchNormalization.read(node.attributes)
    const [x, scale, b, mean, variance] = inputs
    if (training_mode !== 1 || !x || !scale || !b || !mean || !variance) return undefined
    const wide = x.dtype === 'float16' ? cast(x, { to: 'float32' }) : x
    const rank = x.shape.length
    const perChannel = (value: Value) =>
      reduceMean(value, ints([0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2)]), { keepdims: 0 })
    const own = perChannel(wide)
    const centred = sub(wide, alongChannels(own, rank))
    const [batchMean, batchVariance] = [own, perChannel(mul(centred, centred))].map(statistic =>
      statistic.dtype === x.dtype ? statistic : cast(statistic, { to: x.dtype }),
    )
    if (!batchMean || !batchVariance) return undefined
    const { y } = batchNormalization(x, scale, b, batchMean, batchVariance, { epsilon })
    return [y, runningStatistics(mean, batchMean, momentum), runningStatistics(variance, batchVariance, momentum)]
  })
}

/** momentum · given + (1 − momentum) · own. */
export const runningStatistics = (given: Value, own: Value, momentum: number): Value =>
  momentum === 0 ? own : add(mul(given, scalarLike(momentum, given)), mul(own, scalarLike(1 - momentum, own)))
