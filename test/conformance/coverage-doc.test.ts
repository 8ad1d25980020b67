import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { coverageDoc } from '../../scripts/coverage-table.ts'
import { modelDoc } from '../../scripts/model-table.ts'

test.each([
  ['docs/coverage.md', coverageDoc],
  ['docs/coverage-model.md', modelDoc],
])('%s is current (else: npm run docs:coverage)', (path, write) => {
  expect(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')).toBe(write())
})
