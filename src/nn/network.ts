import type { DType } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { Rng } from '../core/rng.ts'
import type { Shape } from '../core/shape.ts'
import { type TensorType, Value } from '../graph/value.ts'
import { identity } from '../ops/math/identity.ts'
import { type AnyLayer, type InputSpec, type LayerCall, type LayerInputs, type Prepare, Symbolic } from './layer.ts'
import { nameInputs, nameLayers } from './names.ts'
import { latest, runLayer } from './run-layer.ts'
import { Variable, type Weight } from './variable.ts'

/** How one trace of a network supplies what its layers ask for. */
export interface TraceOptions {
  readonly training: boolean
  /** The value that stands for a weight in this graph. */
  weight(variable: Variable): Value
  /** Random bits for a layer; absent outside of training. */
  key?(path: string): Value
  /** Layers whose activations are not kept for the backward pass. */
  rematerialize?(path: string): boolean
}

export interface Trace {
  readonly outputs: readonly Value[]
  /** Which steps of each output count, where a mask came through. */
  readonly masks: readonly (Value | undefined)[]
  /** New values of weights that the layers update themselves. */
  readonly updates: ReadonlyMap<Variable, Value>
  /** Scalars that join the loss: regularisation of weights and of layers' outputs. */
  readonly losses: readonly Value[]
  /** Each layer's outputs, for diagnosis and explanation. */
  readonly activations: readonly { readonly path: string; readonly value: Value }[]
}

export interface NetworkInput {
  readonly name: string
  /** Without the batch axis; `null` where it varies. */
  readonly shape: readonly (number | null)[]
  readonly dtype: DType
  readonly batchSize: number | undefined
  /** What all that read it want done to its data before they come to the graph. */
  readonly prepare?: Prepare | undefined
}

export interface NetworkOutput {
  readonly name: string
  readonly type: TensorType
}

/** Something with weights that maps a batch to outputs: what training, evaluation and export work on. */
export interface Network {
  readonly name: string
  readonly inputs: readonly NetworkInput[]
  readonly outputs: readonly NetworkOutput[]
  /** All weights, in order of creation. */
  readonly variables: readonly Variable[]
  trace(inputs: readonly Value[], options: TraceOptions): Trace
}

/** One application of a layer in a network: its place, and where its inputs come from. */
export interface Step {
  readonly path: string
  readonly call: LayerCall
  /** What it takes: network inputs or outputs of earlier steps. */
  readonly inputs: readonly Symbolic[]
  readonly outputs: readonly Symbolic[]
}

/** A layer of a network, once, however often it is applied. */
export interface PlacedLayer {
  readonly path: string
  readonly layer: AnyLayer
  /** Of its first application's first output. */
  readonly outputShape: Shape
  /** Number of weights. */
  readonly parameters: number
}

/** The network between some symbolic tensors and others: layers in a row, or any graph of them. */
export class LayerGraph implements Network {
  readonly inputs: readonly NetworkInput[]
  readonly outputs: readonly NetworkOutput[]
  readonly variables: readonly Variable[]
  readonly layers: readonly PlacedLayer[]
  /** Applications in the order they run. */
  readonly steps: readonly Step[]
  private readonly byWeight: ReadonlyMap<Weight, Variable>

  constructor(
    readonly name: string,
    readonly inputTensors: readonly Symbolic[],
    readonly outputTensors: readonly Symbolic[],
    seed: number,
    outputNames?: readonly string[],
    inputNames?: readonly string[],
  ) {
    const specs = inputTensors.map(specOf)
    const calls = callsBetween(name, inputTensors, outputTensors)
    const paths = nameLayers([...new Set(calls.map(({ layer }) => layer))])
    const names = inputNames ?? nameInputs(specs.map(spec => spec.name))
    this.inputs = specs.map((spec, i) => {
      const tensor = inputTensors[i]
      const prepare = tensor && !outputTensors.includes(tensor) ? preparationOf(tensor, calls) : undefined
      return { ...spec, name: names[i] ?? 'input', ...(prepare ? { prepare } : {}) }
    })
    this.steps = calls.map(call => ({
      path: paths.get(call.layer) ?? call.layer.type,
      call,
      inputs: call.inputs,
      outputs: outputsOf(call, calls, outputTensors),
    }))

    // The first trace finds the weights and every layer's output; those that are new are drawn from the seed.
    const found = new Map<Weight, Variable>()
    const x = this.inputs.map(input => Value.input({ dtype: input.dtype, shape: symbolicShape(input) }, input.name))
    const { outputs, activations } = this.run(x, {
      training: false,
      weight: (weight, path, owners) => {
        if (!found.has(weight)) found.set(weight, new Variable(path, weight, owners))
        return Value.input({ dtype: 'float32', shape: weight.shape }, path)
      },
    })
    const rng = new Rng(seed)
    for (const [weight, { path }] of found) weight.initialize(rng.fork(path))
    this.byWeight = found
    this.variables = [...found.values()]
    const given = outputNames ?? uniqueNames(outputTensors.map(tensor => nameOf(tensor, paths)))
    this.outputs = outputs.map((value, i) => ({
      name: given[i] ?? `output_${i}`,
      type: { dtype: value.dtype, shape: value.shape },
    }))
    this.layers = [...paths].map(([layer, path]) => ({
      path,
      layer,
      outputShape: activations.find(activation => activation.path === path)?.value.shape ?? [],
      parameters: this.variables
        .filter(variable => variable.path.startsWith(`${path}/`))
        .reduce((n, variable) => n + variable.size, 0),
    }))
  }

  trace(inputs: readonly Value[], options: TraceOptions): Trace {
    const used = new Map<Variable, Value>()
    const traced = this.run(inputs, {
      training: options.training,
      ...(options.key ? { key: options.key } : {}),
      ...(options.rematerialize ? { rematerialize: options.rematerialize } : {}),
      weight: (weight, path) => {
        const variable = this.byWeight.get(weight)
        if (!variable) {
          throw new ArgumentError({
            where: path,
            expected: 'a weight that the first trace asked for too',
            received: 'a new one',
            remedy: 'A layer must ask for the same weights in every trace.',
          })
        }
        const value = used.get(variable) ?? options.weight(variable)
        used.set(variable, value)
        return value
      },
    })
    const penalties = this.variables.flatMap(variable => {
      const { regularizer, trainable, weight } = variable
      const value = used.get(variable)
      // Layers come first: one that replaced its weight is penalised for what it left.
      return regularizer && trainable && value ? [regularizer.call(latest(traced, weight, value))] : []
    })
    const updates = new Map<Variable, Value>()
    for (const [weight, value] of traced.updates) {
      const variable = this.byWeight.get(weight)
      if (variable) updates.set(variable, value)
    }
    return { ...traced, updates, losses: [...traced.losses, ...penalties] }
  }

  /** Runs all layers in the middle of another trace: how a model becomes a layer of a larger one. */
  runInside(
    inputs: readonly Value[],
    step: (path: string, layer: AnyLayer, inputs: LayerInputs, call: LayerCall) => readonly Value[],
    setMask: (value: Value, mask: Value | undefined, standsFor: Value) => void,
  ): readonly Value[] {
    const values = new Map<Symbolic, Value>()
    this.inputTensors.forEach((tensor, i) => {
      const value = inputs[i]
      if (value) values.set(tensor, value)
    })
    for (const { path, call, outputs } of this.steps) {
      const [first, ...others] = call.inputs.map((tensor, i) => {
        const value = lookUp(values, tensor, path)
        const given = call.masks[i]
        if (given === undefined) return value
        // A value of its own: whoever else reads this one sees the mask that it came with.
        const own = identity(value)
        setMask(own, given ? lookUp(values, given, path) : undefined, value)
        return own
      })
      if (!first) continue
      const results = step(path, call.layer, [first, ...others], call)
      for (const output of outputs) {
        const result = 'call' in output.origin ? results[output.origin.index] : undefined
        if (result) values.set(output, result)
      }
    }
    return this.outputTensors.map(tensor => lookUp(values, tensor, this.name))
  }

  private run(
    inputs: readonly Value[],
    options: {
      readonly training: boolean
      weight(weight: Weight, path: string, owners: readonly AnyLayer[]): Value
      key?(path: string): Value
      rematerialize?(path: string): boolean
    },
  ) {
    const tracing = {
      ...options,
      masks: new Map<Value, Value>(),
      replacedMasks: new Map<Value, Value | undefined>(),
      updates: new Map<Weight, Value>(),
      losses: [] as Value[],
    }
    const activations: { path: string; value: Value }[] = []
    const outputs = this.runInside(
      inputs,
      (path, layer, given, call) => {
        const results = runLayer(tracing, path, layer, given, call.options)
        for (const value of results) activations.push({ path, value })
        return results
      },
      (value, mask, standsFor) => {
        if (mask) tracing.masks.set(value, mask)
        tracing.replacedMasks.set(value, tracing.masks.get(standsFor))
      },
    )
    const masks = outputs.map(value => tracing.masks.get(value))
    return { outputs, masks, updates: tracing.updates, losses: tracing.losses, activations }
  }
}

function nameOf({ origin }: Symbolic, paths: ReadonlyMap<AnyLayer, string>): string {
  if ('input' in origin) return origin.input.name ?? 'input'
  return paths.get(origin.call.layer) ?? origin.call.layer.type
}

/** A layer with several outputs, or applied several times, names each but the first with a number. */
const uniqueNames = (names: readonly string[]): readonly string[] =>
  names.map((name, i) => {
    const before = names.slice(0, i).filter(other => other === name).length
    return before === 0 ? name : `${name}_${before}`
  })

function lookUp(values: ReadonlyMap<Symbolic, Value>, tensor: Symbolic, where: string): Value {
  const value = values.get(tensor)
  if (value) return value
  throw new ArgumentError({ where, expected: 'a tensor of this model', received: 'one of another' })
}

/** Shape for a first trace: sizes that vary have names, which tell them apart. */
const symbolicShape = ({ name, shape, batchSize }: NetworkInput): Shape => [
  batchSize ?? 'batch',
  ...shape.map((dim, i) => dim ?? `${name}_${i + 1}`),
]

function specOf({ origin }: Symbolic): InputSpec {
  if ('input' in origin) return origin.input
  throw new ArgumentError({
    where: 'model',
    expected: "tensors made by input() as 'inputs'",
    received: `an output of ${origin.call.layer.name ?? origin.call.layer.type}`,
  })
}

/** All that a call reads: its inputs, then the masks it was given. */
export const sourcesOf = ({ inputs, masks }: LayerCall): Symbolic[] => [
  ...inputs,
  ...masks.filter(mask => mask instanceof Symbolic),
]

/** All applications of layers that the outputs depend on, each after those it takes its inputs from. */
function callsBetween(where: string, inputs: readonly Symbolic[], outputs: readonly Symbolic[]): readonly LayerCall[] {
  const given = new Set(inputs)
  const done = new Set<LayerCall>()
  // Not recursive: deep models would overflow the stack.
  const stack = outputs.map(tensor => ({ tensor, expanded: false })).reverse()
  while (stack.length > 0) {
    const top = stack.pop()
    if (!top || given.has(top.tensor)) continue
    const { origin } = top.tensor
    if ('input' in origin) {
      throw new ArgumentError({
        where,
        expected: "all inputs that the outputs depend on to be listed in 'inputs'",
        received: `outputs that also depend on ${origin.input.name ? `'${origin.input.name}'` : 'another input'}`,
      })
    }
    if (done.has(origin.call)) continue
    if (top.expanded) {
      done.add(origin.call)
      continue
    }
    stack.push({ ...top, expanded: true })
    for (const tensor of sourcesOf(origin.call).reverse()) stack.push({ tensor, expanded: false })
  }
  return [...done]
}

/** What all that read a tensor want done to its data first; `undefined` where they differ. */
function preparationOf(tensor: Symbolic, calls: readonly LayerCall[]): Prepare | undefined {
  const [first, ...others] = new Set(preparationsOf(tensor, calls))
  return others.length === 0 ? first : undefined
}

/** For each use of a tensor, what the layer wants done to its data. */
export const preparationsOf = (tensor: Symbolic, calls: readonly LayerCall[]): readonly (Prepare | undefined)[] =>
  calls.flatMap(({ layer, inputs }) => inputs.flatMap((input, i) => (input === tensor ? [layer.preparation?.(i)] : [])))

/** The tensors that a call made and that somebody in the network reads. */
function outputsOf(call: LayerCall, calls: readonly LayerCall[], outputs: readonly Symbolic[]): readonly Symbolic[] {
  const read = new Set([...calls.flatMap(sourcesOf), ...outputs])
  return [...read].filter(({ origin }) => 'call' in origin && origin.call === call)
}
