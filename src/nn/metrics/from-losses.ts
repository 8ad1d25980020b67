import {
  binaryCrossentropy as binaryCrossentropyLoss,
  categoricalCrossentropy as categoricalCrossentropyLoss,
  type SmoothCrossentropyOptions,
  type SparseCrossentropyOptions,
  sparseCategoricalCrossentropy as sparseCategoricalCrossentropyLoss,
} from '../losses/crossentropy.ts'
import * as hinges from '../losses/hinge.ts'
import type { Loss } from '../losses/loss.ts'
import * as probabilistic from '../losses/probabilistic.ts'
import * as regression from '../losses/regression.ts'
import { type Metric, meanOf, type Named, nameOr } from './metric.ts'

/** Metrics that are the mean of a loss over all samples. */

function lossMean<Name extends string>(name: Name | undefined, loss: Loss, kind = loss.name): Metric<Name> {
  const { reduction, ...config } = loss.config
  return meanOf({ name: nameOr(name, kind), kind, config, values: loss.perSample, mask: loss.outputMask })
}

export const meanSquaredError = <const Name extends string = 'meanSquaredError'>({
  name,
}: Named<Name> = {}): Metric<Name> => lossMean(name, regression.meanSquaredError())

export const meanAbsoluteError = <const Name extends string = 'meanAbsoluteError'>({
  name,
}: Named<Name> = {}): Metric<Name> => lossMean(name, regression.meanAbsoluteError())

export const meanAbsolutePercentageError = <const Name extends string = 'meanAbsolutePercentageError'>({
  name,
}: Named<Name> = {}): Metric<Name> => lossMean(name, regression.meanAbsolutePercentageError())

export const meanSquaredLogarithmicError = <const Name extends string = 'meanSquaredLogarithmicError'>({
  name,
}: Named<Name> = {}): Metric<Name> => lossMean(name, regression.meanSquaredLogarithmicError())

export const logCoshError = <const Name extends string = 'logCoshError'>({ name }: Named<Name> = {}): Metric<Name> =>
  lossMean(name, regression.logCosh(), 'logCoshError')

export const hinge = <const Name extends string = 'hinge'>({ name }: Named<Name> = {}): Metric<Name> =>
  lossMean(name, hinges.hinge())

export const squaredHinge = <const Name extends string = 'squaredHinge'>({ name }: Named<Name> = {}): Metric<Name> =>
  lossMean(name, hinges.squaredHinge())

export const categoricalHinge = <const Name extends string = 'categoricalHinge'>({
  name,
}: Named<Name> = {}): Metric<Name> => lossMean(name, hinges.categoricalHinge())

export const klDivergence = <const Name extends string = 'klDivergence'>({ name }: Named<Name> = {}): Metric<Name> =>
  lossMean(name, probabilistic.klDivergence())

export const poisson = <const Name extends string = 'poisson'>({ name }: Named<Name> = {}): Metric<Name> =>
  lossMean(name, probabilistic.poisson())

type WithoutReduction<O> = Omit<O, 'reduction'>

export const binaryCrossentropy = <const Name extends string = 'binaryCrossentropy'>({
  name,
  ...options
}: Named<Name> & WithoutReduction<SmoothCrossentropyOptions> = {}): Metric<Name> =>
  lossMean(name, binaryCrossentropyLoss(options))

export const categoricalCrossentropy = <const Name extends string = 'categoricalCrossentropy'>({
  name,
  ...options
}: Named<Name> & WithoutReduction<SmoothCrossentropyOptions> = {}): Metric<Name> =>
  lossMean(name, categoricalCrossentropyLoss(options))

/** With `ignoreClass`, samples left out have a loss of 0; as in Keras they leave the mean only where there are sample weights. */
export const sparseCategoricalCrossentropy = <const Name extends string = 'sparseCategoricalCrossentropy'>({
  name,
  ...options
}: Named<Name> & WithoutReduction<SparseCrossentropyOptions> = {}): Metric<Name> =>
  lossMean(name, sparseCategoricalCrossentropyLoss(options))
