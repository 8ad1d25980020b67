import { readFile, writeFile } from 'node:fs/promises'
import { countsIn, coverageDoc } from './coverage-table.ts'
import { modelDoc } from './model-table.ts'

/** Writes docs/coverage.md, docs/coverage-model.md and the counts in README.md: `npm run docs:coverage`. */
await writeFile('docs/coverage.md', coverageDoc())
await writeFile('docs/coverage-model.md', modelDoc())
await writeFile('README.md', countsIn(await readFile('README.md', 'utf8')))
