import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatWithOptions } from 'node:util'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { countsIn } from '../scripts/coverage-table.ts'
import { type DocBlock, docBlocks, expectedOutput } from './support/doc-blocks.ts'
import { root } from './support/source-files.ts'

/** The code in the documents: all of it type-checks, and blocks marked `run` print what their comments say. */

const guides = readdirSync(join(root, 'docs/guide')).map(name => `docs/guide/${name}`)
const blocks = ['README.md', 'CONTRIBUTING.md', ...guides].flatMap(docBlocks)
const programs = blocks.filter(block => block.mode !== 'copy')

// Inside the project, so that its packages and paths resolve.
const folder = join(root, `.cache/docs-${process.pid}`)
const fileOf = (block: DocBlock): string => `${block.document.replace(/\W+/g, '-')}-${block.line}.ts`
const where = (block: DocBlock): string => `${block.document}:${block.line}`

beforeAll(() => {
  mkdirSync(folder, { recursive: true })
  // `export {}` makes each block a module of its own.
  for (const block of programs) writeFileSync(join(folder, fileOf(block)), `${block.code}export {}\n`)
  const options = { extends: '../../tsconfig.json', include: ['*.ts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(options))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the counts in README.md are current (else: npm run docs:coverage)', () => {
  const text = readFileSync(join(root, 'README.md'), 'utf8')
  expect(text).toBe(countsIn(text))
})

test('there are programs to check', () => {
  expect(programs.filter(block => block.mode === 'run').length).toBeGreaterThan(2)
})

test('every program type-checks', () => {
  const { stdout, status } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder],
    {
      encoding: 'utf8',
    },
  )
  // Errors elsewhere in the sources are for the type check itself to report.
  const own = stdout.split('\n').filter(line => /^[^ ].*-\d+\.ts\(/.test(line) && line.includes('docs-'))
  expect(own).toEqual([])
  expect(status === 0 || stdout.includes('error TS')).toBe(true)
})

test.each(blocks.filter(block => block.mode === 'copy').map(block => ({ block, name: where(block) })))(
  '$name shows the file as it is',
  ({ block }) => expect(block.code).toBe(readFileSync(join(root, block.file ?? ''), 'utf8')),
)

test.each(programs.filter(block => block.mode === 'run').map(block => ({ block, name: where(block) })))(
  '$name prints what it says',
  async ({ block }) => {
    const printed: string[] = []
    const log = vi.spyOn(console, 'log').mockImplementation((...values) => {
      printed.push(formatWithOptions({ breakLength: Number.POSITIVE_INFINITY }, ...values))
    })
    try {
      await import(join(folder, fileOf(block)))
    } finally {
      log.mockRestore()
    }
    expect(printed.length).toBeGreaterThan(0)
    expect(printed).toEqual(expectedOutput(block.code))
  },
)
