import { ArgumentError } from '../core/errors.ts'
import type { Engine, EngineName, EngineOptions } from './engine.ts'
import type { Availability } from './probe.ts'

export type { Engine, EngineName, EngineOptions } from './engine.ts'

/** Makes an engine by name. Its ONNX Runtime is loaded here, so only the engines in use need to be installed. */
export async function createEngine(name: EngineName, options: EngineOptions = {}): Promise<Engine> {
  switch (name) {
    case 'cpu':
      return (await import('#ort-node')).cpu(options)
    case 'webgpu':
      return (await import('#webgpu')).webgpu(options)
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

/** Whether the WebGPU engine works here and, if not, why: in Node as in a browser it is tried with one negation. */
export async function webgpuAvailable(): Promise<Availability> {
  return (await import('#webgpu')).webgpuAvailable()
}
