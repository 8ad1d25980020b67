import { readFile, writeFile } from 'node:fs/promises'
import { type ConformanceCounts, operatorsDoc } from './operators-table.ts'

/** Writes docs/operators.md: `npm run docs:operators`. */
const counts: ConformanceCounts = JSON.parse(await readFile('docs/operators-conformance.json', 'utf8'))
await writeFile('docs/operators.md', operatorsDoc(counts))
