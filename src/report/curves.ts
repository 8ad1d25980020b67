import type { DrawingLibraries } from './libraries.ts'
import type { Palette } from './palette.ts'
import type { Report } from './report.ts'
import { finishSvg, percent } from './svg.ts'

interface Point {
  readonly epoch: number
  readonly value: number
}

const size = { width: 460, height: 300 }

/** One quantity per epoch, for training and validation, labelled at the end of each line. */
function curve(
  { Plot, createDocument }: DrawingLibraries,
  palette: Palette,
  label: string,
  series: readonly { readonly name: 'train' | 'validation'; readonly values: readonly number[] }[],
  format: (value: number) => string,
): string {
  const epochs = Math.max(1, ...series.map(({ values }) => values.length))
  const lines = series.map(({ name, values }) => ({
    name,
    points: values.map((value, i): Point => ({ epoch: i + 1, value })),
  }))
  const last = (name: string): number => lines.find(line => line.name === name)?.points.at(-1)?.value ?? 0
  // Labels of lines that end close together go to different sides.
  const above = last('train') >= last('validation') ? 'train' : 'validation'
  const step = Math.ceil(epochs / 10)
  const ticks = Array.from({ length: epochs }, (_, i) => i + 1).filter(epoch => epoch === 1 || epoch % step === 0)
  const chart = Plot.plot({
    document: createDocument(),
    ...size,
    marginLeft: 52,
    marginRight: 136,
    marginTop: 16,
    marginBottom: 42,
    style: {
      fontFamily: 'Inter, system-ui, sans-serif',
      fontSize: '12px',
      color: palette.ink,
      background: 'transparent',
    },
    x: { domain: epochs === 1 ? [0.5, 1.5] : [1, epochs], label: null },
    // Room below the lowest point, for the label of a line that ends there.
    y: { nice: true, label: null, insetBottom: 14 },
    marks: [
      Plot.gridY({ ticks: 5, stroke: palette.ink, strokeOpacity: 0.14 }),
      Plot.axisY({
        ticks: 5,
        tickSize: 0,
        tickFormat: (value: number) => format(value).replace(/\.?0+(%?)$/, '$1') || '0',
        color: palette.muted,
      }),
      Plot.axisX({
        ticks,
        tickFormat: (epoch: number) => `${epoch}`,
        color: palette.muted,
        label: 'epoch',
        labelAnchor: 'center',
        labelArrow: 'none',
      }),
      ...lines.flatMap(({ name, points }) => {
        const color = palette[name]
        const dy = name === above ? -8 : 8
        return [
          Plot.lineY(points, {
            x: 'epoch',
            y: 'value',
            stroke: color,
            strokeWidth: 2.2,
            ...(name === 'validation' ? { strokeDasharray: '6 3' } : {}),
          }),
          Plot.dot(points, { x: 'epoch', y: 'value', fill: color, r: epochs > 30 ? 1.5 : 3.2 }),
          Plot.text(points.slice(-1), {
            x: 'epoch',
            y: 'value',
            text: (point: Point) => `${name} ${format(point.value)}`,
            fill: color,
            textAnchor: 'start',
            fontWeight: 600,
            dx: 9,
            dy: lines.length > 1 ? dy : 0,
          }),
        ]
      }),
    ],
  })
  return finishSvg(
    chart,
    `${label} per epoch: ${lines.map(({ name, points }) => `${name} ${points.map(point => format(point.value)).join(', ')}`).join('; ')}`,
  )
}

/** Loss and accuracy, each as an SVG of 460 × 300. */
export function trainingCurves(
  libraries: DrawingLibraries,
  palette: Palette,
  history: Report['history'],
): { loss: string; accuracy: string; width: number; height: number } {
  const both = (train: readonly number[], validation: readonly number[] | undefined) => [
    { name: 'train' as const, values: train },
    ...(validation?.length ? [{ name: 'validation' as const, values: validation }] : []),
  ]
  return {
    loss: curve(libraries, palette, 'Loss', both(history.loss, history.valLoss), value => value.toFixed(3)),
    accuracy: curve(libraries, palette, 'Accuracy', both(history.accuracy, history.valAccuracy), value =>
      percent(value, 2),
    ),
    ...size,
  }
}
