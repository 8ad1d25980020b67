import type { Engine, Session } from '../../src/runtime/engine.ts'

/** An engine that counts what it loads, runs and releases. */
export interface CountingEngine extends Engine {
  readonly counts: { loads: number; runs: number; releases: number }
}

export function counting(engine: Engine): CountingEngine {
  const counts = { loads: 0, runs: 0, releases: 0 }
  return {
    ...engine,
    counts,
    async load(model, options): Promise<Session> {
      counts.loads++
      const session = await engine.load(model, options)
      return {
        inputNames: session.inputNames,
        outputNames: session.outputNames,
        run(feeds, outputs) {
          counts.runs++
          return session.run(feeds, outputs)
        },
        release() {
          counts.releases++
          return session.release()
        },
      }
    },
  }
}
