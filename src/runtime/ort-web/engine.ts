import type * as ort from 'onnxruntime-web'
import { flattenScans } from '../../compile/flatten-scans.ts'
import { expandBatchStatistics } from '../../compile/passes/batch-statistics.ts'
import { lowerConvolutions } from '../../compile/passes/lower-convolutions.ts'
import { dtypes } from '../../core/dtype.ts'
import { EngineError, UnsupportedError } from '../../core/errors.ts'
import type { TensorData } from '../../core/tensor-data.ts'
import type { Graph } from '../../graph/graph.ts'
import { type Engine, type Fed, isResident, type LoadOptions, type Session } from '../engine.ts'
import { fromOrt, type tensorWrapper } from '../ort-tensor.ts'
import { computesFloat16 } from '../probe.ts'
import { CardTensor, toCard } from './card.ts'
import { checkOptions, type WebOptions } from './options.ts'
import { fetchFrom, isServed, type Loaded, runtime, type WebProvider } from './runtime.ts'

/** ONNX Runtime compiled to WebAssembly (SIMD, threads): runs everywhere, browsers included. Outputs are fresh tensors. */
export const wasm = (options: WebOptions = {}): Engine => webEngine('wasm', options)

/** ONNX Runtime on a browser's WebGPU. Operators that it has no kernel for run as WebAssembly. Outputs are fresh tensors. */
export function webgpu(options: WebOptions = {}): Engine {
  const engine = webEngine('webgpu', options)
  return {
    ...engine,
    prepare: graph => flattenScans(expandBatchStatistics(plainForms(graph))),
    memory: {
      write: async tensor => {
        const { module } = await runtime('webgpu', options.threads)
        return toCard(module, await module.env.webgpu.device, tensor)
      },
    },
    computesFloat16: () => computesFloat16(engine),
  }
}

/** No layout of its own: only what is faster everywhere. */
const plainForms = (graph: Graph): Graph => lowerConvolutions(graph, undefined)

function webEngine(provider: WebProvider, options: WebOptions): Engine {
  checkOptions(provider, options, isServed())
  const { threads, wasmPaths } = options
  if (wasmPaths !== undefined) fetchFrom(wasmPaths)
  return {
    name: provider,
    description: `onnxruntime-web, ${provider}${threads === undefined ? '' : `, ${threads} threads`}`,
    writesInPlace: false,
    prepare: plainForms,
    dtypes: new Set(dtypes.filter(dtype => dtype !== 'bfloat16')),
    load: async (model, load) => loadSession(provider, threads, model, load),
  }
}

async function loadSession(
  provider: WebProvider,
  threads: number | undefined,
  model: Uint8Array | string,
  load: LoadOptions = {},
): Promise<Session> {
  if (load.profile !== undefined) {
    throw new UnsupportedError({
      where: 'onnxruntime-web',
      expected: 'an engine that writes profiles',
      received: provider,
      remedy: 'Profile on the cpu engine.',
    })
  }
  const sessionOptions: ort.InferenceSession.SessionOptions = {
    executionProviders: [provider],
    graphOptimizationLevel: load.optimize === 'none' ? 'disabled' : (load.optimize ?? 'all'),
    logSeverityLevel: load.silent ? 4 : 3,
    ...(load.resident
      ? { preferredOutputLocation: Object.fromEntries([...load.resident].map(name => [name, 'gpu-buffer'])) }
      : {}),
  }
  try {
    const loaded = await runtime(provider, threads)
    const { InferenceSession } = loaded.module
    // The binding overloads path and bytes; TypeScript wants them told apart.
    const session = await loaded.inTurn(() =>
      typeof model === 'string'
        ? InferenceSession.create(model, sessionOptions)
        : InferenceSession.create(model, sessionOptions),
    )
    return new WebSession(session, loaded)
  } catch (cause) {
    throw engineError('loading a model', cause)
  }
}

/** WebAssembly's and the adapter's memory are not the garbage collector's: a session that nobody holds is released through this. */
const abandoned = new FinalizationRegistry<() => Promise<void>>(release => {
  release().catch(() => undefined)
})

class WebSession implements Session {
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  private released = false
  private readonly wrap: ReturnType<typeof tensorWrapper>
  private readonly inTurn: Loaded['inTurn']
  private readonly free: () => Promise<void>
  /** What runs have left on the card, and nobody has given back. */
  private readonly left = new Set<ort.Tensor>()

  constructor(
    private readonly session: ort.InferenceSession,
    private readonly loaded: Loaded,
  ) {
    const { wrap, inTurn } = loaded
    const { left } = this
    this.inputNames = session.inputNames
    this.outputNames = session.outputNames
    this.wrap = wrap
    this.inTurn = inTurn
    this.free = () =>
      inTurn(() => {
        // Their memory is managed by the session.
        for (const tensor of left) tensor.dispose()
        left.clear()
        return session.release()
      })
    abandoned.register(this, this.free, this)
  }

  async run(feeds: readonly TensorData[]): Promise<TensorData[]> {
    const results = await this.results(feeds)
    return this.outputNames.map(name => fromOrt(results[name], name))
  }

  async runResident(feeds: readonly Fed[]): Promise<Fed[]> {
    const results = await this.results(feeds)
    const device = await this.loaded.module.env.webgpu.device
    return this.outputNames.map(name => {
      const tensor = results[name]
      return tensor?.location === 'gpu-buffer' ? this.onCard(tensor, device) : fromOrt(tensor, name)
    })
  }

  /** Apart from `runResident`, since a function holds all that the one around it has: each result would hold the feeds it was made of. */
  private onCard(tensor: ort.Tensor, device: GPUDevice): CardTensor {
    const { left, inTurn } = this
    left.add(tensor)
    const free = () => {
      if (left.delete(tensor)) inTurn(async () => tensor.dispose()).catch(() => undefined)
    }
    return new CardTensor(tensor, device, free, this)
  }

  private async results(feeds: readonly Fed[]): Promise<ort.InferenceSession.OnnxValueMapType> {
    const given: Record<string, ort.Tensor> = {}
    this.inputNames.forEach((name, i) => {
      const feed = feeds[i]
      if (feed) given[name] = this.wrapped(feed, name)
    })
    try {
      return await this.inTurn(() => this.session.run(given))
    } catch (cause) {
      throw cause instanceof EngineError ? cause : engineError('running a model', cause)
    }
  }

  private wrapped(feed: Fed, name: string): ort.Tensor {
    if (!isResident(feed)) return this.wrap(feed)
    if (feed instanceof CardTensor) return feed.tensor
    throw new EngineError({
      where: `engine input '${name}'`,
      expected: "a tensor in this engine's memory",
      received: "one in another engine's",
    })
  }

  async release(): Promise<void> {
    if (this.released) return
    this.released = true
    abandoned.unregister(this)
    await this.free()
  }
}

function engineError(what: string, cause: unknown): Error {
  if (cause instanceof EngineError || cause instanceof UnsupportedError) return cause
  const message = cause instanceof Error ? cause.message : String(cause)
  if (/WebGPU is not supported|Failed to get (?:a WebGPU|GPU) adapter/.test(message)) {
    return new EngineError({
      where: 'webgpu engine',
      expected: 'a WebGPU adapter',
      received: 'none in this browser or page',
      remedy:
        'Use the wasm engine, or ask webgpuAvailable() first. WebGPU needs a secure page (https or localhost) and a graphics driver that the browser trusts.',
      cause,
    })
  }
  if (/no available backend found/.test(message)) {
    return new EngineError({
      where: 'onnxruntime-web, starting',
      expected: 'its files, ort-wasm-simd-threaded*.mjs and .wasm, where the page can fetch them',
      received: message,
      remedy:
        "Serve node_modules/onnxruntime-web/dist, and name the folder: createEngine('wasm', { wasmPaths: '/ort/' }).",
      cause,
    })
  }
  return new EngineError({
    where: `onnxruntime-web, ${what}`,
    expected: 'a model that the engine accepts',
    received: message,
    cause,
  })
}
