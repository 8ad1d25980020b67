import { ArgumentError } from '../core/errors.ts'
import type { Engine, EngineName } from './engine.ts'

export type { Engine, EngineName } from './engine.ts'

export interface EngineOptions {
  /** Threads inside one operator. Default: all cores. */
  readonly threads?: number
}

/** Makes an engine by name. Its ONNX Runtime is loaded here, so only the engines in use need to be installed. */
export async function createEngine(name: EngineName, options: EngineOptions = {}): Promise<Engine> {
  switch (name) {
    case 'cpu':
      return (await import('#ort-node')).cpu(options)
    case 'webgpu':
      return (await import('#ort-node')).webgpu(options)
    case 'wasm':
      return (await import('./ort-web/index.ts')).wasm(options)
    default:
      throw new ArgumentError({
        where: 'createEngine',
        expected: "'cpu', 'wasm' or 'webgpu'",
        received: `'${String(name)}'`,
      })
  }
}

/** Whether the WebGPU engine works here and, if not, why. It runs outside the browser only; see `webgpuAvailable` of ort-node. */
export async function webgpuAvailable(): Promise<
  { readonly available: true } | { readonly available: false; readonly reason: string }
> {
  return (await import('#ort-node')).webgpuAvailable()
}
