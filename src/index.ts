/** Tenon: deep learning for TypeScript. */

export type { DType } from './core/dtype.ts'
export { type ErrorCode, TenonError } from './core/errors.ts'
export type { TensorData } from './core/tensor-data.ts'
export {
  type Births,
  type Car,
  type DatasetOptions,
  type DownloadProgress,
  datasets,
  decodeIdx,
  type ImageDataset,
  type LabelledImages,
  type Penguin,
  type ScaledData,
  scaled,
} from './data/index.ts'
export { model } from './models/functional.ts'
export { loadModel } from './models/load.ts'
export type { Model } from './models/model.ts'
export { pure } from './models/pure.ts'
export { type Sequential, sequential } from './models/sequential.ts'
export * as activations from './nn/activations/index.ts'
export * as boundingBoxes from './nn/bounding-boxes/index.ts'
export * as constraints from './nn/constraints.ts'
export * as initializers from './nn/initializers.ts'
export type { AnyLayer, Layer, LayerDefinition, LayerScope, Symbolic } from './nn/layer.ts'
export * as layers from './nn/layers/index.ts'
export * as losses from './nn/losses.ts'
export { makeLayer } from './nn/make-layer.ts'
export * as metrics from './nn/metrics.ts'
export * as regularizers from './nn/regularizers.ts'
export { createEngine, type Engine, type EngineName, type EngineOptions, webgpuAvailable } from './runtime/index.ts'
export { evaluate, grad, jit, remat, Tensor, tensor, valueAndGrad, vjp, vmap } from './tensor/index.ts'
export type { Callback, TrainRun } from './train/callbacks/callback.ts'
export * as callbacks from './train/callbacks/index.ts'
export { progressBar } from './train/callbacks/progress-bar.ts'
export { adam, adamW } from './train/optimizers/adam.ts'
export * as optimizers from './train/optimizers/index.ts'
export { rmsprop } from './train/optimizers/rmsprop.ts'
export { sgd } from './train/optimizers/sgd.ts'
export * as schedules from './train/schedules/decays.ts'
