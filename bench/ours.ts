// The whole package is loaded, as in a user's program, since start-up is measured too.
import '../src/index.ts'
import { createEngine } from '../src/runtime/index.ts'
import { stepFlops } from './flops.ts'
import { countNativeTime } from './native-time.ts'
import { type Program, programArguments, serve } from './serve.ts'
import { makeWork } from './works/index.ts'

/** The works of bench/README.md in Tenon: `node ours.js cnn 32 2`. Compiled and started by the driver. */
async function ours(): Promise<Program> {
  const nativeMs = countNativeTime()
  const { work, batch, threads } = programArguments()
  const engine = await createEngine('cpu', { threads })
  const { model, x, y } = makeWork(work, batch, engine)
  // The first step, which builds and loads the graph, is no part of this.
  let first: number | undefined
  let stepsMs = 0
  return {
    version: `Tenon on ${engine.description}`,
    parameters: model.network.variables.filter(({ trainable }) => trainable).reduce((n, { size }) => n + size, 0),
    async step() {
      const began = performance.now()
      const { loss } = await model.trainOnBatch(x, y)
      if (first === undefined) first = nativeMs()
      else stepsMs += performance.now() - began
      return loss
    },
    stats: () => ({
      scriptShare: stepsMs > 0 ? 1 - (nativeMs() - (first ?? 0)) / stepsMs : undefined,
      flops: stepFlops(model, batch),
    }),
  }
}

await serve(ours)
