import type * as ort from 'onnxruntime-web/wasm'
import { dtypes } from '../../core/dtype.ts'
import { ArgumentError, EngineError, UnsupportedError } from '../../core/errors.ts'
import type { TensorData } from '../../core/tensor-data.ts'
import type { Engine, LoadOptions, Session } from '../engine.ts'
import { fromOrt, tensorWrapper } from '../ort-tensor.ts'

export interface WasmOptions {
  /**
   * Threads inside one operator. Default: all cores in Node; in a browser ONNX Runtime's own choice, which is one unless the page
   * is cross-origin isolated. The first session of a process decides, for all WASM engines in it.
   */
  readonly threads?: number
}

type Ort = typeof ort

const inNode = typeof process === 'object' && Boolean(process.versions?.node)

/** ONNX Runtime compiled to WebAssembly (SIMD, threads): runs everywhere, browsers included. Outputs are fresh tensors. */
export function wasm(options: WasmOptions = {}): Engine {
  const { threads } = options
  if (threads !== undefined && (!Number.isInteger(threads) || threads < 1)) {
    throw new ArgumentError({
      where: 'wasm',
      expected: 'threads as an integer of at least 1',
      received: String(threads),
    })
  }
  return {
    name: 'wasm',
    description: `onnxruntime-web, wasm${threads === undefined ? '' : `, ${threads} threads`}`,
    writesInPlace: false,
    dtypes: new Set(dtypes.filter(dtype => dtype !== 'bfloat16')),
    load: async (model, load) => loadSession(await runtime(threads), model, load),
  }
}

/** ONNX Runtime, loaded, and the way its own tensors are made. */
interface Loaded {
  readonly module: Ort
  readonly wrap: ReturnType<typeof tensorWrapper>
}

let loading: Promise<Loaded> | undefined

/** Loads ONNX Runtime (12 MB of WebAssembly) when the first model is. */
async function runtime(threads: number | undefined): Promise<Loaded> {
  // The main entry has a build for Node; elsewhere it would bring WebGPU and twice the download along.
  loading ??= (inNode ? import('onnxruntime-web') : import('onnxruntime-web/wasm')).then((module: Ort) => {
    // Not an import, which bundlers for browsers would try to resolve.
    const wanted = threads ?? (inNode ? process.getBuiltinModule('node:os').availableParallelism() : undefined)
    if (wanted !== undefined) module.env.wasm.numThreads = wanted
    module.env.logLevel = 'error'
    return { module, wrap: tensorWrapper(module.Tensor) }
  })
  return loading
}

async function loadSession(
  { module, wrap }: Loaded,
  model: Uint8Array | string,
  load: LoadOptions = {},
): Promise<Session> {
  if (load.profile !== undefined) {
    throw new UnsupportedError({
      where: 'onnxruntime-web',
      expected: 'an engine that writes profiles',
      received: 'wasm',
      remedy: 'Profile on the cpu engine.',
    })
  }
  const options: ort.InferenceSession.SessionOptions = {
    executionProviders: ['wasm'],
    graphOptimizationLevel: load.optimize === 'none' ? 'disabled' : (load.optimize ?? 'all'),
    logSeverityLevel: 3,
  }
  try {
    // The binding overloads path and bytes; TypeScript wants them told apart.
    const session =
      typeof model === 'string'
        ? await module.InferenceSession.create(model, options)
        : await module.InferenceSession.create(model, options)
    return new WasmSession(session, wrap)
  } catch (cause) {
    throw engineError('loading a model', cause)
  }
}

/** WebAssembly memory is not the garbage collector's: a session that nobody holds is released through this. */
const abandoned = new FinalizationRegistry<ort.InferenceSession>(session => {
  session.release().catch(() => undefined)
})

class WasmSession implements Session {
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  private released = false

  constructor(
    private readonly session: ort.InferenceSession,
    private readonly wrap: Loaded['wrap'],
  ) {
    this.inputNames = session.inputNames
    this.outputNames = session.outputNames
    abandoned.register(this, session, this)
  }

  async run(feeds: readonly TensorData[]): Promise<TensorData[]> {
    const given: Record<string, ort.Tensor> = {}
    this.inputNames.forEach((name, i) => {
      const feed = feeds[i]
      if (feed) given[name] = this.wrap(feed)
    })
    try {
      const results = await this.session.run(given)
      return this.outputNames.map(name => fromOrt(results[name], name))
    } catch (cause) {
      throw cause instanceof EngineError ? cause : engineError('running a model', cause)
    }
  }

  async release(): Promise<void> {
    if (this.released) return
    this.released = true
    abandoned.unregister(this)
    await this.session.release()
  }
}

function engineError(what: string, cause: unknown): EngineError {
  const message = cause instanceof Error ? cause.message : String(cause)
  return new EngineError({
    where: `onnxruntime-web, ${what}`,
    expected: 'a model that the engine accepts',
    received: message,
    cause,
  })
}
