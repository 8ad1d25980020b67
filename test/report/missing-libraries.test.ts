import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

/** A process in which one package is not installed: Node's resolver is told so. */
async function withoutPackage(name: string): Promise<Record<string, string>> {
  const hooks = `export async function resolve(specifier, context, next) {
    if (specifier === '${name}') throw Object.assign(new Error("Cannot find package '${name}'"), { code: 'ERR_MODULE_NOT_FOUND' })
    return next(specifier, context)
  }`
  const program = `
    import { register } from 'node:module'
    register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hooks)}))
    const { drawingLibraries } = await import(${JSON.stringify(new URL('../../src/report/libraries.ts', import.meta.url).href)})
    const error = await drawingLibraries().catch(e => e)
    console.log(JSON.stringify({ name: error.name, code: error.code, received: error.received, remedy: error.remedy }))`
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', program],
    {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
    },
  )
  return JSON.parse(stdout)
}

test.each(['@observablehq/plot', 'linkedom'])('without %s the error is typed and says what to install', async name => {
  const error = await withoutPackage(name)
  expect(error).toMatchObject({ name: 'UnsupportedError', code: 'unsupported' })
  expect(error['received']).toContain(name)
  expect(error['remedy']).toContain('npm install @observablehq/plot linkedom')
})
