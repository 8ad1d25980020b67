import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/** In a process of their own, so that nothing else counts; see the script for the works. */
test('dropped sessions, many runs, eager loops and training leave no memory behind', () => {
  const script = fileURLToPath(new URL('./memory-work.ts', import.meta.url))
  const output = execFileSync(process.execPath, ['--expose-gc', '--import', 'tsx', script], { encoding: 'utf8' })
  const megabytes = JSON.parse(output) as { sessions: number; runs: number; tensors: number; training: number }
  // 300 sessions, made and dropped without release: 120 MB when they are kept (measured).
  expect(megabytes.sessions).toBeLessThan(40)
  // 10,000 runs of a small step.
  expect(megabytes.runs).toBeLessThan(20)
  // 600 steps of 128 kB each, compiled and eager, with nothing disposed of: 77 MB if they stayed.
  expect(megabytes.tensors).toBeLessThan(40)
  // 3,000 training steps, half of them in fit, with evaluations and predictions: 240 MB if each left a copy of its weights behind.
  expect(megabytes.training).toBeLessThan(40)
})
