import type * as ort from 'onnxruntime-web'
import type { WebProvider } from './runtime.ts'

/** The builds for browsers: the one without WebGPU is half as large. */
export const importRuntime = (provider: WebProvider): Promise<typeof ort> =>
  provider === 'wasm' ? import('onnxruntime-web/wasm') : import('onnxruntime-web/webgpu')

/** ONNX Runtime's own choice where its files are `served` apart; its threads cannot be started from within a bundle. */
export const defaultThreads = (served: boolean): number | undefined => (served ? undefined : 1)
