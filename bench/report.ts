import type { Machine } from './machine.ts'
import { type Absent, disagreement, type Measured } from './turns.ts'
import type { WorkName } from './works/index.ts'

export interface WorkResult {
  readonly work: WorkName
  readonly batch: number
  readonly itemsPerStep: number
  readonly item: 'samples' | 'tokens'
  /** Ours first. */
  readonly programs: readonly (Measured | Absent)[]
  readonly error?: string
}

export interface BenchResult {
  readonly machine: Machine
  readonly threads: number
  /** The fastest product of two 2048×2048 matrices seen in this run, GFLOP/s. */
  readonly sgemmPeak: number
  readonly works: readonly WorkResult[]
}

/** What follows from the measured times, per program. */
export interface Rated extends Measured {
  readonly itemsPerSecond: number
  readonly gflops: number
  readonly peakShare: number
  /** How many times ours goes through the work while this one goes through it once. */
  readonly ourSpeedup: number
}

const isMeasured = (program: Measured | Absent): program is Measured => 'ms' in program

/** Rates and ratios of the programs that took part. */
export function rate(result: WorkResult, sgemmPeak: number): readonly Rated[] {
  const measured = result.programs.filter(isMeasured)
  const [ours] = measured
  if (!ours) return []
  const flops = ours.stats.flops ?? Number.NaN
  return measured.map(program => {
    const { median } = program.ms
    const gflops = flops / median / 1e6
    return {
      ...program,
      itemsPerSecond: (1000 * result.itemsPerStep) / median,
      gflops,
      peakShare: gflops / sgemmPeak,
      ourSpeedup: median / ours.ms.median,
    }
  })
}

/** The result as one JSON value. */
export function toJson(result: BenchResult): object {
  return {
    ...result,
    works: result.works.map(work => {
      const rated = rate(work, result.sgemmPeak)
      const peers = rated.slice(1)
      const fastest = peers.toSorted((a, b) => a.ms.median - b.ms.median)[0]
      return {
        ...work,
        programs: [...rated, ...work.programs.filter(program => !isMeasured(program))],
        speedups: Object.fromEntries(peers.map(peer => [peer.name, peer.ourSpeedup])),
        ...(fastest ? { fastestPeer: fastest.name, speedupOverFastest: fastest.ourSpeedup } : {}),
      }
    }),
  }
}

/** The result as a person reads it. */
export function toTable(result: BenchResult): string {
  const { machine, threads, sgemmPeak } = result
  const versions = new Set(result.works.flatMap(work => work.programs.filter(isMeasured).map(({ version }) => version)))
  return [
    `${machine.date}  ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.system}, Node ${machine.node}`,
    `${threads} threads; SGEMM peak ${sgemmPeak.toFixed(1)} GFLOP/s; load average at the start ${machine.load.toFixed(1)}`,
    ...[...versions].map(version => `  ${version}`),
    ...result.works.flatMap(work => ['', ...workLines(work, sgemmPeak)]),
  ].join('\n')
}

const columns = [
  'program',
  'ms/step',
  'quartiles',
  'min',
  'steps',
  'items/s',
  'GFLOP/s',
  'of peak',
  'memory MB',
  'start-up s',
  'ours is',
]

function workLines(work: WorkResult, sgemmPeak: number): string[] {
  const rated = rate(work, sgemmPeak)
  const [ours, ...peers] = rated
  const title = `${work.work}, batch ${work.batch}: ${(ours?.parameters ?? 0).toLocaleString('en')} parameters, ${((ours?.stats.flops ?? Number.NaN) / 1e9).toFixed(3)} GFLOP a step`
  const rows = rated.map(program => [
    program.name,
    number(program.ms.median),
    `${number(program.ms.q1)}–${number(program.ms.q3)}`,
    number(program.ms.min),
    String(program.ms.count),
    Math.round(program.itemsPerSecond).toLocaleString('en'),
    program.gflops.toFixed(1),
    `${(100 * program.peakShare).toFixed(0)} %`,
    program.stats.peakRssMb.toFixed(0),
    (program.firstStepMs / 1000).toFixed(2),
    program === ours ? '' : `${program.ourSpeedup.toFixed(2)}×`,
  ])
  const head = columns.map(column => (column === 'items/s' ? `${work.item}/s` : column))
  const widths = head.map((column, i) => Math.max(column.length, ...rows.map(row => row[i]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd()
  const fastest = peers.toSorted((a, b) => a.ms.median - b.ms.median)[0]
  const share = ours?.scriptShare
  const fit = ours?.stats.fit
  return [
    title,
    line(head),
    ...rows.map(line),
    ...work.programs.flatMap(program => (isMeasured(program) ? [] : [`${program.name}: ${program.absent}`])),
    ...(share === undefined ? [] : [`JavaScript's share of our step: ${percent(share)}`]),
    ...(fit
      ? [`fit, over shuffled samples: ${number(fit.msPerStep)} ms a step, of it JavaScript ${percent(fit.scriptShare)}`]
      : []),
    ...(fastest ? [`Against the fastest peer (${fastest.name}): ${fastest.ourSpeedup.toFixed(2)}×`] : []),
    ...(work.error ? [`ERROR: ${work.error}`] : []),
  ]
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
const number = (ms: number): string => (ms < 100 ? ms.toFixed(2) : ms.toFixed(0))

/** The result of one work, with the check that all did the same work. */
export function workResult(result: Omit<WorkResult, 'error'>): WorkResult {
  const error = disagreement(result.programs.filter(isMeasured))
  return error === undefined ? result : { ...result, error }
}
