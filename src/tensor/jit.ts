import type { TensorData } from '../core/tensor-data.ts'
import { Graph } from '../graph/graph.ts'
import { formatType, Value } from '../graph/value.ts'
import type { Engine } from '../runtime/engine.ts'
import { ExecutableCache } from './cache.ts'
import { defaultEngine } from './default-engine.ts'
import { evaluateValues, planOf } from './evaluate-values.ts'
import { Call } from './source.ts'
import { type Flat, flatten } from './structure.ts'
import { Tensor } from './tensor.ts'
import { isTracing, trace } from './tracing.ts'

export interface JitOptions {
  /** Where to compile and run. Default: the CPU engine (WASM in a browser). */
  readonly engine?: Engine
  /** Compiled versions kept, one for each combination of structures, shapes and dtypes; the least recently used goes first. Default 32. */
  readonly maxVersions?: number
}

/** A function traced for one signature. */
interface Traced<R> {
  readonly graph: Graph
  /** Tensors the function reaches through its closure; fed with the arguments. */
  readonly captured: readonly Value[]
  readonly result: Flat<R>
}

/**
 * `jit(f)` traces a function once for every combination of argument structures, shapes and dtypes, and compiles it into one
 * session; further calls run that. It returns at once; the run happens when a result is read. Numbers and other static
 * arguments are part of the signature. Tensors that f closes over keep the elements they had when it was traced.
 * Inside another transform (or another jit) it is inlined.
 */
export function jit<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  options: JitOptions = {},
): (...args: A) => R {
  const maxVersions = options.maxVersions ?? 32
  const versions = new Map<string, Traced<R>>()
  let cache: ExecutableCache | undefined

  const engineOf = async () => options.engine ?? (await defaultEngine())
  const run = async (key: string, { graph, captured }: Traced<R>, args: readonly Value[]): Promise<TensorData[]> => {
    const engine = await engineOf()
    const inputs = await evaluateValues([...args, ...captured], engine)
    cache ??= new ExecutableCache(engine, maxVersions)
    return cache.run(key, () => graph, inputs)
  }

  return (...args) => {
    if (isTracing()) return f(...args)
    const flat = flatten<A>(args)
    const values = flat.tensors.map(tensor => tensor.value)
    const key = `${flat.key}|${values.map(value => formatType(value.type)).join(';')}`
    const traced = versions.get(key) ?? traceFor(f, flat, values)
    versions.delete(key)
    versions.set(key, traced)
    for (const oldest of versions.keys()) {
      if (versions.size <= maxVersions) break
      versions.delete(oldest)
    }
    const call = new Call(values, given => run(key, traced, given), traced.graph.outputs)
    return traced.result.rebuild(call.outputs.map(value => new Tensor(value)))
  }
}

function traceFor<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  flat: Flat<A>,
  values: readonly Value[],
): Traced<R> {
  const inputs = values.map(value => Value.input(value.type))
  const result = flatten(trace('jit', () => f(...flat.rebuild(inputs.map(value => new Tensor(value))))))
  const outputs = result.tensors.map(tensor => tensor.value)
  const captured = planOf(outputs, new Set(inputs)).leaves
  return { graph: new Graph({ name: f.name || 'jit', inputs: [...inputs, ...captured], outputs }), captured, result }
}
