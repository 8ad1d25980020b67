import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { testEngine } from '../../support/run.ts'
import { findCases } from './find-cases.ts'
import { runCase } from './run-case.ts'

const root = fileURLToPath(new URL('cases', import.meta.url))
const cases = findCases(root)

describe('official ONNX cases', () => {
  test('are there', () => expect(cases.length).toBeGreaterThan(150))
  test.each(cases.map(folder => relative(root, folder)))('%s', async name => {
    const { verdict, reason } = await runCase(`${root}/${name}`, name, testEngine)
    expect({ verdict, reason }).toEqual({ verdict: 'passed', reason: undefined })
  })
})
