import { ArgumentError } from '../core/errors.ts'
import { sizeOf } from '../core/shape.ts'
import { withScope } from '../graph/scope.ts'
import { Value } from '../graph/value.ts'
import { mergeMask } from '../nn/losses/loss.ts'
import { type Loss, lossOf } from '../nn/losses.ts'
import type { AnyMetric } from '../nn/metrics.ts'
import type { NetworkOutput, Trace } from '../nn/network.ts'
import { ints, scalar } from '../ops/constants.ts'
import { add } from '../ops/math/add.ts'
import { mul } from '../ops/math/mul.ts'
import { concat } from '../ops/shape/concat.ts'
import { reshape } from '../ops/shape/reshape.ts'
import type { Slab, View } from './state.ts'

/** What is asked of one output of a network. */
export interface Objective {
  /** None: this output is not trained on, and without metrics needs no targets. */
  readonly loss: Loss | undefined
  /** Factor of its loss in the total. */
  readonly weight: number
  readonly metrics: readonly NamedMetric[]
}

/** A metric under the name that its result has. */
export interface NamedMetric {
  readonly name: string
  readonly metric: AnyMetric
  /** Counts samples by their weights; the others ignore weights, as Keras's `metrics` do. */
  readonly weighted: boolean
}

/** The values of one batch's targets: for each output its target and the weights of its samples, where there are any. */
export interface Targets {
  readonly targets: readonly (Value | undefined)[]
  readonly sampleWeights: readonly (Value | undefined)[]
}

/** A batch on its way through the network, as a custom objective sees it. */
export interface ObjectiveScope extends Targets {
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
  /** The outputs' losses as `compile` names them, weighted and summed; nothing where it names none. */
  readonly compiled: Value | undefined
}

/** What is minimised in place of the outputs' losses: a scalar. */
export type CustomObjective = (scope: ObjectiveScope) => Value

export interface Losses {
  /** What is minimised. */
  readonly total: Value
  /** Each output's loss, before weighting. */
  readonly each: readonly (Value | undefined)[]
}

/** Loss per output, weighted and summed, plus what layers and regularizers add. */
export function lossesOf(
  { objectives, custom }: { readonly objectives: readonly Objective[]; readonly custom?: CustomObjective | undefined },
  trace: Trace,
  batch: Targets & { readonly decoded: readonly Value[] },
): Losses {
  const { targets, sampleWeights } = batch
  const each = objectives.map(({ loss }, i) => {
    const target = targets[i]
    const output = trace.outputs[i]
    if (!loss || !target || !output) return undefined
    if (loss.reduction === 'none') {
      throw new ArgumentError({
        where: `compile, loss '${loss.name}'`,
        expected: "a 'reduction' to one number, since gradients are taken of it",
        received: "'none'",
      })
    }
    return withScope('loss', () =>
      lossOf(loss, target, output, { sampleWeight: sampleWeights[i], mask: trace.masks[i] }),
    )
  })
  const parts = each.flatMap((value, i) => {
    const weight = objectives[i]?.weight ?? 1
    return value ? [weight === 1 ? value : mul(value, scalar(weight))] : []
  })
  const sumOf = (values: readonly Value[]): Value | undefined => {
    const [first, ...others] = values
    return first && others.reduce((sum, value) => add(sum, value), first)
  }
  const main = custom
    ? [
        withScope('loss', () =>
          custom({ inputs: batch.decoded, targets, sampleWeights, outputs: trace.outputs, compiled: sumOf(parts) }),
        ),
      ]
    : parts
  const total = sumOf([...main, ...trace.losses])
  if (!total) {
    throw new ArgumentError({
      where: 'compile',
      expected: 'a loss for at least one output, or a layer that adds one',
      received: 'none',
    })
  }
  return { total, each }
}

/** The running losses and all metrics' accumulators, end to end in one slab. */
export function metricSlab(
  objectives: readonly Objective[],
  trace: Trace,
  { targets, sampleWeights }: Targets,
  losses: Losses,
  batch: number,
): Slab {
  const views: View[] = []
  const results: Value[] = []
  let length = 0
  const take = (name: string, shape: readonly number[]): Value => {
    const input = Value.input({ dtype: 'float32', shape }, name)
    views.push({ input, offset: length, shape })
    length += sizeOf(shape)
    return input
  }
  /** What counts for a metric: weights, if it heeds them, without what the mask leaves out. Keras leaves the mask to metrics that are means; here all heed it. */
  const weightsOf = (i: number, weighted: boolean): Value | undefined => {
    const output = trace.outputs[i]
    const weight = weighted ? sampleWeights[i] : undefined
    return output && mergeMask(weight, trace.masks[i], { like: output, reduction: 'sum' })
  }
  const give = (value: Value) => results.push(reshape(value, ints([-1])))
  withScope('metrics', () => {
    give(add(take('loss:total', []), mul(losses.total, scalar(batch))))
    give(add(take('loss:count', []), scalar(batch)))
    objectives.forEach(({ metrics }, i) => {
      const loss = losses.each[i]
      if (tracksEachLoss(objectives) && loss) give(add(take(`loss:${i}`, []), mul(loss, scalar(batch))))
      const target = targets[i]
      const output = trace.outputs[i]
      if (!target || !output) return
      for (const { name, metric, weighted } of metrics) {
        const state = metric.state.map((shape, k) => take(`${name}:${k}`, shape))
        metric.update(state, target, output, weightsOf(i, weighted)).forEach(give)
      }
    })
  })
  return {
    name: 'metrics',
    dtype: 'float32',
    length,
    views,
    output: { value: concat(results, { axis: 0 }), shape: [length] },
    inPlace: false,
  }
}

/** With several losses, each one is reported beside the total. */
const tracksEachLoss = (objectives: readonly Objective[]): boolean => objectives.filter(({ loss }) => loss).length > 1

/** Whether an output is compared with targets. */
export const wantsTargets = ({ loss, metrics }: Objective): boolean => loss !== undefined || metrics.length > 0

/** Reads the slab that `metricSlab` lays out. */
export function readMetrics(
  objectives: readonly Objective[],
  outputs: readonly NetworkOutput[],
  values: Float32Array,
): Record<string, number> {
  const count = Math.max(1, values[1] ?? 0)
  const logs: Record<string, number> = { loss: (values[0] ?? 0) / count }
  let at = 2
  const take = (shape: readonly number[]) => {
    const size = sizeOf(shape)
    at += size
    return { dtype: 'float32', shape, data: values.subarray(at - size, at) } as const
  }
  for (const [i, { loss, metrics }] of objectives.entries()) {
    if (loss && tracksEachLoss(objectives)) logs[`${outputs[i]?.name ?? i}Loss`] = (values[at++] ?? 0) / count
    for (const { name, metric } of metrics) {
      const result = metric.result(metric.state.map(take))
      if (typeof result === 'number') logs[name] = result
      // A number for each class or threshold.
      else for (const [k, value] of result.entries()) logs[`${name}_${k}`] = value
    }
  }
  return logs
}
