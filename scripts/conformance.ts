import { writeFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { parseArgs } from 'node:util'
import { cpu } from '../src/runtime/ort-node/index.ts'
import { findCases } from '../test/conformance/onnx/find-cases.ts'
import { type CaseResult, runCase } from '../test/conformance/onnx/run-case.ts'

/**
 * Runs the official ONNX test cases found under a folder (Debian: libonnx-testdata, /usr/share/libonnx-testdata/data).
 *
 *   npm run conformance -- FOLDER [--json docs/operators-conformance.json] [--filter TEXT]
 */

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' }, filter: { type: 'string', default: '' } },
})
const [root] = positionals
if (!root) {
  console.error('Usage: npm run conformance -- FOLDER [--json FILE] [--filter TEXT]')
  process.exit(2)
}

const folders = findCases(root).filter(folder => folder.includes(values.filter))
const engine = cpu({ threads: 1 })
const results: CaseResult[] = []
for (const folder of folders) results.push(await runCase(folder, relative(root, folder), engine))

const isForeign = (result: CaseResult) => result.foreign.length > 0
const native = results.filter(result => !isForeign(result))
const foreign = results.filter(isForeign)

printTable()
printReasons('failed', 'Failed')
printReasons(
  'engine',
  `The engine (${engine.description}) does not give the recorded values for the original file either`,
)
printReasons('outside', 'Outside')
const symbolic = native.filter(result => result.verdict === 'passed' && !result.staticShapes)
console.log(
  `\n${symbolic.length} passed cases have inferred shapes that stay symbolic (they depend on data): ${symbolic.map(result => result.name).join(', ')}`,
)
if (values.json) await writeFile(values.json, `${JSON.stringify(summary(), null, 2)}\n`)
process.exitCode = results.some(result => result.verdict === 'failed') ? 1 : 0

function count(list: readonly CaseResult[], verdict: CaseResult['verdict']): number {
  return list.filter(result => result.verdict === verdict).length
}

function printTable(): void {
  const row = (title: string, list: readonly CaseResult[]) => ({
    cases: title,
    passed: count(list, 'passed'),
    failed: count(list, 'failed'),
    engine: count(list, 'engine'),
    outside: count(list, 'outside'),
    all: list.length,
  })
  console.table([
    row('operators in the table', native),
    row('some operator outside the table', foreign),
    row('all', results),
  ])
  const missing = new Map<string, number>()
  for (const { foreign: types } of foreign) for (const type of types) missing.set(type, (missing.get(type) ?? 0) + 1)
  const sorted = [...missing].sort((a, b) => b[1] - a[1])
  console.log(`Operators outside the table: ${sorted.map(([type, n]) => `${type} (${n})`).join(', ')}`)
}

function printReasons(verdict: CaseResult['verdict'], title: string): void {
  const list = results.filter(result => result.verdict === verdict)
  if (list.length === 0) return
  console.log(`\n${title}:`)
  for (const { name, reason } of list) console.log(`  ${name}: ${(reason ?? '').replaceAll('\n', ' ').slice(0, 300)}`)
}

/** Per operator: cases that passed, of those that the engine can run. */
function summary(): Record<string, { passed: number; of: number }> {
  const operators: Record<string, { passed: number; of: number }> = {}
  for (const { operators: types, verdict } of results) {
    if (verdict === 'engine' || verdict === 'outside') continue
    for (const type of types) {
      operators[type] ??= { passed: 0, of: 0 }
      operators[type].of++
      if (verdict === 'passed') operators[type].passed++
    }
  }
  return Object.fromEntries(Object.entries(operators).sort(([a], [b]) => (a < b ? -1 : 1)))
}
