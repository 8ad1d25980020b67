import { ArgumentError } from '../core/errors.ts'
import { formatShape, isStatic } from '../core/shape.ts'
import type { TensorData } from '../core/tensor-data.ts'
import { Value } from '../graph/value.ts'

/**
 * Where the elements of a value come from when no node of the graph computes them: they are there already, or a compiled
 * function has still to be called for them.
 */
export type Source = { readonly data: TensorData } | { readonly call: Call }

/** One call of a compiled (`jit`) function: made when the function is called, run when a result is wanted, run once. */
export class Call {
  /** Results, in order; each has this call as its source until it has run. */
  readonly outputs: readonly Value[]
  private done: Promise<void> | undefined

  constructor(
    /** Dropped after the run, so that a loop does not keep its history alive. */
    public args: readonly Value[],
    private readonly run: (args: readonly Value[]) => Promise<readonly TensorData[]>,
    types: readonly Value[],
  ) {
    this.outputs = types.map(({ type }) => Value.input(type))
    for (const output of this.outputs) sources.set(output, { call: this })
  }

  force(): Promise<void> {
    this.done ??= this.run(this.args).then(
      results => {
        this.outputs.forEach((output, i) => {
          const data = results[i]
          if (data) settle(output, data)
        })
        this.args = []
      },
      cause => {
        // The next reader tries again.
        this.done = undefined
        throw cause
      },
    )
    return this.done
  }
}

// A side table of values, not a registry: an entry lives exactly as long as its value does.
const sources = new WeakMap<Value, Source>()

export const sourceOf = (value: Value): Source | undefined => sources.get(value)

/** The elements of a value, if they are known already. */
export function dataOf(value: Value): TensorData | undefined {
  const source = sources.get(value)
  return value.constant ?? (source && 'data' in source ? source.data : undefined)
}

export function settle(value: Value, data: TensorData): void {
  sources.set(value, { data })
}

/** A value that holds elements, to be fed: what every graph of tensors starts from. */
export function leafOf(data: TensorData): Value {
  const value = Value.input({ dtype: data.dtype, shape: data.shape })
  settle(value, data)
  return value
}

/** Reading a value that stands for no elements: the argument of a function that is being traced. */
export const abstractError = (value: Value): ArgumentError =>
  new ArgumentError({
    where: 'reading a tensor',
    expected: 'a tensor that has elements',
    received: `${describe(value)}, an argument of a function while it is traced (by jit or vmap), which stands for any tensor of its type`,
    remedy: 'Return what you want to read from the function and read it outside; make decisions inside with where().',
  })

const describe = (value: Value): string =>
  value.type
    ? `${value.type.dtype}${formatShape(value.type.shape)}${isStatic(value.type.shape) ? '' : ' (symbolic)'}`
    : 'a value of unknown type'
