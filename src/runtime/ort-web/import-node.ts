import { availableParallelism } from 'node:os'
import type * as ort from 'onnxruntime-web'
import type { WebProvider } from './runtime.ts'

/** The build of ONNX Runtime's WebAssembly for Node. It has no WebGPU. */
export const importRuntime = (_: WebProvider): Promise<typeof ort> => import('onnxruntime-web')

/** All cores. */
export const defaultThreads = (_: boolean): number | undefined => availableParallelism()
