export { cpu, type NodeEngineOptions, webgpu } from './engine.ts'
