import type { DrawingLibraries } from './libraries.ts'
import { lightPalette as light } from './palette.ts'
import type { Confusion, Mistake, Report } from './report.ts'
import { escapeXml, percent } from './svg.ts'

/** How many mistakes a report shows. */
export const shownMistakes = 60

export const className = ({ classNames }: Confusion, k: number): string => classNames[k] ?? `class ${k}`

/** The image as a `data:` address. */
export function imageAddress(
  { grayPng }: DrawingLibraries,
  { mistakes: { width, height } }: Report,
  mistake: Mistake,
): string {
  return `data:image/png;base64,${Buffer.from(grayPng(width, height, mistake.pixels)).toString('base64')}`
}

const columns = 10
const cell = { width: 84, height: 112, image: 72 }
const top = 78

/** The sheet of misclassified images for a PNG, true class → predicted class and confidence under each. */
export function mistakeSheet(libraries: DrawingLibraries, report: Report): string {
  const { confusion, mistakes } = report
  const images = mistakes.images.slice(0, shownMistakes)
  const width = 48 + columns * cell.width - (cell.width - cell.image)
  const rows = Math.max(1, Math.ceil(images.length / columns))
  const height = top + rows * cell.height + 8
  const cells = images.map((mistake, i) => {
    const x = 24 + (i % columns) * cell.width
    const y = top + Math.floor(i / columns) * cell.height
    const middle = x + cell.image / 2
    // The arrow is drawn: not every subset of the font has one.
    return `<image x="${x}" y="${y}" width="${cell.image}" height="${cell.image}" preserveAspectRatio="none" image-rendering="optimizeSpeed" href="${imageAddress(libraries, report, mistake)}"/>
<text x="${middle - 13}" y="${y + cell.image + 16}" font-size="13" font-weight="600" text-anchor="end" fill="${light.right}">${escapeXml(className(confusion, mistake.truth))}</text>
<path d="M${middle - 8},${y + cell.image + 11.5}h14m-4,-3.5l4,3.5l-4,3.5" fill="none" stroke="${light.muted}" stroke-width="1.3"/>
<text x="${middle + 11}" y="${y + cell.image + 16}" font-size="13" font-weight="600" fill="${light.wrong}">${escapeXml(className(confusion, mistake.predicted))}</text>
<text x="${middle}" y="${y + cell.image + 30}" font-size="11" text-anchor="middle" fill="${light.muted}">${percent(mistake.confidence)}</text>`
  })
  const all = mistakes.images.length
  const note =
    images.length === 0
      ? 'None.'
      : `${images.length} of ${all}, the most confidently wrong first: true class, predicted class, confidence in the wrong answer.`
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="Inter, sans-serif">
<rect width="100%" height="100%" fill="${light.paper}"/>
<text x="24" y="36" font-size="18" font-weight="600" fill="${light.ink}">Misclassified images</text>
<text x="24" y="58" font-size="12.5" fill="${light.muted}">${escapeXml(note)}</text>
${cells.join('\n')}
</svg>`
}
