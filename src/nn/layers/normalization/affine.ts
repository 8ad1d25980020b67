import { ArgumentError, ShapeError } from '../../../core/errors.ts'
import { formatShape, normalizeAxes } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { ints } from '../../../ops/constants.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import {
  type CommonOptions,
  type ConstraintOption,
  type InitializerOption,
  type RegularizerOption,
  weightRules,
} from '../options.ts'

/** What normalisations share: an axis or several, and a learned factor and offset. */

export interface AffineOptions extends CommonOptions {
  /** Add a learned offset, `beta`. Default true. */
  readonly center?: boolean
  /** Multiply by a learned factor, `gamma`. Default true. */
  readonly scale?: boolean
  /** Default zeros. */
  readonly betaInitializer?: InitializerOption
  /** Default ones. */
  readonly gammaInitializer?: InitializerOption
  readonly betaRegularizer?: RegularizerOption
  readonly gammaRegularizer?: RegularizerOption
  readonly betaConstraint?: ConstraintOption
  readonly gammaConstraint?: ConstraintOption
}

export const affineConfig = (options: AffineOptions) => ({
  center: options.center ?? true,
  scale: options.scale ?? true,
  betaInitializer: options.betaInitializer ?? 'zeros',
  gammaInitializer: options.gammaInitializer ?? 'ones',
  betaRegularizer: options.betaRegularizer ?? null,
  gammaRegularizer: options.gammaRegularizer ?? null,
  betaConstraint: options.betaConstraint ?? null,
  gammaConstraint: options.gammaConstraint ?? null,
})

export const affineRules = (where: string, config: ReturnType<typeof affineConfig>) => ({
  gamma: weightRules(where, config.gammaInitializer, config.gammaRegularizer, config.gammaConstraint),
  beta: weightRules(where, config.betaInitializer, config.betaRegularizer, config.betaConstraint),
})

/** One axis or a list of them, as an option. */
export type AxisOption = number | readonly number[]

export function axisOption(where: string, axis: AxisOption): AxisOption {
  const axes = typeof axis === 'number' ? [axis] : axis
  if (Array.isArray(axes) && axes.length > 0 && axes.every(one => Number.isSafeInteger(one))) return axis
  throw new ArgumentError({ where, expected: "'axis' to be an axis or a list of axes", received: JSON.stringify(axis) })
}

/** The axes of an option from the first to the last, from 0 on. */
export const axesOf = (where: string, axis: AxisOption, x: Value): number[] =>
  normalizeAxes(typeof axis === 'number' ? [axis] : axis, x.shape.length, where).sort((a, b) => a - b)

/** Sizes along some axes, which weights depend on. */
export const sizesAlong = (where: string, x: Value, axes: readonly number[]): number[] =>
  axes.map(axis => {
    const size = x.shape[axis]
    if (typeof size === 'number') return size
    throw new ShapeError({
      where,
      expected: `an input whose axis ${axis} has a known size`,
      received: `shape ${formatShape(x.shape)}`,
    })
  })

/** Whether axes are the last ones of all, in order. */
export const areTrailing = (axes: readonly number[], rank: number): boolean =>
  axes.every((axis, i) => axis === rank - axes.length + i)

/** A weight over some axes, with 1 for the others, so that it broadcasts. */
export const spread = (weight: Value, x: Value, axes: readonly number[]): Value =>
  areTrailing(axes, x.shape.length)
    ? weight
    : reshape(
        weight,
        ints(x.shape.map((_, axis) => Number(axes.includes(axis) ? weight.shape[axes.indexOf(axis)] : 1))),
      )
