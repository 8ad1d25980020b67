import type { AnyLayer } from '../nn/layer.ts'
import type { Loss, LossName } from '../nn/losses.ts'
import type { AnyMetric, Metric, MetricName, VectorMetricName } from '../nn/metrics.ts'
import type { Engine } from '../runtime/engine.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { OptimizerName } from '../train/optimizers/index.ts'
import type { Optimizer } from '../train/optimizers/optimizer.ts'
import type { Precision } from '../train/precision.ts'
import type { Model } from './model.ts'

type MetricOption = MetricName | VectorMetricName | AnyMetric

/** Metrics of the only output, or of each output: in a list of lists, or by its name. */
export type MetricSpec =
  | readonly MetricOption[]
  | readonly (readonly MetricOption[])[]
  | Readonly<Record<string, readonly MetricOption[]>>

/** The names under which a metric's results appear: its own, or numbered ones for a metric with a number for each class. */
type NameOf<M> =
  M extends Metric<infer Name, infer Result>
    ? Result extends number
      ? Name
      : `${Name}_${number}`
    : M extends VectorMetricName
      ? `${M}_${number}`
      : M extends string
        ? M
        : never

/** The names of all results of some metrics: `accuracy`; with several outputs by name `digitAccuracy`. */
export type NamesOf<M> = M extends readonly MetricOption[]
  ? NameOf<M[number]>
  : M extends readonly (readonly MetricOption[])[]
    ? string
    : M extends Readonly<Record<string, readonly MetricOption[]>>
      ? { [K in keyof M & string]: `${K}${Capitalize<NameOf<M[K][number]>>}` | `${K}Loss` }[keyof M & string]
      : never

/** The names of the metrics in one list. */
type NamesIn<L> = L extends readonly (infer M)[] ? NameOf<M> : never

/** The names of weighted metrics that are asked for without weights too: `weightedAccuracy`; with several outputs `digitWeightedAccuracy`. */
export type WeightedNamesOf<M, W> = [M, W] extends [readonly unknown[], readonly unknown[]]
  ? `weighted${Capitalize<NamesIn<M> & NamesIn<W>>}`
  : {
      [K in keyof M & keyof W & string]: `${K}Weighted${Capitalize<NamesIn<M[K]> & NamesIn<W[K]>>}`
    }[keyof M & keyof W & string]

/** Loss and metrics by name. */
export type Results<Name extends string> = { readonly [K in Name | 'loss']: number }

/** `accuracy` → `accuracy` and `valAccuracy`. */
export type HistoryOf<Name extends string> = { readonly [K in Name | 'loss']: readonly number[] } & {
  readonly [K in `val${Capitalize<Name | 'loss'>}`]?: readonly number[]
}

export type LossSpec =
  | LossName
  | Loss
  | readonly (LossName | Loss | null)[]
  | Readonly<Record<string, LossName | Loss | null>>

/** A batch on its way through the model, as tensors. */
export interface TrainStepScope {
  readonly inputs: readonly Tensor[]
  readonly outputs: readonly Tensor<'float32'>[]
  /** One for each output; none where it has no loss. */
  readonly targets: readonly (Tensor | undefined)[]
  readonly sampleWeights: readonly (Tensor | undefined)[]
  /** The losses that `compile` names, weighted and summed. */
  readonly loss: Tensor<'float32'> | undefined
  /** Outputs of another model, which this step does not train: a teacher, a discriminator. It is used as it was when training began. */
  frozen(model: Model, inputs: Tensor | readonly Tensor[]): readonly Tensor<'float32'>[]
}

/** Gives the scalar that a step minimises. Traced once for each batch size; all it does becomes part of the step's graph. */
export type TrainStep = (scope: TrainStepScope) => Tensor<'float32'>

export interface CompileOptions<M extends MetricSpec, W extends MetricSpec = MetricSpec> {
  /** Default: rmsprop, as in Keras. */
  readonly optimizer?: OptimizerName | Optimizer
  /** For the only output, or for each one: in a list, or by its name. An output without one is not trained on. */
  readonly loss?: LossSpec
  /** Factors of the outputs' losses in the total. Default 1. */
  readonly lossWeights?: readonly number[] | Readonly<Record<string, number>>
  /** Count every sample alike. */
  readonly metrics?: M
  /** Count samples by `sampleWeight` and `classWeight`. */
  readonly weightedMetrics?: W
  /** What is minimised, where losses of the outputs are not enough: distillation, penalties on gradients, … */
  readonly trainStep?: TrainStep
  /**
   * A layer that images and targets of every batch go through together before a step: `mixUp()`, `randomFlip()`, a `pipeline` of several.
   * Targets of the images' height and width (those of segmentation) move with them; others are labels, which only `mixUp` and `cutMix`
   * change. For a model with one input and one output. It draws anew for every step, is part of the step's graph but not of the model,
   * and metrics see the targets it gives; `evaluate` and `predict` do without it.
   */
  readonly augmentation?: AnyLayer
  /** What layers compute in. Default float32; `mixedFloat16` needs an engine with float16 kernels. */
  readonly precision?: Precision
  /**
   * Layers whose activations are dropped after the forward pass and computed again for the backward pass: less memory for more
   * time (Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016). All, or those of some names. Default none.
   */
  readonly rematerialize?: boolean | readonly string[]
  /** Where to run. Default: the CPU in Node, WebAssembly in the browser. */
  readonly engine?: Engine
}

/** Names that `evaluate` may be asked for on a model whose `compile` call TypeScript did not follow. */
export type AnyMetricName = MetricName
