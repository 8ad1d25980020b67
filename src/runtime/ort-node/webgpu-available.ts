import { type Availability, tryNegation } from '../probe.ts'
import { webgpu } from './engine.ts'

let found: Promise<Availability> | undefined

/**
 * Whether the WebGPU engine works here, found by running one negation on it; if not, why. On Linux it needs a Vulkan loader
 * (libvulkan.so.1) and a driver; without a GPU, Mesa's lavapipe and SwiftShader (VK_ICD_FILENAMES) are drivers, for checking only.
 */
export function webgpuAvailable(): Promise<Availability> {
  found ??= tryNegation(webgpu())
  return found
}
