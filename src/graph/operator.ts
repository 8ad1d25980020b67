import type { DType } from '../core/dtype.ts'
import type { TensorData } from '../core/tensor-data.ts'
import type { Attribute, Attributes } from './attribute.ts'
import type { Node } from './node.ts'
import type { TensorType, Value } from './value.ts'

/** Properties that passes read, so that no pass switches on an operator's name. */
export interface Traits {
  /** Each output element depends on the input elements at the same place (after broadcasting). */
  readonly elementwise?: boolean
  readonly commutative?: boolean
  /** Elementwise, never decreasing, and flat wherever it makes different inputs equal: may trade places with a maximum, gradients included. */
  readonly nondecreasing?: boolean
  /** The output holds the input's elements in the same order under another shape (Reshape, Squeeze, Flatten …). */
  readonly reshapes?: boolean
  /** The output is the input (Identity; Cast to the same type is found by type). */
  readonly identity?: boolean
  /** Two runs may differ, so equal nodes are not merged. */
  readonly random?: boolean
  /** Floating-point operations of one application, for `inspect` and the bench. Absent: one per output element if elementwise, else none. */
  readonly flops?: (node: Node) => number
}

/** Why an input has no gradient. `zero`: the derivative is zero almost everywhere, so the backward walk just stops there. */
export class NoGradient {
  constructor(
    readonly reason: string,
    readonly zero: boolean,
  ) {}
}

export type Gradient = Value | NoGradient | undefined

/** A value under vmap; if `batched`, axis 0 is the batch axis. */
export interface Batched {
  readonly value: Value
  readonly batched: boolean
}

/** The walks of `autodiff/`, handed to rules that differentiate or batch a graph of their own, such as the body of a Scan. */
export interface Walks {
  /**
   * Gradients of Σ outputs·cotangents by every value between `wrt` and the outputs, those of `wrt` included; what the outputs do
   * not depend on is missing.
   */
  gradients(
    outputs: readonly Value[],
    cotangents: readonly (Value | undefined)[],
    wrt: readonly Value[],
  ): ReadonlyMap<Value, Value>
  /** What `outputs`, traced from `examples`, are when each example is one entry of the matching value in `batches`. */
  batch(outputs: readonly Value[], examples: readonly Value[], batches: readonly Value[], size: number): Value[]
}

/** Rules of an operator with bodies, on nodes: what bodies capture takes part, and is no input of the operator. */
export interface BodyRules {
  /** Gradients by input, and of what the bodies capture, as far as that is `active`. */
  vjp(
    node: Node,
    inputs: readonly (Value | undefined)[],
    outputs: readonly Value[],
    grads: readonly (Value | undefined)[],
    active: ReadonlySet<Value>,
    walks: Walks,
  ): { readonly inputs: readonly (Value | undefined)[]; readonly captures: readonly (readonly [Value, Value])[] }
  /** Outputs with the batch axis in front. `batched`: what stands for an input or a captured value. */
  batch(node: Node, batched: (value: Value) => Batched, size: number, batch: Walks['batch']): readonly Value[]
}

export type InputSpec = { readonly name: string; readonly kind: 'required' | 'optional' | 'variadic' }

/** How one input of a sample is drawn. A bare shape means float values from a standard normal. */
export type SampleInput =
  | readonly number[]
  | {
      readonly shape: readonly number[]
      readonly dtype?: DType
      /** Uniform in [low, high) instead of normal; integers are drawn by flooring. */
      readonly low?: number
      readonly high?: number
      /** All elements different and at least 0.1 apart, in random order: for operators that compare or sort. */
      readonly distinct?: boolean
    }
  /** These elements, as a constant in the graph (axes, shapes, indices). Default dtype int64. */
  | { readonly values: readonly number[]; readonly shape?: readonly number[]; readonly dtype?: DType }
  /** These strings, fed; the entries of a batch have them in turns. */
  | { readonly strings: readonly string[]; readonly shape?: readonly number[] }

export interface AnySample {
  readonly inputs: Readonly<Record<string, SampleInput | readonly SampleInput[] | undefined>>
  readonly attributes: Readonly<Record<string, unknown>>
  /** Checks this sample leaves out, each with its reason. */
  readonly skip: Readonly<Partial<Record<SampleCheck, string>>>
}
/** `float64`: the engine's float64 kernel is not exact enough for finite differences; they are taken in float32 instead. */
export type SampleCheck = 'float64' | 'gradient' | 'secondOrder' | 'vmap' | 'cpu' | 'wasm' | 'webgpu'

/** An operator of the table as the rest of the system sees it: rules over lists of values. `ops/define.ts` makes it from a typed definition. */
export interface Operator {
  readonly type: string
  readonly domain: string
  /** The opset in which the schema this entry follows appeared; the encoder asks for the highest one used. */
  readonly since: number
  readonly inputs: readonly InputSpec[]
  readonly outputs: readonly InputSpec[]
  readonly traits: Traits
  /** Makes a node from inputs and attributes, checking and inferring types; throws a typed error. `outputCount` is for variadic outputs. */
  apply(
    inputs: readonly (Value | undefined)[],
    attributes: Attributes,
    hints?: { outputCount?: number; name?: string | undefined },
  ): readonly Value[]
  /** Output types for a node of this operator. */
  infer(
    inputs: readonly (Value | undefined)[],
    attributes: Attributes,
    outputCount?: number,
  ): readonly (TensorType | undefined)[]
  /** The same in ONNX's operators, for one of Tenon's own, which no file and no engine knows: `compile/passes/expand-own.ts` calls it. */
  readonly expand?: ((inputs: readonly (Value | undefined)[], attributes: Attributes) => readonly Value[]) | undefined
  /** The outputs' elements where they follow from constant inputs or static types, for small shape computations; else `undefined`. */
  fold(inputs: readonly (Value | undefined)[], attributes: Attributes): readonly TensorData[] | undefined
  /** One entry per input: the gradient, nothing, or why there is none. */
  vjp(
    node: Node,
    inputs: readonly (Value | undefined)[],
    outputs: readonly Value[],
    grads: readonly (Value | undefined)[],
    walks: Walks,
  ): readonly Gradient[]
  /** For operators with bodies; the rules by input are not asked then. */
  readonly bodies?: BodyRules | undefined
  /** A reason when the operator as a whole has no gradient. */
  readonly nondifferentiable: string | undefined
  /** A reason when its derivative is zero almost everywhere as a whole: gradients stop there, and it is no error. */
  readonly zeroGradient: string | undefined
  /** Outputs with the batch axis in front. */
  batch(node: Node, inputs: readonly (Batched | undefined)[], size: number): readonly Value[]
  readonly batchRule: 'rule' | 'unrolled' | 'none'
  readonly samples: readonly AnySample[]
  /** Names and default values of the attributes. */
  readonly attributeDefaults: Readonly<Record<string, { readonly kind: Attribute['kind']; readonly required: boolean }>>
  /** Plain attributes → ONNX attributes, leaving out what equals the default. */
  toAttributes(plain: Readonly<Record<string, unknown>>): Attributes
}
