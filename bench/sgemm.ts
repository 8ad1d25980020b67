import { Rng } from '../src/core/rng.ts'
import { Graph } from '../src/graph/graph.ts'
import { Value } from '../src/graph/value.ts'
import { matMul } from '../src/ops/math/mat-mul.ts'
import { Executable } from '../src/runtime/executable.ts'
import { createEngine } from '../src/runtime/index.ts'
import { type Program, programArguments, serve } from './serve.ts'

/** The machine's speed at matrix products, in this engine: a step is one float32 product of two square matrices. */
async function sgemm(): Promise<Program> {
  const { batch: size, threads } = programArguments()
  const engine = await createEngine('cpu', { threads })
  const type = { dtype: 'float32', shape: [size, size] } as const
  const [a, b] = [Value.input(type, 'a'), Value.input(type, 'b')]
  const executable = await Executable.create(new Graph({ inputs: [a, b], outputs: [matMul(a, b)] }), engine)
  const rng = new Rng(1)
  const matrix = () => ({ ...type, data: Float32Array.from({ length: size * size }, () => rng.normal()) })
  const [left, right, product] = [matrix(), matrix(), matrix()]
  return {
    version: engine.description,
    parameters: 0,
    async step() {
      await executable.run([left, right], [product])
      return product.data[0] ?? Number.NaN
    },
  }
}

await serve(sgemm)
