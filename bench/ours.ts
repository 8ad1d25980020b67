// The whole package is loaded, as in a user's program, since start-up is measured too.
import '../src/index.ts'
import { createEngine } from '../src/runtime/index.ts'
import { measureFit } from './fit-share.ts'
import { stepFlops } from './flops.ts'
import { countNativeTime } from './native-time.ts'
import { type Program, programArguments, serve } from './serve.ts'
import { makeWork } from './works/index.ts'

/** The works of bench/README.md in Tenon: `node ours.js cnn 32 2`. Compiled and started by the driver. */
async function ours(): Promise<Program> {
  const nativeMs = countNativeTime()
  const { work: name, batch, threads } = programArguments()
  const engine = await createEngine('cpu', { threads })
  const work = makeWork(name, batch, engine)
  const { model, x, y } = work
  return {
    version: `Tenon on ${engine.description}`,
    parameters: model.network.variables.filter(({ trainable }) => trainable).reduce((n, { size }) => n + size, 0),
    async step() {
      const { loss } = await model.trainOnBatch(x, y)
      return loss
    },
    nativeMs,
    stats: async () => ({ flops: stepFlops(model, batch), fit: await measureFit(work, nativeMs) }),
  }
}

await serve(ours)
