import type { LayerGraph } from '../nn/network.ts'
import type { Engine } from '../runtime/engine.ts'
import type { SampleSet } from '../train/data-source.ts'
import { resolveOptimizer } from '../train/optimizers/index.ts'
import { checkPrecision, scaledFor } from '../train/precision.ts'
import type { Recipe } from '../train/step.ts'
import { objectivesOf, rematerialized } from './objectives.ts'
import { objectiveOf } from './train-step.ts'
import type { CompileOptions, MetricSpec } from './types.ts'

/**
 * What `compile` was told, as a training step wants it; the targets decide what a loss by name means.
 *
 * @throws {UnsupportedError} where the engine does not compute in the precision asked for.
 */
export async function recipeOf(
  network: LayerGraph,
  options: CompileOptions<MetricSpec>,
  engine: Engine,
  targets: SampleSet,
  trained: Recipe['trained'],
): Promise<Recipe> {
  const { precision = 'float32' } = options
  await checkPrecision(precision, engine)
  return {
    network,
    objectives: objectivesOf(options, network, targets),
    custom: options.trainStep && objectiveOf(options.trainStep),
    optimizer: scaledFor(precision, resolveOptimizer(options.optimizer ?? 'rmsprop')),
    precision,
    ...rematerialized(options.rematerialize, network),
    augmentation: options.augmentation,
    trained,
  }
}
