import type { Peer, PeerAbsent, PeerSpec, Stats } from './peer.ts'
import { type Summary, summarize } from './statistics.ts'

/** What one program did in one work. */
export interface Measured {
  readonly name: string
  readonly version: string
  readonly parameters: number
  /** Milliseconds per step. */
  readonly ms: Summary
  /** Median milliseconds of each turn. */
  readonly turns: readonly number[]
  /** Process start to first finished step, in milliseconds. */
  readonly firstStepMs: number
  readonly stats: Stats
  /** Ours: the share of the counted steps outside the native runtime, in JavaScript and the event loop. */
  readonly scriptShare?: number
}

/** A program that took no part, and why. */
export interface Absent extends PeerAbsent {
  readonly name: string
}

export interface TurnOptions {
  /** Steps of each program over all turns. */
  readonly steps: number
  readonly turns: number
  /** A slow program's turn is shortened to about this long, down to one step, which then counts itself. Default 5 s. */
  readonly turnMs?: number
  /** Before its first counted step, each program makes uncounted ones for about this long: compilers watch code run before they compile it well. Default 0.5 s. */
  readonly warmUpMs?: number
  /** Called between turns, e.g. to measure something else in turn. */
  readonly between?: () => Promise<void>
}

/**
 * Lets programs take turns in one run, so that whatever else the machine does hits all alike. Each turn begins with an uncounted
 * step, which fills caches that the others emptied, and each round begins with another program.
 */
export async function takeTurns(programs: readonly Peer[], options: TurnOptions): Promise<(Measured | Absent)[]> {
  const { steps, turns, turnMs = 5000, warmUpMs = 500, between } = options
  const runs = programs.map(program => ({ program, turns: [] as number[][], nativeMs: 0, failure: '' }))
  for (let turn = 0; turn < turns; turn++) {
    await between?.()
    const order = runs.map((_, i) => runs[(i + turn) % runs.length])
    for (const run of order) {
      if (!run || run.failure) continue
      try {
        const first = await run.program.run(1)
        const [warm = 1] = first.ms
        const more = turn === 0 ? Math.floor(warmUpMs / warm) : 0
        if (more > 0) await run.program.run(more)
        const count = Math.min(Math.ceil(steps / turns), Math.floor(turnMs / warm))
        const timed = count > 0 ? await run.program.run(count) : first
        run.turns.push([...timed.ms])
        run.nativeMs += timed.nativeMs ?? Number.NaN
      } catch (error) {
        run.failure = error instanceof Error ? error.message : String(error)
      }
    }
  }
  return Promise.all(
    runs.map(async ({ program, turns: times, nativeMs, failure }) => {
      const { name, version, parameters, firstStepMs } = program
      if (failure) return { name, absent: failure }
      const all = times.flat()
      const scriptShare = 1 - nativeMs / all.reduce((sum, ms) => sum + ms, 0)
      return {
        name,
        version,
        parameters,
        firstStepMs,
        ms: summarize(all),
        turns: times.map(ms => summarize(ms).median),
        stats: await program.stats(),
        ...(Number.isNaN(scriptShare) ? {} : { scriptShare }),
      }
    }),
  )
}

/** Why a program sits a work out; `undefined` if it does not. */
export const sitsOut = (spec: PeerSpec, work: string): string | undefined =>
  spec.works && !spec.works.some(name => name === work) ? 'not run: minutes a step' : undefined

/** Programs that do not count the same parameters do not do the same work. */
export function disagreement(programs: readonly Measured[]): string | undefined {
  const counts = new Set(programs.map(({ parameters }) => parameters))
  if (counts.size <= 1) return undefined
  return `parameters differ: ${programs.map(({ name, parameters }) => `${name} ${parameters}`).join(', ')}`
}
