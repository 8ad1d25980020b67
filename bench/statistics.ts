/** What is told of a list of times. */
export interface Summary {
  readonly count: number
  readonly median: number
  /** Quartiles: half of all times lie between them. */
  readonly q1: number
  readonly q3: number
  readonly min: number
  readonly max: number
}

/** Quantiles interpolate linearly between neighbours. All are NaN for an empty list. */
export function summarize(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number => {
    const place = share * (sorted.length - 1)
    const low = sorted[Math.floor(place)] ?? Number.NaN
    return low + (place % 1) * ((sorted[Math.ceil(place)] ?? low) - low)
  }
  return { count: sorted.length, median: at(0.5), q1: at(0.25), q3: at(0.75), min: at(0), max: at(1) }
}
