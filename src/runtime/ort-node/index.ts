export { cpu, type NodeEngineOptions, webgpu } from './engine.ts'
export { type WebgpuAvailability, webgpuAvailable } from './webgpu-available.ts'
