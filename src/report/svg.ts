import { lightPalette as light } from './palette.ts'

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text for HTML and XML, inside an element or a quoted attribute. */
export const escapeXml = (text: string): string => text.replace(/[&<>"']/g, char => entities[char] ?? char)

/** A share of one as `98.7%`, or `–` for a share of nothing. */
export const percent = (share: number, digits = 1): string =>
  Number.isFinite(share) ? `${(share * 100).toFixed(digits)}%` : '–'

/** A chart's SVG on its own: with its namespace, and a description for those who do not see it. */
export function finishSvg(chart: Element, description: string): string {
  chart.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  chart.setAttribute('role', 'img')
  chart.setAttribute('aria-label', description)
  return chart.outerHTML
}

export interface Placed {
  readonly svg: string
  readonly x: number
  readonly y: number
  readonly title?: string
}

/** Charts on one sheet of paper, each under its title: what a PNG shows. */
export function sheet(width: number, height: number, heading: string, note: string, charts: readonly Placed[]): string {
  const placed = charts.map(({ svg, x, y, title }) => {
    const text = title
      ? `<text x="${x + 12}" y="${y - 8}" font-size="14" font-weight="600" fill="${light.ink}">${escapeXml(title)}</text>`
      : ''
    return `${text}${svg.replace('<svg ', `<svg x="${x}" y="${y}" `)}`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="Inter, sans-serif">
<rect width="100%" height="100%" fill="${light.paper}"/>
<text x="24" y="36" font-size="18" font-weight="600" fill="${light.ink}">${escapeXml(heading)}</text>
<text x="24" y="58" font-size="12.5" fill="${light.muted}">${escapeXml(note)}</text>
${placed.join('\n')}
</svg>`
}
