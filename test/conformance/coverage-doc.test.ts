import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { coverageDoc } from '../../scripts/coverage-table.ts'

test('docs/coverage.md is current (else: npm run docs:coverage)', () => {
  expect(readFileSync(new URL('../../docs/coverage.md', import.meta.url), 'utf8')).toBe(coverageDoc())
})
