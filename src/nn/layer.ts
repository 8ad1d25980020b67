import type { DType } from '../core/dtype.ts'
import type { TensorData } from '../core/tensor-data.ts'
import type { Value } from '../graph/value.ts'
import type { AnyShape, Apply, Dims, Mismatch, ShapeFunction } from './shapes/shape-function.ts'
import type { Weight, WeightOptions } from './variable.ts'

/** What a layer is fed: one value for most, several for layers that merge or attend. */
export type LayerInputs = readonly [Value, ...Value[]]

/** Options of one call of a layer, e.g. `{ useCausalMask: true }`. Part of a model's configuration, so plain JSON. */
export type CallOptions = Readonly<Record<string, boolean | number | string | null>>

/**
 * Which steps of an input count, bool[batch, steps], in place of the mask that comes along with it; null for all of them, undefined
 * for the mask that comes along.
 */
export type CallMask = Symbolic | null | undefined
/** A call's masks: one for a single input, or one for each. */
export type CallMasks = CallMask | readonly CallMask[]

/** What a layer may ask for while it is traced. */
export interface LayerScope {
  readonly training: boolean
  /** Whether the layer is to change: false for one that is frozen, whose moving statistics should then rest too. */
  readonly trainable: boolean
  /** For each input, which of its steps count: bool[batch, steps]; `undefined` where all do. */
  readonly masks: readonly (Value | undefined)[]
  /** The masks that came along with the inputs, whatever others the call gave. */
  readonly ownMasks: readonly (Value | undefined)[]
  /** What this call was given besides its inputs. */
  readonly options: CallOptions
  /** A weight of this layer: made the first time it is asked for, the same one ever after. Its shape may depend on the input's. */
  weight(name: string, options: WeightOptions): Value
  /** The value that a weight has after this step, for weights that are not trained by gradients. */
  update(name: string, value: Value): void
  /** A key for random bits: differs for each layer, purpose and step, the same when a run is repeated or resumed. */
  randomKey(purpose?: string): Value
  /** Adds a scalar to the loss, such as a penalty on the layer's output. */
  addLoss(value: Value): void
  /**
   * Gives a value a mask, so that a layer run inside of this one sees it. `standsFor`: the value that it takes the place of, whose mask is
   * replaced.
   */
  setMask(value: Value, mask: Value | undefined, standsFor?: Value): void
  maskOf(value: Value): Value | undefined
  /** Runs a layer inside of this one. Its weights are this layer's too, under `name/`. */
  run(name: string, layer: AnyLayer, inputs: Value | LayerInputs, options?: RunOptions): readonly [Value, ...Value[]]
  /** Whether a layer run inside of this one would leave nothing but its outputs: no updates, random bits or losses. Tries it. */
  onlyComputes(name: string, layer: AnyLayer, inputs: Value | LayerInputs): boolean
}

export interface RunOptions {
  readonly training?: boolean
  readonly options?: CallOptions
  /** Which run of several it is: each draws random bits of its own. */
  readonly turn?: number
}

/**
 * A layer is a function of its inputs and of the weights it asks for:
 *
 *     const scale = () => makeLayer({
 *       type: 'Scale',
 *       config: {},
 *       call: ([x], scope) => mul(x, scope.weight('factor', { shape: [1], initializer: ones() })),
 *     })
 *
 * `call` is traced with a symbolic batch axis when the layer is first applied, and again for each batch size that it trains on.
 */
export interface LayerDefinition {
  /** Keras's class name; together with `config` it is the serialised form. */
  readonly type: string
  /** Default: the type in snake case, numbered where it repeats in a model. */
  readonly name?: string | undefined
  /** Everything that made this layer, defaults filled in: its factory accepts it again. */
  readonly config: object
  /** False freezes the layer's weights. Default true. */
  readonly trainable?: boolean | undefined
  /** Set for layers that take boxes, masks and labels along with images, which the call option `data` then names. */
  readonly augments?: Augments
  /** How many inputs it takes. Default: one. */
  readonly arity?: { readonly min: number; readonly max: number }
  /**
   * What becomes of the first input's mask. `pass`: the outputs have it too (elementwise layers, and those along other axes).
   * `drop` (the default): outputs have none. A function computes the first output's, or each one's.
   */
  readonly masking?:
    | 'pass'
    | 'drop'
    | ((inputs: LayerInputs, scope: LayerScope, outputs: readonly Value[]) => Value | undefined)
  /**
   * For layers that can do a part of their work before the graph: what makes of the data of their n-th input others that they take as
   * well, once for all batches and epochs. `undefined` where there is no such part.
   */
  preparation?(input: number): Prepare | undefined
  call(inputs: LayerInputs, scope: LayerScope): Value | readonly [Value, ...Value[]]
}

export type Prepare = (data: TensorData) => TensorData

/** What a layer does with what belongs to images. */
export interface Augments {
  /** What comes out as weighted means, so that numbers of classes make no sense there. */
  readonly mixes: readonly ('labels' | 'segmentationMasks')[]
}

/** A layer, whatever it does to shapes. */
export interface AnyLayer extends Omit<LayerDefinition, 'name' | 'trainable'> {
  readonly name: string | undefined
  /** Set to false to freeze the layer; takes effect when the model is next compiled. */
  trainable: boolean
  /** The weights that this layer itself asked for, by name; empty before it is first applied. */
  readonly ownWeights: Map<string, Weight>
}

/** Whether a value, such as an option that was read from a file, is a layer. */
export const isLayer = (value: unknown): value is AnyLayer => typeof value === 'function' && 'ownWeights' in value

/** A layer, ready to be applied to symbolic tensors, as often as wanted: every application shares its weights. */
export interface Layer<F extends ShapeFunction = AnyShape> extends AnyLayer {
  <const I extends SymbolicInputs, const O extends CallOptions = Record<never, never>>(
    inputs: I & Accepted<F, ShapesOf<I>, O>,
    options?: O,
    masks?: CallMasks,
  ): SymbolicOutput<Apply<F, ShapesOf<I>, O>>
  /** For the compiler alone: what the layer does to shapes. Not there when the program runs. */
  readonly shapeFunction?: F
}

/** Nothing more for inputs that fit; for others, a type that says what is wrong. */
export type Accepted<F extends ShapeFunction, Shapes, Options = Record<never, never>> =
  Apply<F, Shapes, Options> extends Mismatch<infer Sentence> ? Mismatch<Sentence> : unknown

export type SymbolicInputs = Symbolic | readonly [Symbolic, ...Symbolic[]]

/** `Symbolic<S>` → S; a tuple of them → the tuple of shapes. */
export type ShapesOf<I> =
  I extends Symbolic<infer S>
    ? S
    : I extends readonly Symbolic[]
      ? { readonly [K in keyof I]: I[K] extends Symbolic<infer S> ? S : never }
      : never

/** One symbolic tensor for a shape, a tuple of them for a tuple of shapes. */
export type SymbolicOutput<Output> = Output extends Dims
  ? Symbolic<Output>
  : Output extends readonly Dims[]
    ? { readonly [K in keyof Output]: Output[K] extends Dims ? Symbolic<Output[K]> : never }
    : Output

/** One application of a layer to symbolic tensors: an arrow of a model's graph. */
export interface LayerCall {
  readonly layer: AnyLayer
  readonly inputs: readonly Symbolic[]
  readonly options: CallOptions
  /** Given in place of the inputs' own masks; no longer than `inputs`. */
  readonly masks: readonly CallMask[]
}

/** What an `input()` declares. */
export interface InputSpec {
  readonly name: string | undefined
  readonly dtype: DType
  /** Without the batch axis; `null` for axes whose size varies. */
  readonly shape: Dims
  /** Fixed number of samples, where a layer keeps state from batch to batch. */
  readonly batchSize: number | undefined
}

/**
 * A tensor that is not there yet: what `input()` declares, or a layer's output. Models are made of them.
 * `Shape` leaves out the batch axis.
 */
export class Symbolic<Shape extends Dims = Dims> {
  constructor(
    /** Sizes without the batch axis; `null` where they vary. */
    readonly shape: Shape,
    /** Stands for it while shapes are worked out. */
    readonly value: Value,
    readonly mask: Value | undefined,
    /** Where it comes from. */
    readonly origin: { readonly call: LayerCall; readonly index: number } | { readonly input: InputSpec },
  ) {}

  get dtype(): DType {
    return this.value.dtype
  }
}
