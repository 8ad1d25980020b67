import { ArgumentError } from '../core/errors.ts'
import type { TensorData } from '../core/tensor-data.ts'
import type { Attribute, Attributes } from '../graph/attribute.ts'
import type { Graph } from '../graph/graph.ts'
import { Node } from '../graph/node.ts'
import {
  type AnySample,
  type Batched,
  type BodyRules,
  type InputSpec,
  NoGradient,
  type Operator,
  type SampleCheck,
  type SampleInput,
  type Traits,
  type Walks,
} from '../graph/operator.ts'
import type { TensorType, Value } from '../graph/value.ts'
import { checkArity, namesOf, parseSpec, plainAttributes } from './define-checks.ts'

export { NoGradient } from '../graph/operator.ts'

// ── Names to types ───────────────────────────────────────────────────────────────────────────────────────────────────
// Inputs and outputs are declared by name: 'x' (required), 'bias?' (optional), '...inputs' (variadic).

type Names = readonly string[]
type Bare<S extends string> = S extends `...${infer N}` ? N : S extends `${infer N}?` ? N : S
type In<S extends string, V> = S extends `...${string}` ? readonly V[] : S extends `${string}?` ? V | undefined : V
type Out<S extends string, V> = S extends `...${string}` ? readonly V[] : V

export type Inputs<I extends Names, V = Value> = { readonly [S in I[number] as Bare<S>]: In<S, V> }
/** A lone output is itself; several come as a record by name. */
export type Outputs<O extends Names, V = Value> = O extends readonly [infer S extends string]
  ? Out<S, V>
  : { readonly [S in O[number] as Bare<S>]: Out<S, V> }
type Cotangents<O extends Names> = O extends readonly [infer S extends string]
  ? S extends `...${string}`
    ? readonly (Value | undefined)[]
    : Value
  : {
      readonly [S in O[number] as Bare<S>]: S extends `...${string}`
        ? readonly (Value | undefined)[]
        : Value | undefined
    }
type Gradients<I extends Names> = {
  readonly [S in I[number] as Bare<S>]: S extends `...${string}`
    ? readonly (Value | undefined)[] | NoGradient
    : Value | NoGradient | undefined
}
type Positional<I extends Names, V = Value> = I extends readonly [infer S extends string, ...infer Rest extends Names]
  ? S extends `${string}?`
    ? [input?: V | undefined, ...Positional<Rest, V>]
    : [input: In<S, V>, ...Positional<Rest, V>]
  : []

// ── Attributes ───────────────────────────────────────────────────────────────────────────────────────────────────────

interface AttributeTypes {
  int: number
  float: number
  string: string
  tensor: TensorData
  graph: Graph
  ints: readonly number[]
  floats: readonly number[]
  strings: readonly string[]
}
/** Declares one attribute: its ONNX type and its default (none: optional; `required`: must be given). */
export interface AttributeSpec<T, Kind extends keyof AttributeTypes = keyof AttributeTypes> {
  readonly kind: Kind
  readonly default: T
  readonly required: boolean
}
type Specs = Readonly<Record<string, AttributeSpec<unknown>>>
/** What a rule reads: defaults filled in. */
export type AttributesOf<A extends Specs> = { readonly [K in keyof A]: A[K]['default'] }
type RequiredKeys<A extends Specs> = { [K in keyof A]: A[K]['required'] extends true ? K : never }[keyof A]
/** What a caller gives. */
export type AttributesGiven<A extends Specs> = { readonly [K in RequiredKeys<A>]: A[K]['default'] } & {
  readonly [K in keyof A]?: A[K]['default'] | undefined
}

const spec =
  <Kind extends keyof AttributeTypes>(kind: Kind) =>
  <T extends AttributeTypes[Kind] | undefined = undefined>(
    value?: T,
  ): AttributeSpec<T extends undefined ? AttributeTypes[Kind] | undefined : AttributeTypes[Kind], Kind> & {
    readonly required: false
  } => ({
    kind,
    // An omitted default is undefined, which is exactly what the conditional type says.
    default: value as T extends undefined ? AttributeTypes[Kind] | undefined : AttributeTypes[Kind],
    required: false,
  })
const needed =
  <Kind extends keyof AttributeTypes>(kind: Kind) =>
  (): AttributeSpec<AttributeTypes[Kind], Kind> & { readonly required: true } => ({
    kind,
    // Never read: a required attribute is always given. It carries the type.
    default: undefined as never,
    required: true,
  })

/** `attr.int(1)`: default 1. `attr.ints()`: optional, `undefined` when left out. `attr.required.ints()`: must be given. */
export const attr = {
  int: spec('int'),
  float: spec('float'),
  string: spec('string'),
  tensor: spec('tensor'),
  ints: spec('ints'),
  floats: spec('floats'),
  strings: spec('strings'),
  required: {
    int: needed('int'),
    float: needed('float'),
    string: needed('string'),
    tensor: needed('tensor'),
    ints: needed('ints'),
    graph: needed('graph'),
  },
}

// ── The definition ───────────────────────────────────────────────────────────────────────────────────────────────────

/** This input (or operator) has no gradient, and why. Differentiating through it is an error that quotes the reason. */
export const nondiff = (reason: string): NoGradient => new NoGradient(reason, false)
/** The derivative is zero almost everywhere (Floor, Sign, comparisons): nothing flows back, and it is no error. */
export const zeroGradient = (reason: string): NoGradient => new NoGradient(reason, true)

export interface BatchContext<I extends Names, O extends Names, A extends Specs> {
  /** Length of the batch axis. */
  readonly size: number
  /** Applies this operator again. */
  readonly call: (inputs: Inputs<I>, attributes: AttributesOf<A>) => Outputs<O>
  readonly attributes: AttributesOf<A>
  readonly outputCount: number
}
/** Output values with the batch axis in front, from inputs some of which have one in front. */
export type BatchRule<I extends Names, O extends Names, A extends Specs> = (
  inputs: Inputs<I, Batched>,
  context: BatchContext<I, O, A>,
) => Outputs<O>

/** Runs once per batch entry, on slices, and stacks the results: right for every operator, slow, and listed as such. */
export const unrolled = Symbol('unrolled')

/** The rule is one of `bodies`: it has to see what the bodies capture. */
export const throughBodies = Symbol('throughBodies')

export type Sample<I extends Names, A extends Specs> = {
  readonly [S in I[number] as S extends `${string}?` ? never : Bare<S>]: S extends `...${string}`
    ? readonly SampleInput[]
    : SampleInput
} & { readonly [S in I[number] as S extends `${string}?` ? Bare<S> : never]?: SampleInput } & {
  readonly attrs?: AttributesGiven<A>
  /** Checks left out for this sample, each with its reason. */
  readonly skip?: Readonly<Partial<Record<SampleCheck, string>>>
}

export interface Definition<I extends Names, O extends Names, A extends Specs> {
  readonly type: string
  readonly domain?: string
  /** Opset of the schema followed; default 21 or lower. */
  readonly since?: number
  readonly inputs: I
  /** Default: one, `y`. */
  readonly outputs?: O
  readonly attrs?: A
  /** Output types from input types (and constants), `undefined` where they cannot be told; throws a typed error when the inputs do not fit. */
  readonly infer: (
    inputs: Inputs<I>,
    attributes: AttributesOf<A>,
    outputCount: number,
  ) => Outputs<O, TensorType | undefined>
  /** Vector-Jacobian product: gradients by input name. Only values that have one get one; integers get `nondiff`. */
  readonly vjp:
    | NoGradient
    | typeof throughBodies
    | ((
        inputs: Inputs<I>,
        outputs: Outputs<O>,
        grads: Cotangents<O>,
        attributes: AttributesOf<A>,
        walks: Walks,
      ) => Gradients<I>)
  readonly batch: BatchRule<I, O, A> | typeof unrolled | typeof throughBodies | NoGradient
  /** The rules of an operator with bodies, in place of `vjp` and `batch`. */
  readonly bodies?: BodyRules
  readonly samples: readonly Sample<I, A>[]
  readonly traits?: Traits
  /** For a variadic output (Split): how many there are. */
  readonly countOutputs?: (inputs: Inputs<I>, attributes: AttributesOf<A>) => number
  /**
   * The output's elements when they follow from constants (or, for Shape and Size, from static types); `undefined` when they do not.
   * For the operators that imported models compute shapes with; the fold-constants pass calls it. Helpers in `ops/fold.ts`.
   */
  readonly fold?: (inputs: Inputs<I>, attributes: AttributesOf<A>) => TensorData | undefined
  /** For an operator of Tenon's own: the same in operators of ONNX. */
  readonly expand?: (inputs: Inputs<I>, attributes: AttributesOf<A>) => Outputs<O>
}

/**
 * An operator: call it on values to extend a graph. Optional inputs may be left out; attributes come last.
 * Operator constants are annotated with this type (`const tanh: Op<['x']> = …`), since gradient rules refer to
 * each other in circles that inference cannot follow.
 */
export interface Op<I extends Names, O extends Names = readonly ['y'], A extends Specs = Record<never, never>>
  extends Operator {
  (
    ...args: RequiredKeys<A> extends never
      ? [...Positional<I>, attributes?: AttributesGiven<A>]
      : [...Positional<I>, attributes: AttributesGiven<A>]
  ): Outputs<O>
  /** A node's attributes as plain values, defaults filled in: for passes. */
  readonly read: (attributes: Attributes) => AttributesOf<A>
}

export function defineOp<
  const I extends Names,
  const A extends Specs = Record<never, never>,
  const O extends Names = readonly ['y'],
>(definition: Definition<I, O, A>): Op<I, O, A> {
  const { type, domain = '', traits = {}, expand } = definition
  const inputs = definition.inputs.map(parseSpec)
  const outputs = (definition.outputs ?? ['y']).map(parseSpec)
  const specs: Specs = definition.attrs ?? {}

  // The casts in this function are the boundary between lists of values, which graphs hold, and the named records that
  // rules are written with. Both are built from the same declaration, so they agree.
  const toRecord = <V>(list: readonly (V | undefined)[], names: readonly InputSpec[]) =>
    namesOf(list, names) as Inputs<I, V>
  const toOutputs = <V>(list: readonly (V | undefined)[]) => {
    const [only] = outputs
    if (outputs.length === 1 && only) return (only.kind === 'variadic' ? list : list[0]) as Outputs<O, V>
    return namesOf(list, outputs) as Outputs<O, V>
  }
  const fromOutputs = <V>(result: Outputs<O, V>): readonly V[] => {
    const [only] = outputs
    if (outputs.length === 1 && only) return only.kind === 'variadic' ? (result as readonly V[]) : [result as V]
    return flatten(result as Record<string, V | readonly V[]>, outputs) as readonly V[]
  }
  const read = (attributes: Attributes) => plainAttributes(type, specs, attributes) as AttributesOf<A>

  const operator: Omit<Operator, 'type'> = {
    domain,
    since: definition.since ?? 21,
    inputs,
    outputs,
    traits,
    attributeDefaults: specs,
    samples: definition.samples.map(sample => toAnySample(sample, inputs)),
    nondifferentiable: definition.vjp instanceof NoGradient && !definition.vjp.zero ? definition.vjp.reason : undefined,
    zeroGradient: definition.vjp instanceof NoGradient && definition.vjp.zero ? definition.vjp.reason : undefined,
    bodies: definition.bodies,
    batchRule: definition.batch === unrolled ? 'unrolled' : definition.batch instanceof NoGradient ? 'none' : 'rule',

    infer(values, attributes, outputCount = outputs.length) {
      checkArity(type, inputs, values)
      return fromOutputs(definition.infer(toRecord(values, inputs), read(attributes), outputCount))
    },

    apply(values, attributes, hints) {
      checkArity(type, inputs, values)
      const count =
        hints?.outputCount ?? definition.countOutputs?.(toRecord(values, inputs), read(attributes)) ?? outputs.length
      const known = values.every(value => value === undefined || value.type !== undefined)
      const types = known
        ? self.infer(values, attributes, count)
        : new Array<TensorType | undefined>(count).fill(undefined)
      return new Node({ type, domain, inputs: values, attributes, outputs: types, operator: self, name: hints?.name })
        .outputs
    },

    vjp(node, values, results, grads, walks) {
      const rule = definition.vjp
      if (rule === throughBodies) throw inBodies(type, 'gradient')
      if (rule instanceof NoGradient) return inputs.length === 0 ? [] : values.map(() => rule)
      const found = rule(
        toRecord(values, inputs),
        toOutputs(results),
        (outputs.length === 1 ? toOutputs(grads) : namesOf(grads, outputs)) as Cotangents<O>,
        read(node.attributes),
        walks,
      )
      return flatten(
        found as Record<string, Value | NoGradient | undefined | readonly (Value | undefined)[]>,
        inputs,
        values.length,
      )
    },

    batch(node, values, size) {
      const rule = definition.batch
      if (rule === throughBodies) throw inBodies(type, 'vmap')
      if (rule instanceof NoGradient || rule === unrolled) {
        throw new ArgumentError({
          where: `vmap of ${type}`,
          expected: 'an operator with a batching rule',
          received: 'none',
        })
      }
      const attributes = read(node.attributes)
      const call = (given: Inputs<I>, plain: AttributesOf<A>) =>
        toOutputs(
          self.apply(
            flatten(given as Record<string, Value | readonly Value[] | undefined>, inputs) as Value[],
            self.toAttributes(plain),
            { outputCount: node.outputs.length },
          ),
        )
      return fromOutputs(rule(toRecord(values, inputs), { size, call, attributes, outputCount: node.outputs.length }))
    },

    fold(values, attributes) {
      const folded = definition.fold?.(toRecord(values, inputs), read(attributes))
      return folded && outputs.length === 1 ? [folded] : undefined
    },

    expand: expand && ((values, attributes) => fromOutputs(expand(toRecord(values, inputs), read(attributes)))),

    toAttributes(plain) {
      const attributes: Record<string, Attribute> = {}
      for (const key of Object.keys(plain)) if (!(key in specs)) throw unknownAttribute(type, key, specs)
      for (const [key, { kind, default: fallback, required }] of Object.entries(specs)) {
        const value = plain[key]
        if (value === undefined) {
          if (!required) continue
          throw new ArgumentError({
            where: type,
            expected: `the attribute '${key}'`,
            received: 'nothing',
            remedy: `Pass { ${key}: … }.`,
          })
        }
        // What equals the default is left out, so that equal nodes look equal.
        if (!required && fallback !== undefined && JSON.stringify(value) === JSON.stringify(fallback)) continue
        attributes[key] = { kind, value } as Attribute
      }
      return attributes
    },
  }

  const call = (...args: unknown[]) => {
    const values: (Value | undefined)[] = []
    inputs.forEach((input, i) => {
      if (input.kind === 'variadic') values.push(...(args[i] as readonly Value[]))
      else values.push(args[i] as Value | undefined)
    })
    while (values.length > 0 && values[values.length - 1] === undefined) values.pop()
    return toOutputs(self.apply(values, self.toAttributes((args[inputs.length] ?? {}) as Record<string, unknown>)))
  }
  // A function object carrying the operator's properties. `type` stands apart since functions accept any property but `name`. The cast holds
  // since `call` takes inputs in the order of the names in I and makes outputs by those in O; TypeScript cannot follow names into positions.
  const self = Object.assign(call, operator, { type, read }) as unknown as Op<I, O, A>
  return self
}

/** Record by name → list in declared order; missing optional entries at the end are dropped. */
function flatten<V>(
  record: Readonly<Record<string, V | readonly V[] | undefined>>,
  specs: readonly InputSpec[],
  count?: number,
): (V | undefined)[] {
  const list: (V | undefined)[] = []
  for (const { name, kind } of specs) {
    const entry = record[name]
    if (kind !== 'variadic') list.push(entry as V | undefined)
    else if (Array.isArray(entry)) list.push(...(entry as readonly V[]))
    else while (list.length < (count ?? 0)) list.push(entry as V | undefined)
  }
  if (count !== undefined) return list.slice(0, count)
  while (list.length > 0 && list[list.length - 1] === undefined) list.pop()
  return list
}

function toAnySample(sample: Readonly<Record<string, unknown>>, inputs: readonly InputSpec[]): AnySample {
  const given: Record<string, SampleInput | readonly SampleInput[] | undefined> = {}
  for (const { name } of inputs) given[name] = sample[name] as SampleInput | undefined
  return {
    inputs: given,
    attributes: (sample['attrs'] ?? {}) as Record<string, unknown>,
    skip: (sample['skip'] ?? {}) as AnySample['skip'],
  }
}

const inBodies = (type: string, what: string) =>
  new ArgumentError({
    where: `${what} of ${type}`,
    expected: 'the rule for its bodies',
    received: 'the one for its inputs',
  })

function unknownAttribute(type: string, key: string, specs: Specs): ArgumentError {
  const names = Object.keys(specs)
  return new ArgumentError({
    where: type,
    expected: names.length > 0 ? `attributes among ${names.join(', ')}` : 'no attributes',
    received: `'${key}'`,
  })
}
