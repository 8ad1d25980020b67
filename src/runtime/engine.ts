import type { DType } from '../core/dtype.ts'
import type { TensorData } from '../core/tensor-data.ts'
import type { Graph } from '../graph/graph.ts'

export type EngineName = 'cpu' | 'wasm' | 'webgpu'

export interface EngineOptions {
  /** Threads inside one operator. Default: all cores. */
  readonly threads?: number
  /**
   * For browsers: the URL of the folder that ONNX Runtime's `.mjs` and `.wasm` files are served from. Default: where the bundle is.
   */
  readonly wasmPaths?: string
}

/** An ONNX Runtime somewhere. One interface; `ort-node/` and `ort-web/` implement it. */
export interface Engine {
  readonly name: EngineName
  /** What a person reads in a report: `onnxruntime-node 1.30.0, CPU, 2 threads`. */
  readonly description: string
  /** Outputs can be written straight into given arrays. */
  readonly writesInPlace: boolean
  /** What is made of a graph before it is loaded here: the forms of its operators that the engine is fastest with, and what its binding needs. */
  prepare?(graph: Graph, options?: LoadOptions): Graph | Promise<Graph>
  /** Element types that tensors may cross the border with. */
  readonly dtypes: ReadonlySet<DType>
  /** The engine's own memory, where it computes on one (a graphics card's): tensors may stay there between runs. Absent elsewhere. */
  readonly memory?: EngineMemory
  /** Whether kernels compute in float16, or on this adapter do. Absent where they never do. */
  computesFloat16?(): Promise<boolean>
  /** Loads an ONNX model: its bytes, or a path where there is a file system (needed beyond 2 GB, and for external data). */
  load(model: Uint8Array | string, options?: LoadOptions): Promise<Session>
}

/** Memory that is not JavaScript's. */
export interface EngineMemory {
  /** Copies a tensor there. */
  write(tensor: TensorData<'float32'>): Promise<ResidentTensor>
}

/** A tensor in an engine's own memory. It is given back with `release`, with what it belongs to, or when nobody holds it any more. */
export interface ResidentTensor {
  readonly dtype: DType
  readonly shape: readonly number[]
  /** A copy of its elements. */
  read(): Promise<TensorData>
  /** Gives the memory back. Again, and after the engine has done so, it does nothing. */
  release(): void
}

/** What a run takes, or gives: a tensor here or in the engine's memory. */
export type Fed = TensorData | ResidentTensor

export const isResident = (tensor: Fed): tensor is ResidentTensor => 'read' in tensor

export interface LoadOptions {
  /** Names of float32 outputs that `runResident` leaves in the engine's memory, for engines that have one. Default: none. */
  readonly resident?: ReadonlySet<string>
  /** Writes ONNX Runtime's profile (JSON) to a file with this prefix. */
  readonly profile?: string
  /**
   * ONNX Runtime's own graph optimisations. Default: all. `extended` leaves out its changes of layout, which pay for models with
   * constant weights and cost where weights are inputs, as in training.
   */
  readonly optimize?: 'all' | 'extended' | 'none'
  /** ONNX Runtime prints no errors besides throwing them: for finding out what an engine can. */
  readonly silent?: boolean
}

/** A loaded model. Freed when it is no longer reachable, or at once with `release`. */
export interface Session {
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  /**
   * Runs once. `outputs` are arrays to write into, for engines that can; the result holds them, or fresh tensors.
   * Feeds are in the order of `inputNames`, results in the order of `outputNames`.
   */
  run(feeds: readonly TensorData[], outputs?: readonly (TensorData | undefined)[]): Promise<TensorData[]>
  /** `run`, where feeds may lie in the engine's memory, and the outputs that `resident` named stay there. Only with `Engine.memory`. */
  runResident?(feeds: readonly Fed[]): Promise<readonly Fed[]>
  release(): Promise<void>
}
