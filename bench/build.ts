import { execFile } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/**
 * Compiles the sources and our programs of the bench to plain JavaScript, with the compiler options of the published package, so
 * that what is measured, start-up above all, is what a user of the package has. Returns the folder of the programs.
 */
export async function buildPrograms(): Promise<string> {
  await rm(here('dist'), { recursive: true, force: true })
  await mkdir(here('dist'))
  const manifest: { imports: object } = JSON.parse(await readFile(here('../package.json'), 'utf8'))
  // Package imports (`#…`) are looked up in the nearest package.json; here they name this build's files.
  const imports: unknown = JSON.parse(JSON.stringify(manifest.imports).replaceAll('"./dist/', '"./src/'))
  await writeFile(here('dist/package.json'), JSON.stringify({ type: 'module', imports }))
  const compiler = createRequire(import.meta.url)
    .resolve('typescript/package.json')
    .replace('package.json', 'bin/tsc')
  await promisify(execFile)(process.execPath, [compiler, '-p', here('tsconfig.json')])
  return here('dist/bench/')
}
