import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import type { WorkName } from './works/index.ts'

/** Our programs' side of the protocol in bench/README.md; peers/protocol.py is the same in Python. */

export interface Arguments {
  readonly work: WorkName
  readonly batch: number
  readonly threads: number
}

/** `program work batch threads`, as the driver starts it. */
export function programArguments(): Arguments {
  const [work = '', batch, threads] = process.argv.slice(2)
  // The driver only starts works of its own table.
  return { work: work as WorkName, batch: Number(batch), threads: Number(threads) }
}

export interface Program {
  readonly version: string
  /** Trainable ones. */
  readonly parameters: number
  /** One step; returns the loss. */
  step(): Promise<number>
  /** Milliseconds that the native runtime has computed so far. */
  nativeMs?(): number
  /** What else is known at the end. */
  stats?(): object | Promise<object>
}

const send = (message: object): void => {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

/** Makes the program, runs one step, says ready, then does as it is told until `quit` or the end of the input. */
export async function serve(make: () => Promise<Program>): Promise<void> {
  let program: Program
  try {
    program = await make()
    await program.step()
  } catch (error) {
    send({ error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) })
    process.exitCode = 1
    return
  }
  send({ ready: true, version: program.version, parameters: program.parameters })
  for await (const line of createInterface({ input: process.stdin })) {
    const request: { run?: number; stats?: boolean; quit?: boolean } = JSON.parse(line)
    if (request.run) {
      const ms: number[] = []
      let loss = Number.NaN
      const native = program.nativeMs?.()
      for (let i = 0; i < request.run; i++) {
        const begun = performance.now()
        loss = await program.step()
        ms.push(performance.now() - begun)
      }
      send({ ms, loss, ...(native === undefined ? {} : { nativeMs: (program.nativeMs?.() ?? 0) - native }) })
    } else if (request.stats) send({ peakRssMb: peakRssMb(), ...(await program.stats?.()) })
    else if (request.quit) break
  }
}

/**
 * The most memory this process has held. Linux's `maxRSS` starts with what the parent held when it forked; the kernel's high-water
 * mark of the process itself does not.
 */
function peakRssMb(): number {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
    if (kilobytes) return Number(kilobytes) / 1024
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS / 1024
}
