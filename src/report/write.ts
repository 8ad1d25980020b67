import { join } from 'node:path'
import { writeFileAtomic } from '../io/files.ts'
import { confusionMatrix } from './confusion.ts'
import { trainingCurves } from './curves.ts'
import { drawingLibraries } from './libraries.ts'
import { mistakeSheet } from './mistakes.ts'
import { reportPage } from './page.ts'
import { lightPalette } from './palette.ts'
import type { Report } from './report.ts'
import { sheet } from './svg.ts'

/**
 * Writes `report.html` (self-contained, light and dark) and `training-curve.png`, `confusion-matrix.png`,
 * `misclassified.png` into a folder, which is made if need be. Each file is written whole or not at all.
 *
 * @returns the paths of the files.
 * @throws {UnsupportedError} when a drawing library is not installed; the message names what to install.
 * @throws {FileError} when the folder cannot be written.
 */
export async function writeReport(report: Report, dir: string): Promise<{ html: string; pngs: string[] }> {
  const libraries = await drawingLibraries()
  const html = join(dir, 'report.html')
  await writeFileAtomic(html, reportPage(libraries, report))
  const pngs: string[] = []
  for (const [name, svg] of [
    ['training-curve', curveSheet()],
    ['confusion-matrix', confusionSheet()],
    ['misclassified', mistakeSheet(libraries, report)],
  ] as const) {
    const path = join(dir, `${name}.png`)
    await writeFileAtomic(path, libraries.svgToPng(svg))
    pngs.push(path)
  }
  return { html, pngs }

  function note(): string {
    const { testAccuracy, epochs, engine } = report.summary
    return `Test accuracy ${(testAccuracy * 100).toFixed(2)}% after ${epochs} ${epochs === 1 ? 'epoch' : 'epochs'} · ${engine}`
  }

  function curveSheet(): string {
    const curves = trainingCurves(libraries, lightPalette, report.history)
    const y = 100
    return sheet(2 * curves.width + 24, y + curves.height + 12, report.title, note(), [
      { svg: curves.loss, x: 12, y, title: 'Loss' },
      { svg: curves.accuracy, x: 12 + curves.width, y, title: 'Accuracy' },
    ])
  }

  function confusionSheet(): string {
    const matrix = confusionMatrix(libraries, lightPalette, report.confusion)
    return sheet(matrix.width + 24, matrix.height + 80, 'Confusion matrix', note(), [{ svg: matrix.svg, x: 8, y: 70 }])
  }
}
