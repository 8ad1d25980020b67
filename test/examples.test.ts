import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './support/source-files.ts'

/** Every example reaches the target of its quick mode, as a program of its own: what it prints and how it exits are part of it. */

// The program of the README, which trains on all of MNIST, is `npm run demo`.
const apart = ['mnist.ts']
const programs = readdirSync(join(root, 'examples')).filter(name => name.endsWith('.ts') && !apart.includes(name))

test('there are examples', () => expect(programs.length).toBeGreaterThanOrEqual(9))

test.each(programs)(
  '%s reaches its target',
  name => {
    const args = ['--import', 'tsx', join('examples', name), '--quick']
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
    const last = stdout.trimEnd().split('\n').at(-1) ?? ''
    // What a program that failed said is the best message.
    expect(last, stderr).toMatch(/^\{.*\}$/)
    const printed: unknown = JSON.parse(last)
    console.info(last)
    expect(printed).toMatchObject({ example: name.replace('.ts', ''), quick: true, met: true })
    expect(status).toBe(0)
  },
  300_000,
)
