import type { Value } from '../../../graph/value.ts'
import { type Activation, isElementwise, resolveActivation } from '../../activations.ts'
import type { LayerScope } from '../../layer.ts'
import { oneOf } from '../arguments.ts'
import {
  activityPenalty,
  type CommonOptions,
  type ConstraintOption,
  type DataFormat,
  dataFormat,
  type InitializerOption,
  type RegularizerOption,
  weightRules,
} from '../options.ts'
import { fromEngine, type Sizes, sizes } from '../spatial.ts'

/** What all convolutions take. `Size` is one number for all spatial axes, or one for each. */
export interface WindowOptions<Size extends Sizes> extends CommonOptions {
  readonly kernelSize: Size
  /** Default 1. */
  readonly strides?: Size
  /** 'valid', the default, adds nothing; 'same' pads so that the output has size ⌈input / stride⌉. */
  readonly padding?: 'valid' | 'same'
  /** Where the channels are. Default 'channelsLast'. */
  readonly dataFormat?: DataFormat
  /** Distance between the elements that a window reads. Default 1. */
  readonly dilationRate?: Size
  readonly activation?: Activation
  readonly useBias?: boolean
  readonly biasInitializer?: InitializerOption
  readonly biasRegularizer?: RegularizerOption
  readonly activityRegularizer?: RegularizerOption
  readonly biasConstraint?: ConstraintOption
}

export interface KernelOptions {
  readonly kernelInitializer?: InitializerOption
  readonly kernelRegularizer?: RegularizerOption
  readonly kernelConstraint?: ConstraintOption
}

/** Checks what all convolutions take and fills in defaults. */
export function windowConfig(
  where: string,
  rank: number,
  options: Omit<WindowOptions<Sizes>, 'padding'> & { readonly padding?: string },
  paddings: readonly string[] = ['valid', 'same'],
) {
  return {
    kernelSize: sizes(where, 'kernelSize', options.kernelSize, rank),
    strides: sizes(where, 'strides', options.strides ?? 1, rank),
    padding: oneOf(where, 'padding', options.padding ?? 'valid', paddings),
    dataFormat: dataFormat(where, options.dataFormat),
    dilationRate: sizes(where, 'dilationRate', options.dilationRate ?? 1, rank),
    activation: options.activation ?? 'linear',
    useBias: options.useBias ?? true,
    biasInitializer: options.biasInitializer ?? 'zeros',
    biasRegularizer: options.biasRegularizer ?? null,
    activityRegularizer: options.activityRegularizer ?? null,
    biasConstraint: options.biasConstraint ?? null,
  }
}

type WindowConfig = ReturnType<typeof windowConfig>

/** The bias, if there is to be one. */
export function biasOf(where: string, config: WindowConfig): (scope: LayerScope, size: number) => Value | undefined {
  const rules = weightRules(where, config.biasInitializer, config.biasRegularizer, config.biasConstraint)
  return (scope, size) => (config.useBias ? scope.weight('bias', { shape: [size], ...rules }) : undefined)
}

/** From the engine's layout through the activation and back. */
export function outputOf(where: string, config: WindowConfig): (scope: LayerScope, y: Value) => Value {
  const activation = resolveActivation(config.activation, where)
  const penalized = activityPenalty(where, config.activityRegularizer)
  return (scope, y) =>
    penalized(
      scope,
      // Elementwise activations go before the change of layout, so that a following layer can cancel it.
      isElementwise(config.activation)
        ? fromEngine(activation(y), config.dataFormat)
        : activation(fromEngine(y, config.dataFormat)),
    )
}

/** Keras's kernel [...window, in, out] in the engine's layout [out, in, ...window]; of a transposed convolution too, whose names are exchanged. */
export const engineKernelPerm = (rank: number): readonly number[] => [
  rank + 1,
  rank,
  ...Array.from({ length: rank }, (_, i) => i),
]
