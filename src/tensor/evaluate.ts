import { defaultEngine } from './default-engine.ts'
import { evaluateValues } from './evaluate-values.ts'
import { flatten } from './structure.ts'
import { type ReadOptions, Tensor } from './tensor.ts'
import { refuseWhileTracing } from './tracing.ts'

/**
 * Computes all tensors of a tree at once, as one graph, so that what they share is computed once; returns the tree with the
 * computed tensors, whose elements are there.
 *
 * `const [loss, grads] = await evaluate(valueAndGrad(f)(w))`
 */
export async function evaluate<T>(tree: T, options: ReadOptions = {}): Promise<T> {
  refuseWhileTracing('evaluate')
  const flat = flatten(tree)
  const engine = options.engine ?? (await defaultEngine())
  await evaluateValues(
    flat.tensors.map(tensor => tensor.value),
    engine,
  )
  return flat.rebuild(flat.tensors.map(tensor => new Tensor(tensor.value)))
}
