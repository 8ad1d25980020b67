/** The example's files as a server gives them: the page, its two scripts, bundled, and some of MNIST's digits. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { datasets } from 'tenon'
import { browserBundle } from '../../scripts/browser-bundle.ts'
import { take } from '../support/take.ts'

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

export async function exampleSite(samples: number): Promise<ReadonlyMap<string, string | Uint8Array>> {
  const { outputFiles } = await build({
    ...browserBundle,
    entryPoints: [here('main.ts'), here('worker.ts')],
    outdir: '/',
    minify: true,
    write: false,
  })
  const mnist = await datasets.mnist()
  const parts = { train: take(mnist.train, 0, samples), test: take(mnist.test, 0, Math.ceil(samples / 5)) }
  return new Map<string, string | Uint8Array>([
    ['/', readFileSync(here('index.html'), 'utf8')],
    ...outputFiles.map(({ path, contents }) => [path.replace(/^.*[\\/]/, '/'), contents] as const),
    ...Object.entries(parts).flatMap(([part, { x, y }]) => [
      [`/${part}-pixels`, x.data] as const,
      [`/${part}-labels`, Uint8Array.from(y.data)] as const,
    ]),
  ])
}
