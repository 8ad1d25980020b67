import { availableParallelism } from 'node:os'
import * as ort from 'onnxruntime-node'
import { flattenScans } from '../../compile/flatten-scans.ts'
import { expandBatchStatistics } from '../../compile/passes/batch-statistics.ts'
import { ChannelBlocks } from '../../compile/passes/convolutions/channel-blocks-forms.ts'
import { lowerConvolutions } from '../../compile/passes/lower-convolutions.ts'
import { lowerProducts } from '../../compile/passes/lower-products.ts'
import { dtypes } from '../../core/dtype.ts'
import { EngineError } from '../../core/errors.ts'
import type { TensorData } from '../../core/tensor-data.ts'
import type { Graph } from '../../graph/graph.ts'
import { type Engine, type EngineName, type Fed, isResident, type LoadOptions, type Session } from '../engine.ts'
import { fromOrt, tensorWrapper } from '../ort-tensor.ts'
import { computesFloat16 } from '../probe.ts'
import { CardTensor, toCard } from './card.ts'
import { measureChannelBlock } from './channel-block.ts'
import { guardName, isRefusal, withCopyGuard } from './copy-guard.ts'

const toOrt = tensorWrapper(ort.Tensor)

export interface NodeEngineOptions {
  /** Threads inside one operator. Default: all cores. */
  readonly threads?: number
}

/** ONNX Runtime on the CPU (MLAS kernels). */
export const cpu = (options: NodeEngineOptions = {}): Engine => nodeEngine('cpu', options)

/** ONNX Runtime on WebGPU (Dawn: Vulkan, Metal or D3D12), outside the browser. */
export function webgpu(options: NodeEngineOptions = {}): Engine {
  const engine = nodeEngine('webgpu', options)
  return { ...engine, memory: { write: toCard }, computesFloat16: () => computesFloat16(engine) }
}

function nodeEngine(name: EngineName, options: NodeEngineOptions): Engine {
  const threads = options.threads ?? availableParallelism()
  const provider = name === 'webgpu' ? 'webgpu' : 'cpu'
  return {
    name,
    description: `onnxruntime-node ${ort.env.versions.node ?? ''}, ${provider}, ${threads} threads`,
    writesInPlace: true,
    prepare: async (graph, load) => {
      const prepared = await (provider === 'cpu' ? inBlocks(graph) : onGpu(graph))
      // The binding looks up where a result stays by its place among those fetched: no output may be left out.
      return load?.resident ? prepared : withCopyGuard(prepared)
    },
    dtypes: new Set(dtypes.filter(dtype => dtype !== 'bfloat16')),
    load: (model, load) => loadSession(model, provider, threads, load),
  }
}

const onGpu = (graph: Graph): Graph => flattenScans(expandBatchStatistics(lowerConvolutions(graph, undefined)))

/** The graph in the CPU kernels' own layout where that is faster (docs/adr/0020, 0021). */
async function inBlocks(graph: Graph): Promise<Graph> {
  const block = await channelBlock()
  return lowerConvolutions(
    lowerProducts(graph, block),
    block === undefined ? undefined : uses => new ChannelBlocks(block, uses),
  )
}

let foundBlock: Promise<number | undefined> | undefined

/** How many channels lie together in the engine's own layout for convolutions, where it has one. Found out once per process. */
export function channelBlock(): Promise<number | undefined> {
  foundBlock ??= measureChannelBlock(model => loadSession(model, 'cpu', 1))
  return foundBlock
}

async function loadSession(
  model: Uint8Array | string,
  provider: string,
  threads: number,
  load: LoadOptions = {},
): Promise<Session> {
  const options: ort.InferenceSession.SessionOptions = {
    executionProviders: [provider],
    // With memory patterns, the second run gets one block for all intermediate results, and the chunks of the first run are
    // kept beside it: a third more memory, and no time is saved.
    enableMemPattern: false,
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: load.optimize === 'none' ? 'disabled' : (load.optimize ?? 'all'),
    ...(load.resident
      ? { preferredOutputLocation: Object.fromEntries([...load.resident].map(name => [name, 'gpu-buffer'])) }
      : {}),
    ...(load.profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: load.profile }),
    logSeverityLevel: load.silent ? 4 : 3,
    // Sessions of one process (training, validation) would fight for the cores if each one's threads kept spinning between runs.
    extra: { session: { force_spinning_stop: '1' } },
  }
  try {
    // The binding overloads path and bytes; TypeScript wants them told apart.
    const session =
      typeof model === 'string'
        ? await ort.InferenceSession.create(model, options)
        : await ort.InferenceSession.create(model, options)
    return new NodeSession(session)
  } catch (cause) {
    throw engineError('loading a model', cause)
  }
}

class NodeSession implements Session {
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]

  private readonly guarded: boolean
  /** What runs have left on the card, and nobody has given back. */
  private readonly left = new Set<ort.Tensor>()

  constructor(private readonly session: ort.InferenceSession) {
    this.inputNames = session.inputNames
    this.outputNames = session.outputNames.filter(name => name !== guardName)
    this.guarded = this.outputNames.length < session.outputNames.length
  }

  // Plain loops: a training step names dozens of tensors, and comes here when the kernels have emptied the caches.
  async run(feeds: readonly TensorData[], outputs?: readonly (TensorData | undefined)[]): Promise<TensorData[]> {
    const { inputNames, outputNames } = this
    const given: Record<string, ort.Tensor> = {}
    for (let i = 0; i < inputNames.length; i++) {
      const feed = feeds[i]
      if (feed) given[inputNames[i] ?? ''] = toOrt(feed)
    }
    const skipsCopies = this.guarded && outputs !== undefined && isComplete(outputs, outputNames.length)
    const wanted: Record<string, ort.Tensor | null> = skipsCopies ? { [guardName]: null } : {}
    for (let i = 0; i < outputNames.length; i++) {
      const output = outputs?.[i]
      wanted[outputNames[i] ?? ''] = output ? toOrt(output) : null
    }
    try {
      const results = await this.session.run(given, wanted)
      return outputNames.map((name, i) => outputs?.[i] ?? fromOrt(results[name], name))
    } catch (cause) {
      if (skipsCopies && isRefusal(cause)) return [...outputs]
      throw engineError('running a model', cause)
    }
  }

  async runResident(feeds: readonly Fed[]): Promise<Fed[]> {
    const { inputNames, outputNames } = this
    const given = Object.fromEntries(inputNames.flatMap((name, i) => (feeds[i] ? [[name, fedAs(feeds[i], name)]] : [])))
    try {
      const results = await this.session.run(given, outputNames)
      return outputNames.map(name => {
        const tensor = results[name]
        return tensor?.location === 'gpu-buffer' ? this.onCard(tensor) : fromOrt(tensor, name)
      })
    } catch (cause) {
      throw engineError('running a model', cause)
    }
  }

  /** Apart from `runResident`, since a function holds all that the one around it has: each result would hold the feeds it was made of. */
  private onCard(tensor: ort.Tensor): CardTensor {
    const { session, left } = this
    left.add(tensor)
    return new CardTensor(tensor, tensor.dims, session, () => {
      if (left.delete(tensor)) tensor.dispose()
    })
  }

  async release(): Promise<void> {
    // Their memory is managed by the session.
    for (const tensor of this.left) tensor.dispose()
    this.left.clear()
    await this.session.release()
  }
}

function fedAs(feed: Fed, name: string): ort.Tensor {
  if (!isResident(feed)) return toOrt(feed)
  if (feed instanceof CardTensor) return feed.tensor
  throw new EngineError({
    where: `engine input '${name}'`,
    expected: "a tensor in this engine's memory",
    received: "one in another engine's",
  })
}

function isComplete(outputs: readonly (TensorData | undefined)[], count: number): outputs is readonly TensorData[] {
  for (let i = 0; i < count; i++) if (!outputs[i]) return false
  return true
}

function engineError(what: string, cause: unknown): EngineError {
  const message = cause instanceof Error ? cause.message : String(cause)
  if (/Failed to get a WebGPU adapter/.test(message)) {
    return new EngineError({
      where: 'webgpu engine',
      expected: 'a WebGPU adapter (a GPU with a Vulkan, Metal or D3D12 driver)',
      received: 'none',
      remedy:
        'Use the cpu engine, or install a driver; on Linux the Vulkan loader (libvulkan.so.1) is needed too. Ask webgpuAvailable() first.',
      cause,
    })
  }
  return new EngineError({
    where: `onnxruntime-node, ${what}`,
    expected: 'a model that the engine accepts',
    received: message,
    cause,
  })
}
