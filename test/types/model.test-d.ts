import { type DType, layers, type Sequential, sequential } from 'tenon'
import { grad, type Tensor, tensor } from 'tenon/tensor'
import { expectTypeOf } from 'vitest'

/** Checked by `npm run typecheck`; nothing here runs. */

export async function metricsNameResults(model: Sequential, x: number[][], y: number[]): Promise<void> {
  const compiled = model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] })
  const results = await compiled.evaluate(x, y)
  expectTypeOf(results).toEqualTypeOf<{ readonly loss: number; readonly accuracy: number }>()
  const { history } = await compiled.fit(x, y)
  expectTypeOf(history.accuracy).toEqualTypeOf<readonly number[]>()
  expectTypeOf(history.valLoss).toEqualTypeOf<readonly number[] | undefined>()
  // @ts-expect-error a metric that was not compiled
  results.meanAbsoluteError
}

export function optionsAreLiteral(model: Sequential): void {
  layers.conv2d({ filters: 8, kernelSize: 3, activation: 'relu', padding: 'same' })
  // @ts-expect-error no such activation
  layers.dense({ units: 3, activation: 'rellu' })
  // @ts-expect-error no such padding
  layers.conv2d({ filters: 8, kernelSize: 3, padding: 'full' })
  // @ts-expect-error no such loss
  model.compile({ loss: 'crossEntropy' })
  // @ts-expect-error a model is made of layers
  sequential([{ units: 3 }])
}

export function shapesFlow(): void {
  const a = tensor([1, 2, 3, 4, 5, 6], { shape: [2, 3] })
  const b = tensor([1, 2, 3, 4, 5, 6], { shape: [3, 2] })
  expectTypeOf(a.matMul(b).shape).toEqualTypeOf<readonly [2, 2]>()
  // @ts-expect-error the inner sizes differ
  a.matMul(a)
  // @ts-expect-error dtypes are not converted silently
  a.add(tensor([1n, 2n, 3n]))
}

export function gradientsHaveTheArgumentsForm(): void {
  const loss = (p: { w: Tensor<'float32'>; b: Tensor<'float32'> }, x: Tensor<'float32'>) => x.mul(p.w).add(p.b).sum()
  expectTypeOf(grad(loss)).returns.toEqualTypeOf<{ w: Tensor<'float32'>; b: Tensor<'float32'> }>()
  expectTypeOf(grad(loss, { argnums: 1 })).returns.toEqualTypeOf<Tensor<'float32'>>()
  expectTypeOf<DType>().extract<'bfloat16'>().toEqualTypeOf<'bfloat16'>()
}
