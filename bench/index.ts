import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import { buildPrograms } from './build.ts'
import { describeMachine } from './machine.ts'
import { Peer, type PeerSpec, peerSpecs } from './peer.ts'
import { type BenchResult, toJson, toTable, type WorkResult, workResult } from './report.ts'
import { type Absent, sitsOut, takeTurns } from './turns.ts'
import type { WorkName } from './works/index.ts'

interface WorkSettings {
  readonly work: WorkName
  readonly batch: number
  /** Tokens of a sample; 1 where samples are counted. */
  readonly tokens: number
  /** Counted steps of each program, unless told otherwise. */
  readonly steps: number
}

const settings: readonly WorkSettings[] = [
  { work: 'cnn', batch: 32, tokens: 1, steps: 200 },
  { work: 'cnn', batch: 128, tokens: 1, steps: 100 },
  { work: 'mlp', batch: 128, tokens: 1, steps: 200 },
  { work: 'nanogpt', batch: 12, tokens: 64, steps: 60 },
  { work: 'gpt', batch: 8, tokens: 256, steps: 10 },
  { work: 'resnet', batch: 64, tokens: 1, steps: 10 },
  { work: 'lstm', batch: 64, tokens: 1, steps: 20 },
  { work: 'gru', batch: 64, tokens: 1, steps: 20 },
  { work: 'encoder', batch: 8, tokens: 1, steps: 10 },
  { work: 'mobilenet', batch: 64, tokens: 1, steps: 10 },
  { work: 'resnet20', batch: 64, tokens: 1, steps: 10 },
]
const workNames: readonly string[] = [...new Set(settings.map(({ work }) => work))]
const peerNames: readonly string[] = peerSpecs.map(({ name }) => name)
const sgemmSize = 2048

interface Options {
  readonly json?: true
  readonly works?: readonly string[]
  readonly peers?: true | readonly PeerSpec[]
  readonly steps?: number
  readonly turns: number
  readonly threads: number
  readonly profile?: string
  readonly endurance?: number
  readonly texts?: true
}

const say = (text: string): void => console.error(text)

async function main(options: Options): Promise<void> {
  const folder = await buildPrograms()
  const program = (name: string, file: string): PeerSpec => ({
    name,
    command: process.execPath,
    program: `${folder}${file}.js`,
  })
  if (options.profile !== undefined) return profile(`${folder}profile.js`, options.profile, options.threads)
  if (options.endurance !== undefined)
    return show(`${folder}endurance-run.js`, [options.endurance, options.threads].map(String))

  if (options.texts) return show(`${folder}texts.js`, [String(options.threads)])

  const machine = describeMachine()
  const { threads } = options
  const sgemm = await Peer.start(program('SGEMM', 'sgemm'), { work: 'sgemm', batch: sgemmSize, threads })
  if ('absent' in sgemm) throw new Error(sgemm.absent)
  let fastest = Number.POSITIVE_INFINITY
  const measurePeak = async () => {
    fastest = Math.min(fastest, ...(await sgemm.run(3)).ms)
  }
  const works: WorkResult[] = []
  for (const setting of settings) {
    if (options.works && !options.works.includes(setting.work)) continue
    const peers = options.peers === true ? peerSpecs : (options.peers ?? [])
    const specs = [program('Tenon', 'ours'), ...peers]
    works.push(await runWork({ ...setting, steps: options.steps ?? setting.steps }, specs, options, measurePeak))
  }
  await sgemm.quit()
  const result: BenchResult = { machine, threads, sgemmPeak: (2 * sgemmSize ** 3) / fastest / 1e6, works }
  console.log(options.json ? JSON.stringify(toJson(result)) : toTable(result))
  if (works.some(work => work.error !== undefined)) process.exitCode = 1
}

async function runWork(
  { work, batch, tokens, steps }: WorkSettings,
  specs: readonly PeerSpec[],
  { threads, turns }: Pick<Options, 'threads' | 'turns'>,
  between: () => Promise<void>,
): Promise<WorkResult> {
  const programs: Peer[] = []
  const absent: Absent[] = []
  for (const [i, spec] of specs.entries()) {
    const reason = sitsOut(spec, work)
    say(`${work} ${batch}: ${reason === undefined ? 'starting' : 'without'} ${spec.name}`)
    const started = reason === undefined ? await Peer.start(spec, { work, batch, threads }) : { absent: reason }
    if (started instanceof Peer) programs.push(started)
    else if (i === 0) throw new Error(`${spec.name}, ${work}: ${started.absent}`)
    else absent.push({ name: spec.name, ...started })
  }
  try {
    say(`${work} ${batch}: ${programs.map(({ name }) => name).join(', ')} in turns`)
    const results = await takeTurns(programs, { steps, turns: Math.min(turns, steps), between })
    const item = tokens > 1 ? 'tokens' : 'samples'
    return workResult({ work, batch, item, itemsPerStep: batch * tokens, programs: [...results, ...absent] })
  } finally {
    await Promise.all(programs.map(program => program.quit()))
  }
}

/** Prints where a step's time goes. */
async function profile(file: string, work: string, threads: number): Promise<void> {
  const setting = settings.find(candidate => candidate.work === work)
  if (!setting) throw new InvalidArgumentError(`one of ${workNames.join(', ')}`)
  return show(file, [work, String(setting.batch), String(threads)])
}

/** Runs a program that prints for itself. */
async function show(file: string, given: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [file, ...given], { stdio: 'inherit' })
  process.exitCode = await new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => resolve(code ?? 1))
  })
}

const whole = (text: string): number => {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Expected a whole number above 0.')
}
const knownWorks = (text: string): readonly string[] => {
  const names = text.split(',')
  const unknown = names.find(name => !workNames.includes(name))
  if (unknown !== undefined) throw new InvalidArgumentError(`'${unknown}' is none of ${workNames.join(', ')}.`)
  return names
}

const knownPeers = (text: string): readonly PeerSpec[] =>
  text.split(',').map(name => {
    const spec = peerSpecs.find(candidate => candidate.name.toLowerCase() === name.trim().toLowerCase())
    if (spec) return spec
    throw new InvalidArgumentError(`'${name}' is none of ${peerNames.join(', ')}.`)
  })

await new Command('bench')
  .description(
    'time whole training steps, alone or in turns with other libraries; bench/README.md explains the figures',
  )
  .option('--json', 'the result as one JSON object, on one line')
  .option('--works <names>', `some of ${workNames.join(',')}`, knownWorks)
  .option(
    '--peers [names]',
    `with other libraries that are installed: all, or some of ${peerNames.join(',')}`,
    knownPeers,
  )
  .option('--steps <count>', 'counted steps of each program', whole)
  .option('--turns <count>', 'turns that a program’s steps are divided into', whole, 5)
  .option('--threads <count>', 'threads of each program', whole, availableParallelism())
  .option('--profile <work>', 'instead: where the time of our step goes, by operator and by place in the model')
  .addOption(
    new Option('--endurance [steps]', 'instead: what a long training of a small network holds, at intervals')
      .preset('10000')
      .argParser(whole),
  )
  .option('--texts', 'instead: how fast product reviews become numbers, in JavaScript and in an exported graph')
  .action(main)
  .parseAsync()
