import type * as ort from 'onnxruntime-web'
import { tensorWrapper } from '../ort-tensor.ts'
import { folderUrl } from './options.ts'

export type WebProvider = 'wasm' | 'webgpu'

type Ort = typeof ort

/** ONNX Runtime, loaded, the way its own tensors are made, and the way to take turns in it. */
export interface Loaded {
  readonly module: Ort
  readonly wrap: ReturnType<typeof tensorWrapper>
  inTurn<T>(work: () => Promise<T>): Promise<T>
}

let folder: string | undefined

/** Where the page fetches ONNX Runtime's files. The first one told holds for all engines, the default one as well. */
export function fetchFrom(wasmPaths: string): void {
  folder ??= folderUrl(wasmPaths)
}

export const isServed = (): boolean => folder !== undefined

const loading = new Map<WebProvider, Promise<Loaded>>()

/** Loads ONNX Runtime (14 MB of WebAssembly, 27 MB with WebGPU) when the first model is. The two are separate, each with its own memory. */
export function runtime(provider: WebProvider, threads: number | undefined): Promise<Loaded> {
  const known = loading.get(provider)
  if (known) return known
  const loaded = import('#import-ort-web').then(async ({ importRuntime, defaultThreads }) => {
    const module = await importRuntime(provider)
    const wanted = threads ?? defaultThreads(isServed())
    if (wanted !== undefined) module.env.wasm.numThreads = wanted
    if (folder !== undefined) module.env.wasm.wasmPaths = folder
    module.env.logLevel = 'error'
    return { module, wrap: tensorWrapper(module.Tensor), inTurn: provider === 'webgpu' ? takeTurns() : atOnce }
  })
  loading.set(provider, loaded)
  // What a network failed to bring may be asked for again.
  loaded.catch(() => loading.delete(provider))
  return loaded
}

const atOnce = <T>(work: () => Promise<T>): Promise<T> => work()

/** The build with WebGPU suspends WebAssembly while it waits for the adapter, and cannot be entered again before it has gone on. */
function takeTurns(): Loaded['inTurn'] {
  let last: Promise<unknown> = Promise.resolve()
  return work => {
    const mine = last.then(work, work)
    last = mine.catch(() => undefined)
    return mine
  }
}
