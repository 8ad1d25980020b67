import type { Loss, LossName } from '../nn/losses.ts'
import type { Metric, MetricName } from '../nn/metrics.ts'
import type { Engine } from '../runtime/engine.ts'
import type { OptimizerName } from '../train/optimizers/index.ts'
import type { Optimizer } from '../train/optimizers/optimizer.ts'

/** The name under which a metric's result appears. */
export type NameOf<M> = M extends Metric<infer Name> ? Name : M extends string ? M : never

/** Loss and metrics by name. */
export type Results<Name extends string> = { readonly [K in Name | 'loss']: number }

/** `accuracy` → `accuracy` and `valAccuracy`. */
export type HistoryOf<Name extends string> = { readonly [K in Name | 'loss']: readonly number[] } & {
  readonly [K in `val${Capitalize<Name | 'loss'>}`]?: readonly number[]
}

export interface CompileOptions<M extends readonly (MetricName | Metric)[]> {
  /** Default: rmsprop, as in Keras. */
  readonly optimizer?: OptimizerName | Optimizer
  readonly loss: LossName | Loss
  readonly metrics?: M
  /** Where to run. Default: the CPU in Node, WebAssembly in the browser. */
  readonly engine?: Engine
}

/** Names that `evaluate` may be asked for on a model whose `compile` call TypeScript did not follow. */
export type AnyMetricName = MetricName
