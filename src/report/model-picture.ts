import type { SymbolicForm } from '../models/forms.ts'
import type { Model } from '../models/model.ts'
import { type Box, boxesOf } from '../models/summary.ts'
import { lightPalette as light } from './palette.ts'
import { escapeXml } from './svg.ts'

const size = { width: 210, height: 58, gapX: 28, gapY: 34, margin: 24 }

interface Placed extends Box {
  readonly x: number
  readonly y: number
}

/**
 * A picture of a model as SVG: a box per layer with its name, class and output shape, inputs on top, arrows from what a layer takes.
 * Layers stand in rows by their longest way from an input; a row is ordered by where its layers take their inputs from.
 */
export function modelPicture<O extends SymbolicForm>(model: Model<O>): string {
  const boxes = boxesOf(model.network)
  const placed = place(boxes)
  const width = Math.max(...placed.map(({ x }) => x)) + size.width + size.margin
  const height = Math.max(...placed.map(({ y }) => y)) + size.height + size.margin
  const arrows = placed.flatMap(box =>
    box.from.flatMap(source => {
      const start = placed[source]
      return start ? [arrow(start, box)] : []
    }),
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${escapeXml(`The layers of ${model.name}`)}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="Inter, sans-serif">
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="${light.muted}"/></marker></defs>
<rect width="100%" height="100%" fill="${light.paper}"/>
${arrows.join('\n')}
${placed.map(drawn).join('\n')}
</svg>`
}

function place(boxes: readonly Box[]): readonly Placed[] {
  const rows: number[] = []
  boxes.forEach(({ from }, i) => {
    rows[i] = from.reduce((row, source) => Math.max(row, (rows[source] ?? 0) + 1), 0)
  })
  const columns = new Map<number, number>()
  const widest = Math.max(...countsOf(rows))
  const result: Placed[] = []
  for (let row = 0; row <= Math.max(...rows); row++) {
    const members = boxes.map((_, i) => i).filter(i => rows[i] === row)
    const wish = (i: number) => {
      const from = boxes[i]?.from ?? []
      return from.length === 0 ? i : from.reduce((sum, source) => sum + (columns.get(source) ?? 0), 0) / from.length
    }
    const ordered = members.map(i => ({ i, wish: wish(i) })).sort((a, b) => a.wish - b.wish || a.i - b.i)
    const start = (widest - ordered.length) / 2
    ordered.forEach(({ i }, k) => {
      columns.set(i, start + k)
      const box = boxes[i]
      if (box)
        result[i] = {
          ...box,
          x: size.margin + (start + k) * (size.width + size.gapX),
          y: size.margin + row * (size.height + size.gapY),
        }
    })
  }
  return result
}

const countsOf = (rows: readonly number[]): readonly number[] => {
  const counts = new Map<number, number>()
  for (const row of rows) counts.set(row, (counts.get(row) ?? 0) + 1)
  return [...counts.values()]
}

function drawn({ x, y, title, type, shape }: Placed): string {
  const short = (text: string, most: number) => escapeXml(text.length > most ? `${text.slice(0, most - 1)}…` : text)
  return `<g transform="translate(${x} ${y})"><title>${escapeXml(`${title} (${type}) ${shape}`)}</title>
<rect width="${size.width}" height="${size.height}" fill="${light.paper}"/>
<rect width="${size.width}" height="${size.height}" rx="8" fill="${light.train}" fill-opacity=".08" stroke="${light.train}"/>
<text x="12" y="24" font-size="13" font-weight="600" fill="${light.ink}">${short(title, 27)}</text>
<text x="12" y="44" font-size="11.5" fill="${light.muted}">${short(`${type} · ${shape}`, 34)}</text></g>`
}

/** Straight down to the next row; bent round what lies between otherwise. */
function arrow(from: Placed, to: Placed): string {
  const [x1, y1] = [from.x + size.width / 2, from.y + size.height]
  const [x2, y2] = [to.x + size.width / 2, to.y]
  const far = y2 - y1 > size.gapY + 1
  // A cubic curve reaches three quarters of the way to its control points.
  const side = far && x1 === x2 ? (size.width / 2 + size.gapX / 2) * (4 / 3) : 0
  const path =
    side > 0
      ? `M${x1} ${y1} C${x1 + side} ${y1 + 16} ${x2 + side} ${y2 - 16} ${x2} ${y2}`
      : `M${x1} ${y1} C${x1} ${y1 + 22} ${x2} ${y2 - 22} ${x2} ${y2}`
  return `<path d="${path}" fill="none" stroke="${light.muted}" stroke-width="1.4" marker-end="url(#tip)"/>`
}
