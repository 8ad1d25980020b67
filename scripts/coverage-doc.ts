import { writeFile } from 'node:fs/promises'
import { coverageDoc } from './coverage-table.ts'

/** Writes docs/coverage.md: `npm run docs:coverage`. */
await writeFile('docs/coverage.md', coverageDoc())
