import { ArgumentError } from '../core/errors.ts'
import type { AnyLayer } from '../nn/layer.ts'
import { type Loss, type LossName, resolveLoss } from '../nn/losses.ts'
import { type AnyMetric, type AnyMetricName, checkMetricName, resolveMetric } from '../nn/metrics.ts'
import type { Network, NetworkOutput } from '../nn/network.ts'
import { numbersOf, type SampleSet, targetsByName } from '../train/data-source.ts'
import type { NamedMetric, Objective } from '../train/objective.ts'
import type { CompileOptions, MetricSpec } from './types.ts'

/** What a `compile` call asks of each output of a network. `y`: the targets, from whose shapes Keras's 'accuracy' follows. */
export function objectivesOf(options: CompileOptions<MetricSpec>, network: Network, y: SampleSet): Objective[] {
  const { outputs } = network
  const losses = perOutput<LossName | Loss | null>(options.loss, outputs, 'loss', isOne)
  const weights = perOutput<number>(options.lossWeights, outputs, 'lossWeights', value => typeof value === 'number')
  const metrics = metricsPerOutput(options.metrics, outputs, 'metrics')
  const weighted = metricsPerOutput(options.weightedMetrics, outputs, 'weightedMetrics')
  const isWanted = (i: number): boolean =>
    (losses[i] ?? null) !== null || (metrics[i]?.length ?? 0) > 0 || (weighted[i]?.length ?? 0) > 0
  const shapes = targetShapes(y, network, isWanted)
  return outputs.map((output, i): Objective => {
    const unique = uniqueNames()
    const prefixed = (prefix: string, name: string): string =>
      prefix === '' ? name : `${prefix}${name.charAt(0).toUpperCase()}${name.slice(1)}`
    const named = (given: AnyMetricName | AnyMetric, counts: boolean): NamedMetric => {
      const metric = resolveMetric(given, { shape: shapes[i] ?? [] }, output.type)
      const whole = (name: string): string => prefixed(outputs.length === 1 ? '' : output.name, name)
      const name = unique(whole(metric.name), counts ? whole(prefixed('weighted', metric.name)) : undefined)
      return { name, metric, weighted: counts }
    }
    const loss = losses[i]
    return {
      loss: loss === undefined || loss === null ? undefined : resolveLoss(loss),
      weight: weights[i] ?? 1,
      metrics: [
        ...(metrics[i] ?? []).map(metric => named(metric, false)),
        ...(weighted[i] ?? []).map(metric => named(metric, true)),
      ],
    }
  })
}

/** Names of one output's metrics as Keras tells them apart: `accuracy`, `accuracy_1`; `weightedAccuracy` where `accuracy` is taken. */
function uniqueNames(): (name: string, other: string | undefined) => string {
  const taken = new Map<string, number>()
  return (name, other) => {
    const free = other === undefined || !taken.has(name) ? name : other
    const count = taken.get(free) ?? 0
    taken.set(free, count + 1)
    return count === 0 ? free : `${free}_${count}`
  }
}

/** Finds what is wrong with a `compile` call while it is made, before there are targets. */
export function checkObjectives(options: CompileOptions<MetricSpec>, network: Network): void {
  const { outputs } = network
  const losses = perOutput<LossName | Loss | null>(options.loss, outputs, 'loss', isOne).map(loss =>
    loss === undefined || loss === null ? undefined : resolveLoss(loss),
  )
  if (options.augmentation) checkAugmentation(options.augmentation, network, losses)
  perOutput<number>(options.lossWeights, outputs, 'lossWeights', value => typeof value === 'number')
  for (const list of [
    ...metricsPerOutput(options.metrics, outputs, 'metrics'),
    ...metricsPerOutput(options.weightedMetrics, outputs, 'weightedMetrics'),
  ])
    for (const metric of list ?? []) if (typeof metric === 'string') checkMetricName(metric)
}

/** Both input and target are changed, so there has to be one of each, and targets that can be mixed. */
function checkAugmentation(
  { type, arity, augments }: AnyLayer,
  { inputs, outputs }: Network,
  losses: readonly (Loss | undefined)[],
): void {
  const where = `compile, augmentation '${type}'`
  if ((arity?.max ?? 1) < 2) {
    throw new ArgumentError({
      where,
      expected: 'a layer of images and targets, such as mixUp or randomFlip',
      received: 'one of a single input',
      remedy: 'Put it among the layers of the model.',
    })
  }
  const [output] = outputs
  if (inputs.length !== 1 || outputs.length !== 1 || !output) {
    throw new ArgumentError({
      where,
      expected: 'a model with one input and one output',
      received: `${inputs.length} and ${outputs.length}`,
      remedy: 'Make the targets an input too, and apply the layer to both in the model.',
    })
  }
  const [loss] = losses
  // Targets are labels, or masks where there is one for each pixel.
  const target = output.type.shape.length > 2 ? 'segmentationMasks' : 'labels'
  const mixes = augments ? augments.mixes.includes(target) : true
  if (!mixes || loss?.classes?.(output.type) === undefined) return
  throw new ArgumentError({
    where,
    expected: 'a loss of targets that can be mixed',
    received: `'${loss.name}', of class numbers`,
    remedy: 'Use categoricalCrossentropy with one-hot targets.',
  })
}

const isOne = (value: unknown): value is LossName | Loss | null =>
  value === null || typeof value === 'string' || (typeof value === 'object' && 'perSample' in value)

/** One value for all outputs, a list in their order, or a record by their names → a list. */
function perOutput<T>(
  given: T | readonly (T | undefined)[] | Readonly<Record<string, T>> | undefined,
  outputs: readonly NetworkOutput[],
  what: string,
  one: (value: unknown) => value is T,
): readonly (T | undefined)[] {
  if (given === undefined) return outputs.map(() => undefined)
  if (one(given)) return outputs.map(() => given)
  if (isArray(given)) {
    if (given.length === outputs.length) return given
    throw new ArgumentError({
      where: 'compile',
      expected: `'${what}' for ${outputs.length} output${outputs.length === 1 ? '' : 's'}`,
      received: `${given.length}`,
    })
  }
  return byName(given, outputs, what)
}

function byName<T>(given: Readonly<Record<string, T>>, outputs: readonly NetworkOutput[], what: string) {
  const names = outputs.map(({ name }) => name)
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue
    throw new ArgumentError({
      where: 'compile',
      expected: `'${what}' for outputs among ${names.join(', ')}`,
      received: `'${name}'`,
    })
  }
  return names.map(name => given[name])
}

const isArray = <T>(value: unknown): value is readonly T[] => Array.isArray(value)

function metricsPerOutput(
  given: MetricSpec | undefined,
  outputs: readonly NetworkOutput[],
  what: string,
): readonly (readonly (AnyMetricName | AnyMetric)[] | undefined)[] {
  if (given === undefined) return outputs.map(() => undefined)
  if (!isArray<AnyMetricName | AnyMetric | readonly (AnyMetricName | AnyMetric)[]>(given))
    return byName(given, outputs, what)
  if (given.some(item => isArray(item))) {
    const lists = given.map(item =>
      isArray<AnyMetricName | AnyMetric>(item) ? item : [item as AnyMetricName | AnyMetric],
    )
    return perOutput(
      lists,
      outputs,
      what,
      (value): value is readonly (AnyMetricName | AnyMetric)[] => value === undefined,
    )
  }
  if (outputs.length > 1 && given.length > 0) {
    throw new ArgumentError({
      where: 'compile',
      expected: `'${what}' by output: { ${outputs.map(({ name }) => `${name}: […]`).join(', ')} }`,
      received: 'one list',
    })
  }
  return [given.filter((item): item is AnyMetricName | AnyMetric => !isArray(item))]
}

/** Shapes of the targets, as far as metrics need them: with the samples axis. */
function targetShapes(
  y: SampleSet,
  { outputs }: Network,
  isWanted: (output: number) => boolean,
): readonly (readonly unknown[])[] {
  const all = outputs.map(({ name }) => name)
  const given = targetsByName(y, all, isWanted)
  return all.map(name => {
    const samples = given.get(name)
    if (samples === undefined) return []
    return numbersOf(samples, 'float32', 'y').shape
  })
}

/** Which layers are computed again in the backward pass. */
export function rematerialized(
  given: boolean | readonly string[] | undefined,
  network: Network & { readonly layers: readonly { readonly path: string }[] },
): { readonly rematerialize?: (path: string) => boolean } {
  if (given === undefined || given === false) return {}
  if (given === true) return { rematerialize: () => true }
  const paths = network.layers.map(({ path }) => path)
  for (const name of given) {
    if (paths.includes(name)) continue
    throw new ArgumentError({
      where: 'compile',
      expected: `'rematerialize' to name layers among ${paths.join(', ')}`,
      received: `'${name}'`,
    })
  }
  return { rematerialize: path => given.includes(path) }
}
