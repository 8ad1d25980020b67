import type { DrawingLibraries } from './libraries.ts'
import type { Palette } from './palette.ts'
import { type Confusion, classScores } from './report.ts'
import { finishSvg, percent } from './svg.ts'

interface Cell {
  readonly truth: number
  readonly predicted: number
  readonly count: number
  /** How strongly the cell is filled, 0…1. */
  readonly strength: number
}

/**
 * The matrix of counts, with the recall of each row at its right and the precision of each column below it. Right answers
 * are filled by their share of the row. Wrong ones are rare, so they are filled relative to the most frequent confusion, by
 * the square root: else they would all look empty.
 */
export function confusionMatrix(
  { Plot, createDocument }: DrawingLibraries,
  palette: Palette,
  confusion: Confusion,
): { svg: string; width: number; height: number } {
  const { classNames, counts } = confusion
  const n = classNames.length
  const scores = classScores(confusion)
  const samples = scores.reduce((sum, { support }) => sum + support, 0)
  // A model that is hardly ever wrong should look so: the scale reaches at least 1 % of an average class.
  const least = Math.max(1, (0.01 * samples) / Math.max(1, n))
  const worst = counts.flatMap((row, i) => row.filter((_, k) => k !== i)).reduce((a, b) => Math.max(a, b), least)
  const cells = counts.flatMap((row, truth) =>
    row.map((count, predicted): Cell => {
      const strength = truth === predicted ? count / Math.max(1, scores[truth]?.support ?? 1) : Math.sqrt(count / worst)
      return { truth, predicted, count, strength }
    }),
  )
  const isRight = (cell: Cell): boolean => cell.truth === cell.predicted
  const shown = cells.filter(cell => cell.count > 0)
  const side = n <= 12 ? 46 : 32
  const width = 96 + (n + 1) * (side + 8)
  const height = 78 + (n + 1) * (side - 8)
  // The margin after the last class holds the scores.
  const domain = Array.from({ length: n + 1 }, (_, i) => i)
  const named = (extra: string) => (i: number) => classNames[i] ?? extra
  const place = { x: 'predicted', y: 'truth' }
  const chart = Plot.plot({
    document: createDocument(),
    width,
    height,
    marginLeft: 78,
    marginTop: 50,
    marginRight: 8,
    marginBottom: 10,
    style: {
      fontFamily: 'Inter, system-ui, sans-serif',
      fontSize: '12px',
      color: palette.ink,
      background: 'transparent',
    },
    x: { type: 'band', domain, padding: 0.05, label: null },
    y: { type: 'band', domain, padding: 0.05, label: null },
    marks: [
      Plot.axisX({
        anchor: 'top',
        tickSize: 0,
        tickFormat: named('recall'),
        color: palette.muted,
        label: 'predicted',
        labelAnchor: 'center',
        labelArrow: 'none',
      }),
      Plot.axisY({
        tickSize: 0,
        tickFormat: named('precision'),
        color: palette.muted,
        label: 'true',
        labelAnchor: 'center',
        labelArrow: 'none',
      }),
      Plot.cell(cells, { ...place, fill: palette.ink, fillOpacity: 0.045, rx: 3 }),
      // Opacities are final: Plot would otherwise scale them to their range.
      Plot.cell(shown.filter(isRight), {
        ...place,
        fill: palette.right,
        fillOpacity: { value: (cell: Cell) => 0.08 + 0.92 * cell.strength, scale: null },
        rx: 3,
      }),
      Plot.cell(
        shown.filter(cell => !isRight(cell)),
        {
          ...place,
          fill: palette.wrong,
          fillOpacity: { value: (cell: Cell) => 0.08 + 0.82 * cell.strength, scale: null },
          rx: 3,
        },
      ),
      Plot.text(shown.filter(isRight), { ...place, text: 'count', fill: palette.onFill, fontWeight: 600 }),
      Plot.text(
        shown.filter(cell => !isRight(cell) && cell.strength >= 0.8),
        { ...place, text: 'count', fill: palette.onFill, fontWeight: 600 },
      ),
      Plot.text(
        shown.filter(cell => !isRight(cell) && cell.strength < 0.8),
        { ...place, text: 'count', fill: palette.ink },
      ),
      Plot.text(scores, {
        x: () => n,
        y: (_, i: number) => i,
        text: score => percent(score.recall),
        fill: palette.ink,
      }),
      Plot.text(scores, {
        x: (_, i: number) => i,
        y: () => n,
        text: score => percent(score.precision),
        fill: palette.ink,
      }),
    ],
  })
  const right = cells.filter(isRight).reduce((sum, cell) => sum + cell.count, 0)
  const all = cells.reduce((sum, cell) => sum + cell.count, 0)
  return {
    svg: finishSvg(
      chart,
      `Confusion matrix of ${n} classes: ${right} of ${all} right. The table below has all counts.`,
    ),
    width,
    height,
  }
}
