import { expect } from 'vitest'
import { gradientsOf } from '../../src/autodiff/backward.ts'
import { batchOf } from '../../src/autodiff/batching.ts'
import { isFloat } from '../../src/core/dtype.ts'
import { EngineError } from '../../src/core/errors.ts'
import { Rng } from '../../src/core/rng.ts'
import { sizeOf, staticShape } from '../../src/core/shape.ts'
import { fromNumbers, type TensorData, toNumbers } from '../../src/core/tensor-data.ts'
import type { AnySample, Operator } from '../../src/graph/operator.ts'
import { Value } from '../../src/graph/value.ts'
import { add } from '../../src/ops/math/add.ts'
import { mul } from '../../src/ops/math/mul.ts'
import { reduceSum } from '../../src/ops/reduce/reduce-sum.ts'
import { evaluate, load, worstError } from './run.ts'
import { type DrawnSample, drawSample } from './samples.ts'

/** The thorough helper for operators: what every sample of every operator has to pass. */

const apply = (operator: Operator, sample: AnySample, { values }: DrawnSample) =>
  operator.apply(values, operator.toAttributes(sample.attributes))

/** The inferred types are what the runtime gives. */
export async function checkInference(operator: Operator, sample: AnySample, index: number): Promise<void> {
  const drawn = drawSample(operator, sample, index)
  const outputs = apply(operator, sample, drawn)
  const results = await evaluate(outputs, drawn.feeds)
  outputs.forEach((output, i) => {
    const shape = results[i]?.shape ?? []
    // A symbolic dimension (how many elements NonZero finds) may turn out any size.
    const expected = output.shape.map((dim, axis) => (typeof dim === 'string' ? shape[axis] : dim))
    expect({ dtype: results[i]?.dtype, shape: [...shape] }, `output ${i}`).toEqual({
      dtype: output.dtype,
      shape: expected,
    })
  })
}

/** Σ outputs·weights: a scalar that every output element takes part in, differently. */
function projection(outputs: readonly Value[], rng: Rng): Value | undefined {
  let total: Value | undefined
  for (const output of outputs) {
    if (!isFloat(output.dtype)) continue
    const shape = staticShape(output.shape)
    const weights = Value.constant(
      fromNumbers(
        output.dtype,
        shape,
        Array.from({ length: sizeOf(shape) }, () => rng.normal()),
      ),
    )
    const sum = reduceSum(mul(output, weights), undefined, { keepdims: 0 })
    total = total ? add(total, sum) : sum
  }
  return total
}

/**
 * Gradients against central differences along random directions, one input at a time; then, for the second order, the same
 * for a random projection of those gradients. In float64 where the engine has the kernels, else in float32 with wider bounds.
 */
export async function checkGradients(
  operator: Operator,
  sample: AnySample,
  index: number,
  order: 1 | 2,
): Promise<void> {
  if (sample.skip.float64) return checkGradientsIn('float32', operator, sample, index, order)
  try {
    await checkGradientsIn('float64', operator, sample, index, order)
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    await checkGradientsIn('float32', operator, sample, index, order)
  }
}

async function checkGradientsIn(
  float: 'float32' | 'float64',
  operator: Operator,
  sample: AnySample,
  index: number,
  order: 1 | 2,
): Promise<void> {
  const rng = new Rng(2).fork(`${operator.type}#${index}`)
  const drawn = drawSample(operator, sample, index, float)
  const variables = [...drawn.feeds.keys()].filter(value => isFloat(value.dtype))
  let target = projection(apply(operator, sample, drawn), rng)
  if (!target || variables.length === 0) return
  if (order === 2) {
    target = projection(gradientsOf(target, variables), rng)
    if (!target) return
  }
  const grads = gradientsOf(target, variables)
  const run = await load([...drawn.feeds.keys()], [target, ...grads])
  const [, ...atPoint] = await run(drawn.feeds)
  const step = float === 'float64' ? 1e-5 : 1e-2
  const tolerance = float === 'float64' ? (order === 1 ? 1e-6 : 1e-5) : 3e-2
  for (const [i, variable] of variables.entries()) {
    const base = drawn.feeds.get(variable)
    const grad = atPoint[i]
    if (!base || !grad) throw new Error('no gradient')
    for (let trial = 0; trial < 2; trial++) {
      const direction = Array.from({ length: base.data.length }, () => rng.normal())
      const at = async (t: number) =>
        toNumbers((await run(new Map([...drawn.feeds, [variable, moved(base, direction, t)]])))[0] ?? grad)[0] ?? 0
      const [ahead, behind] = [await at(step), await at(-step)]
      const numeric = (ahead - behind) / (2 * step)
      const g = toNumbers(grad)
      const analytic = direction.reduce((sum, d, j) => sum + d * (g[j] ?? 0), 0)
      const scale = Math.max(
        1,
        Math.abs(numeric),
        Math.abs(analytic),
        (Math.abs(ahead) + Math.abs(behind)) * (float === 'float32' ? 1e-2 : 1e-4),
      )
      expect(
        Math.abs(numeric - analytic) / scale,
        `d/d${variable.name} (${float}): differences give ${numeric}, the rule ${analytic}`,
      ).toBeLessThan(tolerance)
    }
  }
}

const moved = (base: TensorData, direction: readonly number[], t: number): TensorData =>
  fromNumbers(
    base.dtype === 'float64' ? 'float64' : 'float32',
    base.shape,
    toNumbers(base).map((x, i) => x + t * (direction[i] ?? 0)),
  )

/** vmap against a loop: with every input batched, and with each one batched alone. */
export async function checkBatching(operator: Operator, sample: AnySample, index: number): Promise<void> {
  const size = 3
  const draws = Array.from({ length: size }, (_, i) => drawSample(operator, sample, index + 1000 * i))
  const [first] = draws
  if (!first) return
  const examples = [...first.feeds.keys()]
  const outputs = apply(operator, sample, first)
  const choices = examples.length > 1 ? [examples, ...examples.map(one => [one])] : [examples]
  for (const chosen of choices) {
    const batches = chosen.map(example =>
      Value.input({ dtype: example.dtype, shape: [size, ...example.shape] }, `${example.name}_batch`),
    )
    const feeds = new Map<Value, TensorData>()
    const at = (example: Value, i: number): TensorData =>
      draws[i]?.feeds.get([...(draws[i]?.feeds.keys() ?? [])][examples.indexOf(example)] ?? example) as TensorData
    for (const [k, example] of chosen.entries()) {
      feeds.set(batches[k] as Value, stack(Array.from({ length: size }, (_, i) => at(example, i))))
    }
    for (const example of examples) if (!chosen.includes(example)) feeds.set(example, at(example, 0))
    const batched = batchOf(outputs, chosen, batches, size)
    const got = await evaluate(batched, feeds)
    const single = await load(examples, outputs)
    const looped: TensorData[][] = []
    for (let i = 0; i < size; i++)
      looped.push(
        await single(new Map(examples.map(example => [example, at(example, chosen.includes(example) ? i : 0)]))),
      )
    outputs.forEach((output, k) => {
      const want = stack(looped.map(results => results[k] as TensorData))
      const names = chosen.map(value => value.name).join(', ')
      expect(got[k]?.shape, `output ${k} with ${names} batched`).toEqual([size, ...output.shape])
      expect(batched[k]?.shape, `inferred shape of output ${k} with ${names} batched`).toEqual([size, ...output.shape])
      expect(worstError(got[k] as TensorData, want), `output ${k} with ${names} batched`).toBeLessThan(1e-4)
    })
  }
}

function stack(parts: readonly TensorData[]): TensorData {
  const [first] = parts
  if (!first) throw new Error('nothing to stack')
  if (first.dtype === 'string') {
    const data = parts.flatMap(part => Array.from(part.data, String))
    return { dtype: 'string', shape: [parts.length, ...first.shape], data }
  }
  return fromNumbers(
    first.dtype,
    [parts.length, ...first.shape],
    parts.flatMap(part => Array.from(toNumbers(part))),
  )
}
