import { createRequire } from 'node:module'
// The global of this name is a getter, whose microseconds would count as the step's.
import { performance } from 'node:perf_hooks'

/** The native session; it blocks the thread while it runs. */
type NativeSession = new (...given: unknown[]) => { run(...given: unknown[]): unknown }

/**
 * Counts the time spent inside ONNX Runtime's native `run` by the sessions made from now on: what is left of a step is JavaScript
 * and the event loop. The function returned gives the milliseconds so far.
 */
export function countNativeTime(): () => number {
  // An inner file of the package: where JavaScript ends. `require` gives the module object that the package itself looks at.
  const inner: { binding: { InferenceSession: NativeSession } } = createRequire(import.meta.url)(
    'onnxruntime-node/dist/binding.js',
  )
  let total = 0
  inner.binding.InferenceSession = class extends inner.binding.InferenceSession {
    override run(...given: unknown[]): unknown {
      const begun = performance.now()
      try {
        return super.run(...given)
      } finally {
        total += performance.now() - begun
      }
    }
  }
  return () => total
}
