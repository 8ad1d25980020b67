/**
 * What a user of the published package sees: the built declarations, under strict settings and without `skipLibCheck`.
 * `npm run package` compiles this against dist/.
 */
import { createEngine, layers, sequential } from 'tenon'
import type { Report } from 'tenon/report'
import { grad, type Tensor, tensor } from 'tenon/tensor'

export async function train(): Promise<number> {
  const model = sequential([layers.input({ shape: [2] }), layers.dense({ units: 1 })])
  const compiled = model.compile({ loss: 'meanSquaredError', engine: await createEngine('cpu') })
  await compiled.fit([[0, 1]], [[1]])
  return (await compiled.evaluate([[0, 1]], [[1]])).loss
}

export const slope = async (x: number): Promise<number> =>
  grad((t: Tensor<'float32'>) => t.square().sum())(tensor(x)).item()

export const parametersOf = (report: Report): unknown => report
