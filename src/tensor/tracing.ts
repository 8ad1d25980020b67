import { ArgumentError } from '../core/errors.ts'

/**
 * How many transforms are tracing a function right now. Ambient, like the scope of graph/scope.ts, and for the same reason
 * harmless: it lives only while a function is traced, and tracing is synchronous.
 */
let depth = 0

export const isTracing = (): boolean => depth > 0

/** Calls a user's function inside a transform; refuses one that returns a promise, since tracing cannot wait. */
export function trace<R>(transform: string, f: () => R): R {
  depth++
  try {
    const result: unknown = f()
    if (result instanceof Promise) {
      // Its own failure, if any, would be reported a second time as unhandled.
      result.catch(() => undefined)
      throw new ArgumentError({
        where: transform,
        expected: 'a function that returns tensors',
        received: 'one that returns a promise',
        remedy: 'Leave out async and await: return the tensors, and read their data outside of the function.',
      })
    }
    return result as R
  } finally {
    depth--
  }
}

/** Elements cannot be read while a function is traced: the trace would not contain what depends on them. */
export function refuseWhileTracing(what: string): void {
  if (depth === 0) return
  throw new ArgumentError({
    where: what,
    expected: 'to be called outside of functions that grad, vjp, vmap, jit or remat trace',
    received: 'a call inside of one',
    remedy: 'Return the tensor from the function and read it outside; make decisions inside with where().',
  })
}
