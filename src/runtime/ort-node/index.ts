export { cpu, type NodeEngineOptions, webgpu } from './engine.ts'
export { webgpuAvailable } from './webgpu-available.ts'
