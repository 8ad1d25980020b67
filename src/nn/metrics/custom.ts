import type { Value } from '../../graph/value.ts'
import { cast } from '../../ops/math/cast.ts'
import { Tensor } from '../../tensor/tensor.ts'
import { type Metric, meanOf, type Named, nameOr, type PerSample, sumOf } from './metric.ts'

/** What is averaged: a value (or several) for each sample. Targets come in the dtype of the outputs. */
export type MetricFunction = (target: Tensor<'float32'>, output: Tensor<'float32'>) => Tensor<'float32'>

const perSample =
  (f: MetricFunction): PerSample =>
  (target: Value, output: Value) =>
    f(new Tensor(cast(target, { to: output.dtype })), new Tensor(output)).value

const outputs: MetricFunction = (_, output) => output

/**
 * The mean over all samples of a function of targets and outputs (by default the outputs themselves), weighted: a metric in a line,
 * `mean((target, output) => output.sub(target).abs(), { name: 'error' })`. Keras's `Mean` and `MeanMetricWrapper`.
 */
export const mean = <const Name extends string = 'mean'>(
  f: MetricFunction = outputs,
  { name }: Named<Name> = {},
): Metric<Name> => meanOf({ name: nameOr(name, 'mean'), values: perSample(f) })

/** The sum over all samples of a function of targets and outputs (by default the outputs themselves), weighted. */
export const sum = <const Name extends string = 'sum'>(
  f: MetricFunction = outputs,
  { name }: Named<Name> = {},
): Metric<Name> => sumOf({ name: nameOr(name, 'sum'), values: perSample(f) })
