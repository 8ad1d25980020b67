import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const src = fileURLToPath(new URL('./src', import.meta.url))
const manifest: { imports: Record<string, { default: string }> } = JSON.parse(
  readFileSync(new URL('./package.json', import.meta.url), 'utf8'),
)

export default defineConfig({
  resolve: {
    alias: [
      { find: /^tenon$/, replacement: `${src}/index.ts` },
      { find: /^tenon\/layers$/, replacement: `${src}/nn/layers/index.ts` },
      { find: /^tenon\/onnx$/, replacement: `${src}/models/onnx.ts` },
      { find: /^tenon\/formats$/, replacement: `${src}/models/formats/index.ts` },
      { find: /^tenon\/(.+)$/, replacement: `${src}/$1/index.ts` },
      // Package imports name built files; tests run the sources.
      ...Object.entries(manifest.imports).map(([find, target]) => ({
        find,
        replacement: target.default.replace('./dist', src).replace(/\.js$/, '.ts'),
      })),
    ],
  },
  test: {
    include: ['{src,test}/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 60_000,
  },
})
