/** `--quick`: fewer samples and epochs, and the lower target that goes with them. CI runs every example so. */
export const quick = process.argv.includes('--quick')

/** A measured number and its target, a floor or a ceiling; or a number that is only told. */
interface Measured {
  readonly value: number
  readonly atLeast?: number
  readonly atMost?: number
}

/** Prints what was measured as one line of JSON; a missed target makes the program exit with 1. */
export function report(example: string, results: Readonly<Record<string, Measured>>): void {
  // Stated so that NaN meets nothing.
  const meets = ({ value, atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY }: Measured) =>
    value >= atLeast && value <= atMost
  const met = Object.values(results).every(meets)
  const shown = Object.entries(results).map(([name, result]) => [name, { ...result, value: round(result.value) }])
  const seconds = round(performance.now() / 1000)
  console.log(JSON.stringify({ example, quick, met, seconds, ...Object.fromEntries(shown) }))
  if (!met) process.exitCode = 1
}

const round = (value: number): number => Number(value.toPrecision(4))
