import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { FitFigures } from './fit-share.ts'
import type { WorkName } from './works/index.ts'

/** The driver's side of the protocol in bench/README.md: another library at work in a process of its own. */

export interface PeerSpec {
  /** What the table calls it. */
  readonly name: string
  readonly command: string
  /** The program's file. */
  readonly program: string
  readonly variant?: string
  /** The works it takes part in, where others would take it minutes a step. */
  readonly works?: readonly WorkName[]
}

/** The interpreter that has PyTorch and Keras; `TENON_PYTHON` names another. */
const python = process.env['TENON_PYTHON'] ?? 'python3'
const peer = (file: string): string => fileURLToPath(new URL(`peers/${file}`, import.meta.url))

export const peerSpecs: readonly PeerSpec[] = [
  { name: 'PyTorch eager', command: python, program: peer('torch_peer.py'), variant: 'eager' },
  { name: 'PyTorch compiled', command: python, program: peer('torch_peer.py'), variant: 'compile' },
  { name: 'Keras (TensorFlow)', command: python, program: peer('keras_peer.py'), variant: 'tensorflow' },
  { name: 'Keras (PyTorch)', command: python, program: peer('keras_peer.py'), variant: 'torch' },
  {
    name: 'TensorFlow.js',
    command: process.execPath,
    program: peer('tfjs_peer.mjs'),
    variant: 'wasm',
    works: ['cnn', 'mlp'],
  },
]

export interface PeerOptions {
  readonly work: WorkName | 'sgemm'
  readonly batch: number
  readonly threads: number
  /** How long the first step may take, compilation included. Default 10 minutes. */
  readonly startTimeoutMs?: number
}

/** Why a peer takes no part: not installed, or it cannot do this work. */
export interface PeerAbsent {
  readonly absent: string
}

interface Ready {
  readonly ready: true
  readonly version: string
  readonly parameters: number
}
interface Timed {
  readonly ms: readonly number[]
  /** Ours: how long of it the native runtime computed. */
  readonly nativeMs?: number
  readonly loss: number
}

/** What a program knows about itself at the end. */
export interface Stats {
  /** The most memory the process has held, in MB of 2²⁰ bytes. */
  readonly peakRssMb: number
  /** Ours: floating-point operations of one step of the model. */
  readonly flops?: number
  readonly fit?: FitFigures
}

/** A peer that has finished its first step and waits for work. */
export class Peer {
  private constructor(
    readonly name: string,
    readonly version: string,
    readonly parameters: number,
    /** From the start of its process to the end of its first step. */
    readonly firstStepMs: number,
    private readonly wire: Wire,
  ) {}

  static async start(spec: PeerSpec, options: PeerOptions): Promise<Peer | PeerAbsent> {
    const begun = performance.now()
    const { work, batch, threads, startTimeoutMs = 600_000 } = options
    const variant = spec.variant === undefined ? [] : ['--variant', spec.variant]
    const wire = new Wire(spawn(spec.command, [spec.program, work, String(batch), String(threads), ...variant]))
    const reply = await wire
      .receive<Ready | { readonly error: string }>(startTimeoutMs)
      .catch((error: Error) => ({ error: error.message }))
    if ('error' in reply) {
      wire.kill()
      return {
        absent: /ModuleNotFoundError|ERR_MODULE_NOT_FOUND|ENOENT/.test(reply.error) ? 'not installed' : reply.error,
      }
    }
    return new Peer(spec.name, reply.version, reply.parameters, performance.now() - begun, wire)
  }

  /** Runs `steps` training steps: milliseconds of each, and the last loss. */
  run(steps: number): Promise<Timed> {
    return this.wire.ask<Timed>({ run: steps })
  }

  stats(): Promise<Stats> {
    return this.wire.ask<Stats>({ stats: true })
  }

  /** Ends the process. */
  quit(): Promise<void> {
    return this.wire.quit()
  }
}

/** JSON, a line each way, over a child's standard streams. */
class Wire {
  private readonly lines: AsyncIterator<string>
  private readonly ended: Promise<void>
  private complaints = ''
  private failure: Error | undefined

  constructor(private readonly child: ChildProcessWithoutNullStreams) {
    this.lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    child.stderr.on('data', (text: Buffer) => {
      this.complaints = (this.complaints + text.toString()).slice(-4000)
    })
    // A write to a process that has ended fails here too; `receive` then says why it ended.
    child.stdin.on('error', () => {})
    this.ended = new Promise(resolve => {
      child.on('error', error => {
        this.failure = error
        resolve()
      })
      child.on('close', () => resolve())
    })
  }

  ask<Reply>(request: object): Promise<Reply> {
    this.child.stdin.write(`${JSON.stringify(request)}\n`)
    return this.receive<Reply>(3_600_000)
  }

  /** The next message. Its shape is the protocol's word, which both sides keep in this folder. */
  async receive<Reply>(timeoutMs: number): Promise<Reply> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${Math.round(timeoutMs / 1000)} s`)), timeoutMs)
    })
    const gone = this.ended.then(() => ({ done: true, value: undefined }) as const)
    try {
      const next = await Promise.race([this.lines.next(), gone, late])
      if (next.done || next.value === undefined) {
        await this.ended
        throw this.failure ?? new Error(lastLine(this.complaints) || 'the process ended without a word')
      }
      return JSON.parse(next.value) as Reply
    } finally {
      clearTimeout(timer)
    }
  }

  async quit(): Promise<void> {
    this.child.stdin.end('{"quit":true}\n')
    const timer = setTimeout(() => this.kill(), 10_000)
    await this.ended
    clearTimeout(timer)
  }

  kill(): void {
    this.child.kill('SIGKILL')
  }
}

/** The line that says what went wrong: a traceback's last, or the one that names Node's error code. */
function lastLine(text: string): string {
  const lines = text.trim().split('\n')
  return (lines.find(line => line.includes('ERR_MODULE_NOT_FOUND')) ?? lines.at(-1) ?? '').trim()
}
