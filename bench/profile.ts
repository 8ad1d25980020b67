import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Engine, Session } from '../src/runtime/engine.ts'
import { createEngine } from '../src/runtime/index.ts'
import { type KernelEvent, kernelEvents, profileTable } from './profile-table.ts'
import { programArguments } from './serve.ts'
import { makeWork } from './works/index.ts'

/** Where the time of our step goes, from ONNX Runtime's own profile: `node profile.js cnn 32 2`. Compiled and started by the driver. */
async function main(): Promise<void> {
  const { work, batch, threads } = programArguments()
  const folder = await mkdtemp(join(tmpdir(), 'tenon-profile-'))
  try {
    const { events, steps } = await record(folder, await createEngine('cpu', { threads }), work, batch)
    console.log(`${work}, batch ${batch}, ${threads} threads, ${steps} steps\n`)
    console.log(profileTable(events, steps))
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function record(folder: string, engine: Engine, ...[work, batch]: [Parameters<typeof makeWork>[0], number]) {
  const sessions: Session[] = []
  const profiled: Engine = {
    ...engine,
    async load(model, options) {
      const session = await engine.load(model, { ...options, profile: join(folder, 'step') })
      sessions.push(session)
      return session
    },
  }
  const { model, x, y } = makeWork(work, batch, profiled)
  // For about five seconds, but ORT keeps at most a million events.
  const begun = performance.now()
  let steps = 0
  for (; steps < first + 3 || (steps < 300 && performance.now() - begun < 5000); steps++) await model.trainOnBatch(x, y)
  // The profile is written when the session goes.
  for (const session of sessions) await session.release()
  const [file] = await readdir(folder)
  if (file === undefined) throw new Error('ONNX Runtime wrote no profile')
  const events: KernelEvent[] = kernelEvents(await readFile(join(folder, file), 'utf8'), first)
  return { events, steps: steps - first }
}

/** Steps left out: they are the first to touch the optimizer's memory, which takes an update several times as long. */
const first = 2

await main()
