import { ArgumentError } from '../core/errors.ts'
import { circle } from './losses/circle.ts'
import {
  binaryCrossentropy,
  binaryFocalCrossentropy,
  categoricalCrossentropy,
  categoricalFocalCrossentropy,
  sparseCategoricalCrossentropy,
} from './losses/crossentropy.ts'
import { ctc } from './losses/ctc.ts'
import { categoricalHinge, hinge, squaredHinge } from './losses/hinge.ts'
import type { Loss } from './losses/loss.ts'
import { categoricalGeneralizedCrossEntropy, klDivergence, poisson } from './losses/probabilistic.ts'
import {
  cosineSimilarity,
  huber,
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
} from './losses/regression.ts'
import { dice, tversky } from './losses/segmentation.ts'

export { type CircleOptions, circle } from './losses/circle.ts'
export {
  type BinaryFocalOptions,
  binaryCrossentropy,
  binaryFocalCrossentropy,
  type CategoricalFocalOptions,
  type CrossentropyOptions,
  categoricalCrossentropy,
  categoricalFocalCrossentropy,
  type SmoothCrossentropyOptions,
  type SparseCrossentropyOptions,
  sparseCategoricalCrossentropy,
} from './losses/crossentropy.ts'
export { ctc } from './losses/ctc.ts'
export { type CustomLossOptions, custom } from './losses/custom.ts'
export { categoricalHinge, hinge, squaredHinge } from './losses/hinge.ts'
export {
  type Loss,
  lossOf,
  mergeMask,
  type Reduction,
  type ReductionOptions,
  reduceLoss,
  type Weighting,
} from './losses/loss.ts'
export {
  categoricalGeneralizedCrossEntropy,
  type GeneralizedCrossEntropyOptions,
  klDivergence,
  poisson,
} from './losses/probabilistic.ts'
export {
  type AxisOptions,
  cosineSimilarity,
  type HuberOptions,
  huber,
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
} from './losses/regression.ts'
export { type DiceOptions, dice, type TverskyOptions, tversky } from './losses/segmentation.ts'
export { classNumbers } from './losses/targets.ts'

/** By Keras's names in camelCase; what `config` of a loss holds is what its function takes. */
const byName = {
  binaryCrossentropy,
  binaryFocalCrossentropy,
  categoricalCrossentropy,
  categoricalFocalCrossentropy,
  categoricalGeneralizedCrossEntropy,
  categoricalHinge,
  circle,
  cosineSimilarity,
  ctc,
  dice,
  hinge,
  huber,
  klDivergence,
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  poisson,
  sparseCategoricalCrossentropy,
  squaredHinge,
  tversky,
}

/** Keras's short names. */
const aliases = {
  bce: 'binaryCrossentropy',
  BCE: 'binaryCrossentropy',
  kld: 'klDivergence',
  KLD: 'klDivergence',
  mae: 'meanAbsoluteError',
  MAE: 'meanAbsoluteError',
  mape: 'meanAbsolutePercentageError',
  MAPE: 'meanAbsolutePercentageError',
  mse: 'meanSquaredError',
  MSE: 'meanSquaredError',
  msle: 'meanSquaredLogarithmicError',
  MSLE: 'meanSquaredLogarithmicError',
} as const

type CanonicalName = keyof typeof byName
export type LossName = CanonicalName | keyof typeof aliases

export const lossNames: readonly LossName[] = [
  ...(Object.keys(byName) as CanonicalName[]), // the keys of an object literal are what its type says
  ...(Object.keys(aliases) as (keyof typeof aliases)[]),
]

/** A loss for training, which needs one number: reduction `none` is refused. */
export function resolveLoss(given: LossName | Loss): Loss {
  const loss = typeof given === 'string' ? lossNamed(given, {}) : given
  if (loss.reduction !== 'none') return loss
  throw new ArgumentError({
    where: 'compile',
    expected: 'a loss that reduces to one number',
    received: `${loss.name} with reduction 'none'`,
    remedy: "Use 'sumOverBatchSize', 'sum' or 'meanWithSampleWeight'.",
  })
}

/** The loss that has a name and configuration, as read from a file: `lossFromConfig(loss.name, loss.config)` makes `loss` again. */
export const lossFromConfig = (name: string, config: Readonly<Record<string, unknown>>): Loss => lossNamed(name, config)

function lossNamed(name: string, config: Readonly<Record<string, unknown>>): Loss {
  const makers = new Map<string, (config: object) => Loss>(Object.entries(byName))
  const make = makers.get(new Map<string, string>(Object.entries(aliases)).get(name) ?? name)
  // Every function checks its options when it is called, whatever their types claim.
  if (make) return make(config)
  throw new ArgumentError({
    where: 'compile',
    expected: `a loss among ${Object.keys(byName).join(', ')}`,
    received: `'${name}'`,
  })
}
