export { type WasmOptions, wasm } from './engine.ts'
