import { EngineError } from '../core/errors.ts'
import { Graph } from '../graph/graph.ts'
import { Value } from '../graph/value.ts'
import { cast } from '../ops/math/cast.ts'
import { neg } from '../ops/math/neg.ts'
import type { Engine } from './engine.ts'
import { Executable } from './executable.ts'

/** Whether an engine works here; if not, a sentence that says why. */
export type Availability = { readonly available: true } | { readonly available: false; readonly reason: string }

/** Finds out whether an engine works by running one negation on it. */
export async function tryNegation(engine: Engine): Promise<Availability> {
  try {
    await negate(engine, 'float32')
    return { available: true }
  } catch (error) {
    return { available: false, reason: error instanceof Error ? error.message : String(error) }
  }
}

const halves = new WeakMap<Engine, Promise<boolean>>()

/**
 * Whether an engine's kernels compute in float16: an adapter offers it or not (WebGPU's feature `shader-f16`). Found once for an engine.
 *
 * @throws {EngineError} where the engine does not work at all.
 */
export function computesFloat16(engine: Engine): Promise<boolean> {
  const known = halves.get(engine) ?? findFloat16(engine)
  halves.set(engine, known)
  return known
}

async function findFloat16(engine: Engine): Promise<boolean> {
  // Without an adapter nothing works, which is another error than a missing type.
  await negate(engine, 'float32')
  return negate(engine, 'float16').then(
    () => true,
    () => false,
  )
}

async function negate(engine: Engine, dtype: 'float32' | 'float16'): Promise<void> {
  const x = Value.input({ dtype: 'float32', shape: [1] }, 'x')
  const y = cast(neg(cast(x, { to: dtype })), { to: 'float32' })
  const executable = await Executable.create(new Graph({ inputs: [x], outputs: [y] }), engine, { silent: true })
  try {
    const [result] = await executable.run([{ dtype: 'float32', shape: [1], data: Float32Array.of(2) }])
    const value = result?.data[0]
    if (value !== -2)
      throw new EngineError({
        where: `engine '${engine.name}'`,
        expected: '-2, of a negation',
        received: String(value),
      })
  } finally {
    await executable.release()
  }
}
