import { performance } from 'node:perf_hooks'
import { allocate, type TensorData } from '../src/core/tensor-data.ts'
import type { Work } from './works/index.ts'

/** How `fit` did, over samples in a new order in each epoch. */
export interface FitFigures {
  readonly msPerStep: number
  /** The share of its time outside the native runtime: gathering batches, our code, its binding's JavaScript and the event loop. */
  readonly scriptShare: number
}

/** Runs `fit` for about a second and a half, and at least four steps, after an epoch that is not counted. */
export async function measureFit({ model, x, y }: Work, nativeMs: () => number): Promise<FitFigures> {
  const batchSize = x.shape[0] ?? 1
  const begunOne = performance.now()
  await model.trainOnBatch(x, y)
  const steps = Math.max(4, Math.min(200, Math.round(1500 / (performance.now() - begunOne))))
  const batches = Math.min(16, steps)
  const [samples, targets] = [repeated(x, batches), repeated(y, batches)]
  if (steps > batches) await model.fit(samples, targets, { batchSize, seed: 0 })
  const native = nativeMs()
  const begun = performance.now()
  const epochs = Math.ceil(steps / batches)
  await model.fit(samples, targets, { batchSize, epochs, seed: 1 })
  const ms = performance.now() - begun
  return { msPerStep: ms / (epochs * batches), scriptShare: 1 - (nativeMs() - native) / ms }
}

/** A batch several times over. */
function repeated(batch: TensorData, times: number): TensorData {
  const [count = 0, ...row] = batch.shape
  const data = allocate(batch.dtype, batch.data.length * times)
  for (let i = 0; i < data.length; i++) data[i] = batch.data[i % batch.data.length] ?? 0
  return { dtype: batch.dtype, shape: [count * times, ...row], data }
}
