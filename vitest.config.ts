import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const src = fileURLToPath(new URL('./src', import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      { find: /^tenon$/, replacement: `${src}/index.ts` },
      { find: /^tenon\/(.+)$/, replacement: `${src}/$1/index.ts` },
    ],
  },
  test: {
    include: ['{src,test}/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 60_000,
  },
})
