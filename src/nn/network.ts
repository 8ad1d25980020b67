import type { DType } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { Rng } from '../core/rng.ts'
import { formatShape, type Shape, sameShape } from '../core/shape.ts'
import { withScope } from '../graph/scope.ts'
import { type TensorType, Value } from '../graph/value.ts'
import { constant } from '../ops/constants.ts'
import type { Layer, LayerScope } from './layer.ts'
import { Variable } from './variable.ts'

/** How one trace of a network supplies what its layers ask for. */
export interface TraceOptions {
  readonly training: boolean
  /** The value that stands for a weight in this graph. */
  weight(variable: Variable): Value
  /** Random bits for a layer; absent outside of training. */
  key?(path: string): Value
}

export interface Trace {
  readonly output: Value
  /** New values of weights that the layers update themselves. */
  readonly updates: ReadonlyMap<Variable, Value>
  /** Each layer's output, for diagnosis and explanation. */
  readonly activations: readonly { readonly path: string; readonly value: Value }[]
}

/** Something with weights that maps a batch to outputs: what training, evaluation and export work on. */
export interface Network {
  readonly name: string
  /** Shape without the batch axis. */
  readonly inputShape: readonly number[]
  readonly inputDType: DType
  readonly outputType: TensorType
  /** All weights, in order of creation. */
  readonly variables: readonly Variable[]
  trace(x: Value, options: TraceOptions): Trace
}

/** Layers one after the other, each with a name that is unique in the network. */
export class LayerStack implements Network {
  readonly variables: readonly Variable[]
  readonly outputType: TensorType
  readonly layers: readonly {
    readonly path: string
    readonly layer: Layer
    readonly outputShape: Shape
    readonly parameters: number
  }[]

  constructor(
    readonly name: string,
    readonly inputShape: readonly number[],
    readonly inputDType: DType,
    layers: readonly Layer[],
    seed: number,
  ) {
    const named = nameLayers(layers)
    this.layers = named.map(({ path, layer }) => ({ path, layer, outputShape: [], parameters: 0 }))
    // The first trace, with a symbolic batch axis, makes the weights and finds every shape.
    const made = new Map<string, Variable>()
    const rng = new Rng(seed)
    const x = Value.input({ dtype: inputDType, shape: ['batch', ...inputShape] }, 'input')
    const { output, activations } = this.run(x, {
      training: false,
      create: (path, options) => {
        const initial = options.initializer.init(options.shape, rng.fork(path))
        const variable = new Variable(path, options.shape, options.trainable ?? true, options.initializer, initial)
        made.set(path, variable)
        return variable
      },
      find: path => made.get(path),
      weight: variable => Value.input({ dtype: 'float32', shape: variable.shape }, variable.path),
    })
    this.variables = [...made.values()]
    this.outputType = { dtype: output.dtype, shape: output.shape }
    this.layers = named.map(({ path, layer }, i) => ({
      path,
      layer,
      outputShape: activations[i]?.value.shape ?? [],
      parameters: this.variables
        .filter(variable => variable.path.startsWith(`${path}/`))
        .reduce((n, variable) => n + variable.size, 0),
    }))
  }

  trace(x: Value, options: TraceOptions): Trace {
    const byPath = new Map(this.variables.map(variable => [variable.path, variable]))
    return this.run(x, {
      ...options,
      find: path => byPath.get(path),
      create: path => {
        throw new ArgumentError({
          where: path,
          expected: 'a weight that the first trace asked for too',
          received: 'a new one',
          remedy: 'A layer must ask for the same weights in every trace.',
        })
      },
    })
  }

  private run(
    x: Value,
    options: TraceOptions & {
      find(path: string): Variable | undefined
      create(path: string, weight: Parameters<LayerScope['weight']>[1]): Variable
    },
  ): Trace {
    const updates = new Map<Variable, Value>()
    const values = new Map<Variable, Value>()
    const activations: { path: string; value: Value }[] = []
    let value = x
    for (const { path, layer } of this.layers) {
      const scope: LayerScope = {
        training: options.training,
        weight(name, wanted) {
          const full = `${path}/${name}`
          const variable = options.find(full) ?? options.create(full, wanted)
          if (!sameShape(variable.shape, wanted.shape)) {
            throw new ShapeError({
              where: full,
              expected: `the shape it was made with, ${formatShape(variable.shape)}`,
              received: formatShape(wanted.shape),
            })
          }
          const known = values.get(variable) ?? options.weight(variable)
          values.set(variable, known)
          return known
        },
        update(name, next) {
          const variable = options.find(`${path}/${name}`)
          if (!variable) throw new ArgumentError({ where: path, expected: 'a weight to update', received: `'${name}'` })
          updates.set(variable, next)
        },
        randomKey: () => options.key?.(path) ?? constant([0, 0], [2], 'int64'),
      }
      value = withScope(path, () => layer.call(value, scope))
      activations.push({ path, value })
    }
    return { output: value, updates, activations }
  }
}

/** Keras's automatic names: `dense`, `dense_1`, `max_pooling2d`, … */
function nameLayers(layers: readonly Layer[]): { path: string; layer: Layer }[] {
  const counts = new Map<string, number>()
  const taken = new Set<string>()
  return layers.map(layer => {
    let path = layer.name
    if (path === undefined) {
      const base = snakeCase(layer.type)
      const count = counts.get(base) ?? 0
      counts.set(base, count + 1)
      path = count === 0 ? base : `${base}_${count}`
    }
    if (taken.has(path))
      throw new ArgumentError({
        where: 'model',
        expected: 'layer names that do not repeat',
        received: `'${path}' twice`,
      })
    taken.add(path)
    return { path, layer }
  })
}

/** `MaxPooling2D` → `max_pooling2d`. */
const snakeCase = (type: string): string =>
  type
    .replace(/([A-Za-z0-9])([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
