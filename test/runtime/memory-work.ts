/** Run by memory.test.ts in a process of its own: does each work, warmed up first, and prints how many megabytes it left behind. */
import { endure } from '../../bench/endurance.ts'
import { fromNumbers, zeros } from '../../src/core/tensor-data.ts'
import { Graph } from '../../src/graph/graph.ts'
import { Value } from '../../src/graph/value.ts'
import { add } from '../../src/ops/math/add.ts'
import { matMul } from '../../src/ops/math/mat-mul.ts'
import { relu } from '../../src/ops/nn/relu.ts'
import { Executable } from '../../src/runtime/executable.ts'
import { cpu } from '../../src/runtime/ort-node/index.ts'
import { grad, jit, random, type Tensor } from '../../src/tensor/index.ts'

const engine = cpu({ threads: 1 })

/** x·W + b, with a weight of n × n as an initializer. */
function model(n: number): Graph {
  const x = Value.input({ dtype: 'float32', shape: [1, n] }, 'x')
  const w = Value.constant(fromNumbers('float32', [n, n], new Float32Array(n * n).fill(0.5)))
  return new Graph({ inputs: [x], outputs: [relu(add(matMul(x, w), x))] })
}

async function sessions(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const executable = await Executable.create(model(192), engine)
    await executable.run([zeros('float32', [1, 192])])
    // The collector sees a small object; what hangs on it is ONNX Runtime's.
    if (i % 20 === 0) await collect()
  }
}

async function runs(count: number): Promise<void> {
  const executable = await Executable.create(model(16), engine)
  const inputs = [zeros('float32', [1, 16])]
  const outputs = [zeros('float32', [1, 16])]
  for (let i = 0; i < count; i++) await executable.run(inputs, i % 2 === 0 ? outputs : undefined)
}

const f = (w: Tensor<'float32'>) => w.square().mean()
const step = jit((w: Tensor<'float32'>) => w.sub(grad(f)(w).mul(0.1)), { engine })

async function tensors(count: number): Promise<void> {
  let w: Tensor<'float32'> = random.normal([64, 256], { seed: 1 })
  for (let i = 0; i < count; i++) {
    w = step(w).mul(1.0001)
    if (i % 10 === 0) await w.mean().item({ engine })
    await w.data({ engine })
  }
}

const training = (count: number): Promise<void> => endure(engine, count, count, () => undefined)

async function collect(): Promise<void> {
  globalThis.gc?.()
  // Finalizers run between tasks.
  await new Promise(resolve => setTimeout(resolve, 5))
}

async function resident(): Promise<number> {
  for (let i = 0; i < 3; i++) await collect()
  return process.memoryUsage().rss / 2 ** 20
}

const works = {
  sessions: [sessions, 20, 300],
  runs: [runs, 500, 10_000],
  tensors: [tensors, 50, 600],
  training: [training, 1000, 3000],
} as const
const megabytes: Record<string, number> = {}
for (const [name, [work, warmUp, count]] of Object.entries(works)) {
  await work(warmUp)
  const before = await resident()
  await work(count)
  megabytes[name] = (await resident()) - before
}
console.log(JSON.stringify(megabytes))
