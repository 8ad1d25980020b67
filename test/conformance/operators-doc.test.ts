import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type ConformanceCounts, operatorsDoc } from '../../scripts/operators-table.ts'

const read = (path: string) => readFileSync(new URL(`../../docs/${path}`, import.meta.url), 'utf8')

test('docs/operators.md is current (else: npm run docs:operators)', () => {
  const counts: ConformanceCounts = JSON.parse(read('operators-conformance.json'))
  expect(read('operators.md')).toBe(operatorsDoc(counts))
})
