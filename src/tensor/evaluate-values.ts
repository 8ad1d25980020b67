import { EngineError } from '../core/errors.ts'
import type { TensorData } from '../core/tensor-data.ts'
import { Graph, usedBy } from '../graph/graph.ts'
import type { Node } from '../graph/node.ts'
import type { Value } from '../graph/value.ts'
import type { Engine } from '../runtime/engine.ts'
import { ExecutableCache } from './cache.ts'
import { structuralKey } from './key.ts'
import { abstractError, Call, dataOf, settle, sourceOf } from './source.ts'

/** Sessions kept for eager evaluation, per engine. */
const capacity = 64

// One cache for each engine that evaluates tensors; it goes when the engine does.
const caches = new WeakMap<Engine, ExecutableCache>()

function cacheOf(engine: Engine): ExecutableCache {
  const known = caches.get(engine)
  if (known) return known
  const cache = new ExecutableCache(engine, capacity)
  caches.set(engine, cache)
  return cache
}

/** What has to happen for some values to have elements: calls to run (in this order), then a graph from these leaves. */
interface Plan {
  readonly calls: readonly Call[]
  readonly leaves: readonly Value[]
}

/** Elements of values: pending calls first, then one graph for all of them. Remembered with the values. */
export async function evaluateValues(values: readonly Value[], engine: Engine): Promise<TensorData[]> {
  const open = values.filter(value => dataOf(value) === undefined)
  if (open.length > 0) {
    for (const call of planOf(open).calls) await call.force()
    const targets = [...new Set(open)].filter(value => dataOf(value) === undefined)
    // Planned again, since what calls returned are leaves now.
    if (targets.length > 0) await runGraph(targets, planOf(targets).leaves, engine)
  }
  return values.map(value => dataOf(value) ?? missing())
}

async function runGraph(targets: readonly Value[], leaves: readonly Value[], engine: Engine): Promise<void> {
  const graph = new Graph({ name: 'tensors', inputs: leaves, outputs: targets })
  const results = await cacheOf(engine).run(
    structuralKey(graph),
    () => graph,
    leaves.map(leaf => dataOf(leaf) ?? missing()),
  )
  targets.forEach((target, i) => {
    settle(target, results[i] ?? missing())
  })
}

/** Walks from values back to where elements are, without recursion: a loop may have chained thousands of operations. */
export function planOf(values: readonly Value[], given: ReadonlySet<Value> = new Set()): Plan {
  const calls: Call[] = []
  const leaves: Value[] = []
  const nodes = new Set<Node>()
  const seen = new Set<Value | Call>()
  const stack: (Value | Call)[] = [...values].reverse()
  for (let item = stack.pop(); item; item = stack.pop()) {
    if (item instanceof Call) {
      // Met for the second time, its arguments are done: calls come out in the order they have to run in.
      calls.push(item)
      continue
    }
    if (seen.has(item)) continue
    seen.add(item)
    if (given.has(item) || item.constant) continue
    const source = sourceOf(item)
    if (source && 'data' in source) leaves.push(item)
    else if (source) {
      if (given.size > 0) leaves.push(item)
      else if (!seen.has(source.call)) {
        seen.add(source.call)
        stack.push(source.call, ...source.call.args)
      }
    } else if (item.node) {
      if (nodes.has(item.node)) continue
      nodes.add(item.node)
      stack.push(...usedBy(item.node).reverse())
    } else throw abstractError(item)
  }
  // A node that runs anyway for another of its outputs makes this one again.
  return { calls, leaves: leaves.filter(leaf => !leaf.node || !nodes.has(leaf.node)) }
}

const missing = (): never => {
  throw new EngineError({ where: 'evaluating tensors', expected: 'a result for every output', received: 'fewer' })
}
