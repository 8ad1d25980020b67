import { UnsupportedError } from '../core/errors.ts'

/**
 * What a browser gets in place of a module that needs Node (`imports` in package.json says which): all of them are loaded
 * where they are first used, so the error reaches whoever asked for one. Bundlers then need nothing of Node to resolve.
 */
throw new UnsupportedError({
  where: 'tenon in a browser',
  expected: 'Node, for files, checkpoints, downloaded data sets and the native engines',
  received: 'a browser',
  remedy: "Use the 'wasm' or 'webgpu' engine, and fetch models and data yourself.",
})
