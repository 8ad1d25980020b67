#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { TenonError } from '../core/errors.ts'
import { convert } from './convert.ts'
import { inspect } from './inspect.ts'
import { safe } from './safe.ts'

/** The `tenon` command. A command is a file of its own and a line here. */
const commands: readonly Command[] = [inspect, convert]

const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
const version = typeof manifest === 'object' && manifest && 'version' in manifest ? String(manifest.version) : ''

const program = new Command('tenon').description('Deep learning for TypeScript').version(version)
for (const command of commands) program.addCommand(command)

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

try {
  await program.parseAsync()
} catch (error) {
  // Expected failures are told in a sentence; anything else is a bug and keeps its stack.
  if (!(error instanceof TenonError)) throw error
  console.error(`tenon: ${safe(error.message)}`)
  process.exitCode = 1
}
