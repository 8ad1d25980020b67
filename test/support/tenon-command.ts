import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll } from 'vitest'
import { root } from './source-files.ts'

interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * The `tenon` command as a process of its own. The sources are bundled once for a test file: to compile them for each call would
 * take ten times as long as what the calls do.
 */
export function tenonCommand(): (...args: readonly string[]) => Promise<Outcome> {
  // Two folders deep, as in the package: the command reads its version from `../../package.json`.
  const folder = join(root, `.cache/cli-${process.pid}`)
  const file = join(folder, 'main.mjs')
  beforeAll(async () => {
    mkdirSync(folder, { recursive: true })
    const manifest: { imports: Record<string, { default: string }> } = JSON.parse(
      readFileSync(join(root, 'package.json'), 'utf8'),
    )
    await build({
      entryPoints: [join(root, 'src/cli/main.ts')],
      outfile: file,
      alias: Object.fromEntries(
        Object.entries(manifest.imports).map(([name, target]) => [
          name,
          join(root, target.default.replace('./dist', 'src').replace(/\.js$/, '.ts')),
        ]),
      ),
      // The sources' own mapping is for the compiler.
      tsconfigRaw: { compilerOptions: { target: 'es2023' } },
      packages: 'external',
      platform: 'node',
      format: 'esm',
      bundle: true,
      logLevel: 'silent',
    })
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  return async (...args) => {
    try {
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [file, ...args])
      return { code: 0, stdout, stderr }
    } catch (error) {
      // What `execFile` rejects with when a process ends with a code other than 0.
      const { code, stdout, stderr } = error as Outcome
      return { code, stdout, stderr }
    }
  }
}
