import { EngineError } from '../../core/errors.ts'
import { Graph } from '../../graph/graph.ts'
import { Value } from '../../graph/value.ts'
import { neg } from '../../ops/math/neg.ts'
import { Executable } from '../executable.ts'
import { webgpu } from './engine.ts'

export type WebgpuAvailability = { readonly available: true } | { readonly available: false; readonly reason: string }

let found: Promise<WebgpuAvailability> | undefined

/**
 * Whether the WebGPU engine works here, found by running one negation on it; if not, why. On Linux it needs a Vulkan loader
 * (libvulkan.so.1) and a driver; without a GPU, SwiftShader (VK_ICD_FILENAMES) is one, for checking only.
 */
export function webgpuAvailable(): Promise<WebgpuAvailability> {
  found ??= probe()
  return found
}

async function probe(): Promise<WebgpuAvailability> {
  const x = Value.input({ dtype: 'float32', shape: [1] }, 'x')
  try {
    const executable = await Executable.create(new Graph({ inputs: [x], outputs: [neg(x)] }), webgpu())
    const [y] = await executable.run([{ dtype: 'float32', shape: [1], data: Float32Array.of(2) }])
    await executable.release()
    return y?.data[0] === -2
      ? { available: true }
      : { available: false, reason: `a negation gave ${String(y?.data[0])}` }
  } catch (error) {
    return { available: false, reason: error instanceof EngineError ? error.message : String(error) }
  }
}
