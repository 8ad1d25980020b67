import { type Availability, tryNegation } from '../probe.ts'
import { webgpu } from './engine.ts'

export { wasm, webgpu } from './engine.ts'

let found: Promise<Availability> | undefined

/** Whether WebGPU works in this page, found by running one negation on it; if not, why. */
export function webgpuAvailable(): Promise<Availability> {
  found ??= tryNegation(webgpu())
  return found
}
