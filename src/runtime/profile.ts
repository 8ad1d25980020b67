import { FormatError } from '../core/errors.ts'

/** ONNX Runtime's profile, summed up: where a step's time goes. Times are milliseconds per run. */
export interface Profile {
  /** Runs that were counted. */
  readonly runs: number
  /** A whole run, median. */
  readonly runMs: number
  /** Sum over all nodes, mean; the rest of a run is the executor's own. */
  readonly kernelMs: number
  /** Most memory in use at once for weights and intermediate results, in bytes. */
  readonly peakBytes: number
  /** By operator type, the most expensive first. */
  readonly operators: readonly ProfileEntry[]
  /** By scope: the layer or function whose nodes they are ('' for none), the most expensive first. */
  readonly scopes: readonly ProfileEntry[]
}

export interface ProfileEntry {
  readonly name: string
  readonly ms: number
  /** Part of all kernel time, 0 to 1. */
  readonly share: number
  /** Applications in one run. */
  readonly calls: number
}

export interface ProfileOptions {
  /** First runs to leave out: they allocate and warm up. Default 1, if there are more. */
  readonly skip?: number
  /** Levels of the scope to tell apart: 1 sums up `encoder/block0/attention` under `encoder`. Default: all. */
  readonly depth?: number
}

interface Event {
  readonly cat: string
  readonly name: string
  readonly dur: number
  readonly ts: number
  readonly args?: Readonly<Record<string, unknown>>
}

const suffix = '_kernel_time'

/**
 * Reads the JSON that a session writes when it was loaded with `profile` (complete once the session is released).
 * Errors: FormatError when it is something else or holds no run.
 */
export function parseProfile(json: string, { skip = 1, depth }: ProfileOptions = {}): Profile {
  const events = readEvents(json)
  const all = events.filter(event => event.cat === 'Session' && event.name === 'model_run').sort((a, b) => a.ts - b.ts)
  const runs = all.slice(all.length > skip ? skip : 0)
  const [first] = runs
  if (!first) throw notAProfile('no run', 'Run the session at least once before releasing it.')
  const nodes = events.filter(event => event.cat === 'Node' && event.name.endsWith(suffix) && event.ts >= first.ts)
  const kernelMs = nodes.reduce((sum, { dur }) => sum + dur, 0) / 1000 / runs.length
  const durations = runs.map(run => run.dur / 1000).sort((a, b) => a - b)
  return {
    runs: runs.length,
    runMs: durations[Math.floor(durations.length / 2)] ?? 0,
    kernelMs,
    peakBytes: nodes.reduce((most, { args }) => Math.max(most, Number(args?.['mem_in_use_peak'] ?? 0)), 0),
    operators: sumBy(nodes, runs.length, kernelMs, ({ args }) => String(args?.['op_name'] ?? 'unknown')),
    scopes: sumBy(nodes, runs.length, kernelMs, ({ name }) => scopeOf(name, depth)),
  }
}

/** Nodes are named after the scope they were made in: `encoder/block0/MatMul_3`. */
function scopeOf(name: string, depth: number | undefined): string {
  return name.slice(0, -suffix.length).split('/').slice(0, -1).slice(0, depth).join('/')
}

function sumBy(nodes: readonly Event[], runs: number, total: number, key: (event: Event) => string): ProfileEntry[] {
  const sums = new Map<string, { ms: number; calls: number }>()
  for (const node of nodes) {
    const name = key(node)
    const sum = sums.get(name) ?? { ms: 0, calls: 0 }
    sums.set(name, { ms: sum.ms + node.dur / 1000 / runs, calls: sum.calls + 1 / runs })
  }
  return [...sums]
    .map(([name, { ms, calls }]) => ({ name, ms, share: total > 0 ? ms / total : 0, calls }))
    .sort((a, b) => b.ms - a.ms)
}

function readEvents(json: string): Event[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(json)
  } catch (cause) {
    throw notAProfile('text that is not JSON', 'A profile is complete once its session is released.', cause)
  }
  if (!Array.isArray(parsed)) throw notAProfile('JSON that is no list')
  return parsed.filter(isEvent)
}

const isEvent = (item: unknown): item is Event =>
  typeof item === 'object' && item !== null && 'cat' in item && 'name' in item && 'dur' in item && 'ts' in item

const notAProfile = (received: string, remedy?: string, cause?: unknown) =>
  new FormatError({
    where: 'profile',
    expected: "ONNX Runtime's profile",
    received,
    ...(remedy ? { remedy } : {}),
    ...(cause ? { cause } : {}),
  })
