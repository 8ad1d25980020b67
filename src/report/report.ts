import { DataError } from '../core/errors.ts'
import type { TensorData } from '../core/tensor-data.ts'

/** An image that the model got wrong. */
export interface Mistake {
  /** Its place in the test set. */
  readonly index: number
  readonly truth: number
  readonly predicted: number
  /** Probability that the model gave to what it predicted, 0…1. */
  readonly confidence: number
  /** Grey values, row by row, 0 black. */
  readonly pixels: Uint8Array
}

/** A matrix of counts: rows are true classes, columns predicted ones. */
export interface Confusion {
  readonly classNames: readonly string[]
  readonly counts: readonly (readonly number[])[]
}

/** What a training run has to show: plain data, so that a report can be drawn later or elsewhere. */
export interface Report {
  readonly title: string
  readonly summary: {
    readonly testAccuracy: number
    readonly testLoss: number
    readonly parameters: number
    readonly epochs: number
    readonly engine: string
    readonly machine: string
    readonly trainSeconds: number
    readonly samplesPerSecond: number
    /** Further lines of the header, e.g. `{ Seed: '7' }`. */
    readonly more?: Readonly<Record<string, string>>
  }
  /** Per epoch; names as in `fit`'s history. */
  readonly history: {
    readonly loss: readonly number[]
    readonly accuracy: readonly number[]
    readonly valLoss?: readonly number[]
    readonly valAccuracy?: readonly number[]
  }
  readonly confusion: Confusion
  /** Most confidently wrong first. The sheet shows the first ones. */
  readonly mistakes: { readonly height: number; readonly width: number; readonly images: readonly Mistake[] }
}

export interface ClassScores {
  /** Of those predicted as the class, the share that is; NaN when none was predicted. */
  readonly precision: number
  /** Of those that are of the class, the share that was found; NaN when there is none. */
  readonly recall: number
  /** Samples of the class. */
  readonly support: number
}

/** Precision and recall of each class. */
export function classScores({ counts }: Confusion): ClassScores[] {
  return counts.map((row, k) => {
    const hits = row[k] ?? 0
    const support = row.reduce((sum, n) => sum + n, 0)
    const predicted = counts.reduce((sum, other) => sum + (other[k] ?? 0), 0)
    return { precision: hits / predicted, recall: hits / support, support }
  })
}

/** Images with their true classes and what a model predicts for them. */
export interface Predictions {
  /** [n, height, width, 1] or [n, height, width], uint8. */
  readonly images: TensorData<'uint8'>
  /** [n]. */
  readonly labels: TensorData<'int32'>
  /** [n, classes]. */
  readonly probabilities: TensorData
  readonly classNames: readonly string[]
}

/** The confusion matrix and the misclassified images, the most confidently wrong first. */
export function comparePredictions({
  images,
  labels,
  probabilities,
  classNames,
}: Predictions): Pick<Report, 'confusion' | 'mistakes'> {
  const [count = 0, height = 0, width = 0] = images.shape
  const classes = classNames.length
  if (
    labels.data.length !== count ||
    probabilities.data.length !== count * classes ||
    images.data.length !== count * height * width
  ) {
    throw new DataError({
      where: 'report',
      expected: `${count} labels, and ${classes} probabilities for each of ${count} images`,
      received: `${labels.data.length} labels and ${probabilities.data.length} probabilities`,
    })
  }
  const counts = classNames.map(() => new Array<number>(classes).fill(0))
  const wrong: Mistake[] = []
  const probability = (i: number, k: number): number => Number(probabilities.data[i * classes + k])
  for (let index = 0; index < count; index++) {
    let predicted = 0
    for (let k = 1; k < classes; k++) if (probability(index, k) > probability(index, predicted)) predicted = k
    const truth = labels.data[index] ?? -1
    const row = counts[truth]
    if (!row)
      throw new DataError({
        where: 'report',
        expected: `labels from 0 to ${classes - 1}`,
        received: `${truth} at index ${index}`,
      })
    row[predicted] = (row[predicted] ?? 0) + 1
    if (predicted === truth) continue
    const pixels = images.data.slice(index * height * width, (index + 1) * height * width)
    wrong.push({ index, truth, predicted, confidence: probability(index, predicted), pixels })
  }
  wrong.sort((a, b) => b.confidence - a.confidence || a.index - b.index)
  return { confusion: { classNames, counts }, mistakes: { height, width, images: wrong } }
}
