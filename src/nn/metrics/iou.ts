import { ArgumentError } from '../../core/errors.ts'
import type { Value } from '../../graph/value.ts'
import { constant, ints, scalar, scalarLike } from '../../ops/constants.ts'
import { scatterElements } from '../../ops/index/scatter-elements.ts'
import { and } from '../../ops/logic/and.ts'
import { equal } from '../../ops/logic/equal.ts'
import { greaterOrEqual } from '../../ops/logic/greater-or-equal.ts'
import { less } from '../../ops/logic/less.ts'
import { not } from '../../ops/logic/not.ts'
import { where } from '../../ops/logic/where.ts'
import { add } from '../../ops/math/add.ts'
import { cast } from '../../ops/math/cast.ts'
import { mul } from '../../ops/math/mul.ts'
import { reshape } from '../../ops/shape/reshape.ts'
import { axisNumber, boolean, integerIn, numberIn } from '../losses/checks.ts'
import { epsilon } from '../losses/elementwise.ts'
import { alignLeading } from '../losses/loss.ts'
import { sameRank } from '../losses/targets.ts'
import { expandTo, largest, type Metric, type Named, nameOr, numbersOf } from './metric.ts'

/**
 * Intersection over union: of a class, tp / (tp + fp + fn) from a confusion matrix; then the mean over classes that occur. Numbers that
 * are no class do not count. Weights count as they are, where Keras rounds them to integers unless it is told a dtype.
 */

export interface MeanIouOptions {
  readonly numClasses: number
  /** A class number of targets that are left out. */
  readonly ignoreClass?: number | null
  /** Targets are class numbers, not scores with an axis of classes. Default true. */
  readonly sparseYTrue?: boolean
  /** Outputs are class numbers, not scores with an axis of classes. Default true. */
  readonly sparseYPred?: boolean
  /** The axis of the classes in scores. Default −1. */
  readonly axis?: number
}
export interface IouOptions extends MeanIouOptions {
  /** The classes that the mean is over. */
  readonly targetClassIds: readonly number[]
}
type Dense = 'sparseYTrue' | 'sparseYPred'

interface Setup extends Required<IouOptions> {
  readonly predicted?: (output: Value) => Value
}

function overlap<Name extends string>(
  kind: string,
  name: Name | undefined,
  { numClasses, targetClassIds, ignoreClass, sparseYTrue, sparseYPred, axis, predicted = x => x }: Setup,
  config: Readonly<Record<string, unknown>>,
): Metric<Name> {
  integerIn(kind, 'numClasses', numClasses, 1)
  for (const id of targetClassIds) integerIn(kind, 'targetClassIds', id, 0, numClasses - 1)
  if (targetClassIds.length === 0)
    throw new ArgumentError({ where: kind, expected: `'targetClassIds' to name a class`, received: '[]' })
  if (ignoreClass !== null) integerIn(kind, 'ignoreClass', ignoreClass, Number.MIN_SAFE_INTEGER)
  boolean(kind, 'sparseYTrue', sparseYTrue)
  boolean(kind, 'sparseYPred', sparseYPred)
  axisNumber(kind, axis)
  const numbers = (x: Value, sparse: boolean) => (sparse ? cast(x, { to: 'int64' }) : largest(x, axis))
  const flat = (x: Value) => reshape(x, ints([-1]))
  return {
    name: nameOr(name, kind),
    kind,
    config,
    state: [[numClasses, numClasses]],
    update([total], target, output, sampleWeight) {
      if (!total) return []
      const [t, y] = sameRank(numbers(target, sparseYTrue), numbers(predicted(output), sparseYPred))
      const weight = sampleWeight
        ? expandTo(alignLeading(y, cast(sampleWeight, { to: 'float32' }))[1], y)
        : expandTo(scalar(1), y)
      const classes = scalar(numClasses, 'int64')
      let counts = and(isClass(t, classes), isClass(y, classes))
      if (ignoreClass !== null) counts = and(counts, not(equal(t, scalar(ignoreClass, 'int64'))))
      const zero = scalar(0, 'int64')
      const cell = where(counts, add(mul(t, classes), y), zero)
      const none = constant(new Array<number>(numClasses * numClasses).fill(0))
      const added = where(counts, weight, scalarLike(0, weight))
      const matrix = scatterElements(none, flat(cell), flat(added), { axis: 0, reduction: 'add' })
      return [add(total, reshape(matrix, ints([numClasses, numClasses])))]
    },
    result: ([total]) => meanOverlap(numbersOf(total), numClasses, targetClassIds),
  }
}

const isClass = (x: Value, classes: Value): Value => and(greaterOrEqual(x, scalar(0, 'int64')), less(x, classes))

function meanOverlap(matrix: Float64Array, classes: number, ids: readonly number[]): number {
  let sum = 0
  let present = 0
  for (const id of ids) {
    const found = matrix[id * classes + id] ?? 0
    let union = -found
    for (let i = 0; i < classes; i++) union += (matrix[i * classes + id] ?? 0) + (matrix[id * classes + i] ?? 0)
    if (union <= 1e-9) continue
    present++
    sum += found / (union + epsilon)
  }
  return sum / (present + epsilon)
}

const all = (count: number): readonly number[] => Array.from({ length: Math.max(0, count) || 0 }, (_, i) => i)

/** Mean overlap of some classes. */
export function iou<const Name extends string = 'iou'>({
  name,
  numClasses,
  targetClassIds,
  ignoreClass = null,
  sparseYTrue = true,
  sparseYPred = true,
  axis = -1,
}: Named<Name> & IouOptions): Metric<Name> {
  const options = { numClasses, targetClassIds, ignoreClass, sparseYTrue, sparseYPred, axis }
  return overlap('iou', name, options, options)
}

/** Mean overlap of all classes. */
export function meanIou<const Name extends string = 'meanIou'>({
  name,
  numClasses,
  ignoreClass = null,
  sparseYTrue = true,
  sparseYPred = true,
  axis = -1,
}: Named<Name> & MeanIouOptions): Metric<Name> {
  const options = { numClasses, ignoreClass, sparseYTrue, sparseYPred, axis }
  return overlap('meanIou', name, { ...options, targetClassIds: all(numClasses) }, options)
}

/** Mean overlap of some classes, for one-hot targets and (unless `sparseYPred`) scores. */
export function oneHotIou<const Name extends string = 'oneHotIou'>({
  name,
  numClasses,
  targetClassIds,
  ignoreClass = null,
  sparseYPred = false,
  axis = -1,
}: Named<Name> & Omit<IouOptions, Dense> & Pick<IouOptions, 'sparseYPred'>): Metric<Name> {
  const options = { numClasses, targetClassIds, ignoreClass, sparseYPred, axis }
  return overlap('oneHotIou', name, { ...options, sparseYTrue: false }, options)
}

/** Mean overlap of all classes, for one-hot targets and (unless `sparseYPred`) scores. */
export function oneHotMeanIou<const Name extends string = 'oneHotMeanIou'>({
  name,
  numClasses,
  ignoreClass = null,
  sparseYPred = false,
  axis = -1,
}: Named<Name> & Omit<MeanIouOptions, Dense> & Pick<MeanIouOptions, 'sparseYPred'>): Metric<Name> {
  const options = { numClasses, ignoreClass, sparseYPred, axis }
  return overlap('oneHotMeanIou', name, { ...options, targetClassIds: all(numClasses), sparseYTrue: false }, options)
}

export interface BinaryIouOptions {
  /** Which of background (0) and foreground (1) the mean is over. Default both. */
  readonly targetClassIds?: readonly number[]
  /** Outputs of at least this are foreground. Default 0.5. */
  readonly threshold?: number
}

/** Mean overlap of background and foreground, for targets of 0 and 1 and outputs that are probabilities. */
export function binaryIou<const Name extends string = 'binaryIou'>({
  name,
  targetClassIds = [0, 1],
  threshold = 0.5,
}: Named<Name> & BinaryIouOptions = {}): Metric<Name> {
  numberIn('binaryIou', 'threshold', threshold)
  const predicted = (output: Value) => greaterOrEqual(output, scalarLike(threshold, output))
  const sparse = { numClasses: 2, ignoreClass: null, sparseYTrue: true, sparseYPred: true, axis: -1 }
  return overlap('binaryIou', name, { ...sparse, targetClassIds, predicted }, { targetClassIds, threshold })
}
