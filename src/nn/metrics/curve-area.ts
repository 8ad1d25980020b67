import { ratio } from './metric.ts'

export type Curve = 'ROC' | 'PR' | 'PRGAIN'
export type Summation = 'interpolation' | 'majoring' | 'minoring'

interface Counts {
  readonly tp: number
  readonly fp: number
  readonly tn: number
  readonly fn: number
}
/** Counts at each threshold, from the lowest. */
export type Points = readonly Counts[]

/** The area under a curve through the points, as Keras's `AUC`. */
export function curveArea(points: Points, curve: Curve, summation: Summation): number {
  if (curve === 'PR' && summation === 'interpolation') return interpolatedPrecisionRecall(points)
  const curved = points.map(point => coordinates(point, curve))
  return sumOfPairs(curved, (a, b) => {
    const height =
      summation === 'interpolation'
        ? (a.y + b.y) / 2
        : summation === 'minoring'
          ? Math.min(a.y, b.y)
          : Math.max(a.y, b.y)
    return (a.x - b.x) * height
  })
}

/** Mean of the labels' areas. */
export function weightedMean(areas: readonly number[], weights: readonly number[] | null): number {
  const each = weights ?? areas.map(() => 1)
  return ratio(
    areas.reduce((sum, area, i) => sum + area * (each[i] ?? 0), 0),
    each.reduce((sum, weight) => sum + weight, 0),
  )
}

function coordinates({ tp, fp, tn, fn }: Counts, curve: Curve): { x: number; y: number } {
  const recall = ratio(tp, tp + fn)
  if (curve === 'ROC') return { x: ratio(fp, fp + tn), y: recall }
  if (curve === 'PR') return { x: recall, y: ratio(tp, tp + fp) }
  // Gains diverge without true positives, and the recall's is negative below the share of positives: both are cut off, as in Keras.
  if (tp === 0) return { x: 0, y: 1 }
  const scale = ratio(tp + fn, tn + fp)
  return { x: Math.max(0, 1 - (scale * fn) / tp), y: 1 - (scale * fp) / tp }
}

/** Between two thresholds the true positives are linear in all positives, so the precision is a + b/positives (Davis and Goadrich 2006). */
function interpolatedPrecisionRecall(points: Points): number {
  return sumOfPairs(points, (a, b) => {
    const positives = [a.tp + a.fp, b.tp + b.fp] as const
    const found = a.tp - b.tp
    const slope = ratio(found, Math.max(0, positives[0] - positives[1]))
    const intercept = b.tp - slope * positives[1]
    const growth = positives[0] > 0 && positives[1] > 0 ? positives[0] / positives[1] : 1
    return ratio(slope * (found + intercept * Math.log(growth)), Math.max(0, b.tp + b.fn))
  })
}

function sumOfPairs<T>(items: readonly T[], term: (a: T, b: T) => number): number {
  let sum = 0
  items.forEach((item, i) => {
    const next = items[i + 1]
    if (next !== undefined) sum += term(item, next)
  })
  return sum
}
