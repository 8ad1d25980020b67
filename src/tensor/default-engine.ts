import type { Engine } from '../runtime/engine.ts'
import { createEngine } from '../runtime/index.ts'

let engine: Promise<Engine> | undefined

/**
 * The engine of tensors that are read without naming one: CPU in Node, WASM elsewhere; made at the first reading. It cannot be
 * set: who wants another passes `{ engine }`.
 */
export function defaultEngine(): Promise<Engine> {
  engine ??= createEngine(typeof process === 'object' && process.versions?.node ? 'cpu' : 'wasm')
  return engine
}
