import { losses, metrics } from 'tenon'
import { expectTypeOf } from 'vitest'

/** Checked by `npm run typecheck`; nothing here runs. */

export function metricsCarryTheirNames(): void {
  expectTypeOf(metrics.auc().name).toEqualTypeOf<'auc'>()
  expectTypeOf(metrics.auc({ name: 'prAuc', curve: 'PR' }).name).toEqualTypeOf<'prAuc'>()
  expectTypeOf(metrics.meanSquaredError().name).toEqualTypeOf<'meanSquaredError'>()
  expectTypeOf(metrics.mean((t, y) => y.sub(t), { name: 'bias' }).name).toEqualTypeOf<'bias'>()
  // @ts-expect-error no such curve
  metrics.auc({ curve: 'roc' })
  // @ts-expect-error the number of classes is needed
  metrics.meanIou()
}

export function resultsAreNumbersOrLists(): void {
  expectTypeOf(metrics.precision().result).returns.toEqualTypeOf<number>()
  expectTypeOf(metrics.precision({ thresholds: 0.3 }).result).returns.toEqualTypeOf<number>()
  expectTypeOf(metrics.precision({ thresholds: [0.3, 0.6] }).result).returns.toEqualTypeOf<readonly number[]>()
  expectTypeOf(metrics.f1Score().result).returns.toEqualTypeOf<readonly number[]>()
  expectTypeOf(metrics.f1Score({ average: 'macro', name: 'f1' })).toEqualTypeOf<metrics.Metric<'f1'>>()
  expectTypeOf(metrics.r2Score({ classAggregation: null }).result).returns.toEqualTypeOf<readonly number[]>()
  expectTypeOf<metrics.MetricName>().extract<'f1Score'>().toEqualTypeOf<never>()
  expectTypeOf<metrics.VectorMetricName>().toEqualTypeOf<'f1Score' | 'fBetaScore'>()
  expectTypeOf(metrics.precision({ thresholds: [0.3] })).toExtend<metrics.AnyMetric>()
}

export function lossesAreLiteral(): void {
  losses.sparseCategoricalCrossentropy({ fromLogits: true, ignoreClass: -1, reduction: 'sum' })
  expectTypeOf<'mse'>().toExtend<losses.LossName>()
  // @ts-expect-error no such reduction
  losses.huber({ reduction: 'median' })
  // @ts-expect-error no such option
  losses.meanSquaredError({ fromLogits: true })
  // @ts-expect-error a function of two tensors
  losses.custom((a: number) => a)
}
