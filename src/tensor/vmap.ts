import { batchOf } from '../autodiff/batching.ts'
import type { DType } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { formatShape, normalizeAxis } from '../core/shape.ts'
import { Value } from '../graph/value.ts'
import { moveAxis } from './shaping.ts'
import { flatten, isPlain } from './structure.ts'
import { Tensor } from './tensor.ts'
import { trace } from './tracing.ts'

/**
 * Where the batch axis is: a number for every tensor below, `null` for tensors that are shared by the whole batch, or an array
 * or object with an entry for each child.
 */
export type Axes = number | null | readonly Axes[] | { readonly [key: string]: Axes }

export interface VmapOptions {
  /** For all arguments, or a list with an entry for each. Default 0. */
  readonly inAxes?: Axes
  /** Where the batch axis goes in the result. Default 0. */
  readonly outAxes?: Axes
}

/** The same tree with shapes that are not known literally: one example and a batch differ in an axis. */
export type AnyShape<T> =
  T extends Tensor<infer D extends DType, infer _>
    ? Tensor<D>
    : T extends object
      ? { readonly [K in keyof T]: AnyShape<T[K]> }
      : T

/**
 * `vmap(f)` applies a function of single examples to a batch, as one computation: f sees its arguments without the batch axis.
 * `vmap(grad(f))` gives per-example gradients.
 * Errors: ShapeError when batch sizes differ, NotBatchableError for an operator without a batching rule.
 */
export function vmap<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  { inAxes = 0, outAxes = 0 }: VmapOptions = {},
): (...args: AnyShape<A> & readonly unknown[]) => AnyShape<R> {
  return (...args) => {
    const flat = flatten<readonly unknown[]>(args)
    const axes = spread(args, inAxes, 'inAxes')
    const batched = flat.tensors
      .map((tensor, i) => ({ tensor, axis: axes[i] ?? null, index: i }))
      .filter(entry => entry.axis !== null)
    const size = batchSize(batched)

    const inputs = [...flat.tensors]
    const examples: Value[] = []
    const batches: Value[] = []
    for (const { tensor, axis, index } of batched) {
      const value = moveAxis(tensor.value, axis ?? 0, 0)
      const example = Value.input({ dtype: value.dtype, shape: value.shape.slice(1) })
      examples.push(example)
      batches.push(value)
      inputs[index] = new Tensor(example)
    }
    // One example has the arguments' own structure, which is all that A says beyond shapes.
    const result = trace('vmap', () => f(...(flat.rebuild(inputs) as readonly unknown[] as A)))
    const outputs = flatten(result)
    const places = spread(result, outAxes, 'outAxes')
    const values = batchOf(
      outputs.tensors.map(tensor => tensor.value),
      examples,
      batches,
      size,
    )
    return outputs.rebuild(values.map((value, i) => new Tensor(moveAxis(value, 0, places[i] ?? 0)))) as AnyShape<R>
  }
}

interface BatchedArgument {
  readonly tensor: Tensor
  readonly axis: number | null
  readonly index: number
}

function batchSize(batched: readonly BatchedArgument[]): number {
  const sizes = batched.map(
    ({ tensor, axis }) => tensor.shape[normalizeAxis(axis ?? 0, tensor.rank, 'vmap, inAxes')] ?? 0,
  )
  const [size] = sizes
  if (size === undefined) {
    throw new ArgumentError({
      where: 'vmap',
      expected: 'at least one batched argument',
      received: 'none',
      remedy: 'Give one of them an axis in inAxes.',
    })
  }
  if (sizes.some(other => other !== size)) {
    throw new ShapeError({
      where: 'vmap',
      expected: 'batch axes of one size',
      received: `${sizes.join(', ')} (shapes ${batched.map(({ tensor }) => formatShape(tensor.shape)).join(', ')})`,
      remedy: 'Use inAxes to say which axis is the batch, and null for arguments that all examples share.',
    })
  }
  return size
}

/** One entry for each tensor of the tree, from a specification that may stop at a branch. */
function spread(tree: unknown, axes: Axes, where: string): (number | null)[] {
  if (tree instanceof Tensor) {
    if (axes === null || typeof axes === 'number') return [axes]
    throw new ArgumentError({ where: `vmap, ${where}`, expected: 'an axis or null for a tensor', received: 'a tree' })
  }
  const children = Array.isArray(tree)
    ? tree.map((child: unknown, i): [string, unknown] => [String(i), child])
    : isPlain(tree)
      ? Object.entries(tree)
      : []
  return children.flatMap(([key, child]) =>
    spread(child, axes === null || typeof axes === 'number' ? axes : entry(axes, key, where), where),
  )
}

function entry(axes: readonly Axes[] | { readonly [key: string]: Axes }, key: string, where: string): Axes {
  const found: Axes | undefined = Object.entries(axes).find(([name]) => name === key)?.[1]
  if (found !== undefined) return found
  throw new ArgumentError({
    where: `vmap, ${where}`,
    expected: `an entry for '${key}'`,
    received: 'none',
    remedy: 'Give every argument or child an axis, or null.',
  })
}
