import { confusionMatrix } from './confusion.ts'
import { trainingCurves } from './curves.ts'
import type { DrawingLibraries } from './libraries.ts'
import { className, imageAddress, shownMistakes } from './mistakes.ts'
import { darkPalette, lightPalette, type Palette, pagePalette } from './palette.ts'
import { classScores, type Report } from './report.ts'
import { escapeXml, percent } from './svg.ts'

const variables = (palette: Palette): string =>
  Object.entries(palette)
    .map(([role, color]) => `--${role.replace('onFill', 'on-fill')}:${color}`)
    .join(';')

const style = `
:root{color-scheme:light dark;${variables(lightPalette)};--line:#d9dee4;--panel:#f6f8fa}
@media (prefers-color-scheme:dark){:root{${variables(darkPalette)};--line:#2c343d;--panel:#1b2027}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 Inter,system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1040px;margin:0 auto;padding:32px 24px 64px}
h1{font-size:26px;line-height:1.2;margin:0 0 20px}
h2{font-size:19px;margin:44px 0 6px}
h3{font-size:15px;margin:12px 0 0}
p{margin:4px 0 14px;color:var(--muted);max-width:70ch}
.key{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:0 0 14px}
.key div,.charts figure{background:var(--panel);border:1px solid var(--line);border-radius:8px}
.key div{padding:12px 16px}
.key dt{font-size:13px;color:var(--muted)}
.key dd{margin:0;font-size:24px;font-weight:600;font-variant-numeric:tabular-nums}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;margin:0;font-size:14px}
.facts dt{color:var(--muted)}
.facts dd{margin:0;overflow-wrap:anywhere}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(440px,100%),1fr));gap:16px}
figure{margin:0}
.charts figure{padding:10px 14px}
svg{max-width:100%;height:auto}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:13.5px;font-variant-numeric:tabular-nums;margin:8px 0}
th,td{padding:3px 11px;text-align:right;border-bottom:1px solid var(--line)}
thead th{color:var(--muted);font-weight:600}
details{margin-top:10px}
summary{cursor:pointer;color:var(--muted);font-size:14px}
summary:focus-visible{outline:2px solid var(--train);outline-offset:3px}
.sheet{display:grid;grid-template-columns:repeat(auto-fill,minmax(84px,1fr));gap:16px 12px;list-style:none;margin:0;padding:0}
.sheet figure{text-align:center}
.sheet img{width:84px;height:84px;image-rendering:pixelated;border-radius:6px;display:block;margin:0 auto 4px;border:1px solid var(--line)}
.sheet b:first-child{color:var(--right)}
.sheet b{color:var(--wrong)}
.sheet small{display:block;color:var(--muted);font-size:12.5px;line-height:1.3}
`

const whole = (n: number): string => Math.round(n).toLocaleString('en-US')

const list = (kind: string, entries: readonly (readonly [string, string])[]): string =>
  `<dl class="${kind}">${entries.map(([name, value]) => `<div><dt>${escapeXml(name)}</dt><dd>${escapeXml(value)}</dd></div>`).join('')}</dl>`

const facts = (entries: readonly (readonly [string, string])[]): string =>
  `<dl class="facts">${entries.map(([name, value]) => `<dt>${escapeXml(name)}</dt><dd>${escapeXml(value)}</dd>`).join('')}</dl>`

function table(caption: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const header = head.map(cell => `<th scope="col">${escapeXml(cell)}</th>`).join('')
  const body = rows.map(
    ([first = '', ...rest]) =>
      `<tr><th scope="row">${escapeXml(first)}</th>${rest.map(cell => `<td>${escapeXml(cell)}</td>`).join('')}</tr>`,
  )
  return `<details><summary>${escapeXml(caption)}</summary><div class="wide"><table><thead><tr>${header}</tr></thead><tbody>${body.join('')}</tbody></table></div></details>`
}

function historyTable({ history }: Report): string {
  const columns = [
    ['loss', history.loss, (v: number) => v.toFixed(4)],
    ['accuracy', history.accuracy, percent2],
    ['validation loss', history.valLoss, (v: number) => v.toFixed(4)],
    ['validation accuracy', history.valAccuracy, percent2],
  ] as const
  const present = columns.filter(([, values]) => values?.length)
  const rows = history.loss.map((_, i) => [
    `${i + 1}`,
    ...present.map(([, values, format]) => format(values?.[i] ?? Number.NaN)),
  ])
  return table('Numbers per epoch', ['epoch', ...present.map(([name]) => name)], rows)
}

const percent2 = (share: number): string => percent(share, 2)

function confusionTables({ confusion }: Report): string {
  const { classNames, counts } = confusion
  const scores = classScores(confusion)
  const all = table(
    'Counts (rows are true classes, columns predicted ones)',
    ['', ...classNames],
    counts.map((row, i) => [className(confusion, i), ...row.map(String)]),
  )
  const perClass = table(
    'Precision and recall per class',
    ['class', 'precision', 'recall', 'samples'],
    scores.map((score, i) => [
      className(confusion, i),
      percent2(score.precision),
      percent2(score.recall),
      whole(score.support),
    ]),
  )
  return perClass + all
}

function mistakeList(libraries: DrawingLibraries, report: Report): string {
  const { confusion, mistakes } = report
  const items = mistakes.images.slice(0, shownMistakes).map(mistake => {
    const [truth, predicted] = [className(confusion, mistake.truth), className(confusion, mistake.predicted)].map(
      escapeXml,
    )
    const confidence = percent(mistake.confidence)
    return `<li><figure><img src="${imageAddress(libraries, report, mistake)}" width="84" height="84" alt="Test image ${mistake.index}: a ${truth}, taken for a ${predicted}"><figcaption><b>${truth}</b> → <b>${predicted}</b><small>${confidence}</small></figcaption></figure></li>`
  })
  return `<ul class="sheet">${items.join('')}</ul>`
}

/** The report as one HTML file: charts inline, no script, nothing loaded from elsewhere. */
export function reportPage(libraries: DrawingLibraries, report: Report): string {
  const { summary, mistakes, confusion, title } = report
  const curves = trainingCurves(libraries, pagePalette, report.history)
  const tested = confusion.counts.flat().reduce((sum, n) => sum + n, 0)
  const shown = Math.min(shownMistakes, mistakes.images.length)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${escapeXml(title)}</title>
<style>${style}</style>
</head>
<body><main>
<h1>${escapeXml(title)}</h1>
${list('key', [
  ['Test accuracy', percent2(summary.testAccuracy)],
  ['Test loss', summary.testLoss.toFixed(4)],
  ['Parameters', whole(summary.parameters)],
  ['Training', `${summary.trainSeconds.toFixed(1)} s`],
  ['Samples per second', whole(summary.samplesPerSecond)],
])}
${facts([['Epochs', `${summary.epochs}`], ['Engine', summary.engine], ['Machine', summary.machine], ...Object.entries(summary.more ?? {})])}
<h2>Training</h2>
<p>Loss and accuracy after each epoch, over the training samples as they were learned from, and over the validation samples, which were not.</p>
<div class="charts">
<figure><figcaption><h3>Loss</h3></figcaption>${curves.loss}</figure>
<figure><figcaption><h3>Accuracy</h3></figcaption>${curves.accuracy}</figure>
</div>
${historyTable(report)}
<h2>Confusion matrix</h2>
<p>${whole(tested)} test images: rows are what they are, columns what the model took them for. At the right the share of each class that was found (recall), at the bottom the share of the answers that are right (precision). Wrong answers are shaded relative to the most frequent one.</p>
<figure class="wide">${confusionMatrix(libraries, pagePalette, confusion).svg}</figure>
${confusionTables(report)}
<h2>Misclassified images</h2>
<p>${mistakes.images.length === 0 ? 'None.' : `${whole(shown)} of ${whole(mistakes.images.length)}, the most confidently wrong first: true class → predicted class, and the confidence in the wrong answer.`}</p>
${mistakeList(libraries, report)}
</main></body>
</html>
`
}
