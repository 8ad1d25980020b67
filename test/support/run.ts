import { type TensorData, toNumbers } from '../../src/core/tensor-data.ts'
import { Graph } from '../../src/graph/graph.ts'
import type { Value } from '../../src/graph/value.ts'
import type { Engine } from '../../src/runtime/engine.ts'
import { Executable } from '../../src/runtime/executable.ts'
import { cpu } from '../../src/runtime/ort-node/index.ts'

export const testEngine = cpu({ threads: 1 })

/** Loads the graph from `inputs` to `outputs` and returns a function that runs it. */
export async function load(inputs: readonly Value[], outputs: readonly Value[], engine: Engine = testEngine) {
  const executable = await Executable.create(new Graph({ inputs, outputs }), engine)
  return (feeds: ReadonlyMap<Value, TensorData>) =>
    executable.run(
      inputs.map(input => {
        const feed = feeds.get(input)
        if (!feed) throw new Error(`no feed for ${input.name}`)
        return feed
      }),
    )
}

/** Runs once. */
export async function evaluate(
  outputs: readonly Value[],
  feeds: ReadonlyMap<Value, TensorData>,
  engine: Engine = testEngine,
): Promise<TensorData[]> {
  return (await load([...feeds.keys()], outputs, engine))(feeds)
}

/** Largest |a − b| over max(1, |b|): relative for large numbers, absolute for small ones. NaN equals NaN, infinity itself. */
export function worstError(a: TensorData, b: TensorData): number {
  if (a.dtype === 'string' && b.dtype === 'string')
    return a.data.join('\0') === b.data.join('\0') ? 0 : Number.POSITIVE_INFINITY
  const x = toNumbers(a)
  const y = toNumbers(b)
  if (x.length !== y.length) return Number.POSITIVE_INFINITY
  let worst = 0
  for (let i = 0; i < x.length; i++) {
    const p = x[i] ?? 0
    const q = y[i] ?? 0
    if (Object.is(p, q) || p === q) continue
    const error = Math.abs(p - q) / Math.max(1, Math.abs(q))
    worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(worst, error)
  }
  return worst
}
