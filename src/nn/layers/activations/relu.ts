import {
  elu as eluOf,
  leakyRelu as leakyReluOf,
  type ReluOptions,
  relu as reluOf,
} from '../../activations/functions.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import { finite, notNegative } from '../../serialized.ts'
import type { SameShape } from '../../shapes/functions.ts'
import { type CommonOptions, common } from '../options.ts'
import { elementwiseInLayout } from '../spatial.ts'

export interface ReluLayerOptions extends ReluOptions, CommonOptions {}

/** min(x, maxValue) above `threshold`, negativeSlope · (x − threshold) below. */
export function relu(options: ReluLayerOptions = {}): Layer<SameShape> {
  const { maxValue = null } = options
  const config = {
    maxValue: maxValue === null ? null : notNegative('relu', 'maxValue', maxValue),
    negativeSlope: notNegative('relu', 'negativeSlope', options.negativeSlope ?? 0),
    threshold: notNegative('relu', 'threshold', options.threshold ?? 0),
  }
  return makeLayer({
    type: 'ReLU',
    ...common('relu', options),
    config,
    masking: 'pass',
    call: ([x]) => elementwiseInLayout(x, value => reluOf(value, config)),
  })
}

/** x above 0, negativeSlope · x below. Default 0.3: unlike the function's 0.2, and as in Keras. */
export function leakyRelu(options: { readonly negativeSlope?: number } & CommonOptions = {}): Layer<SameShape> {
  const config = { negativeSlope: notNegative('leakyRelu', 'negativeSlope', options.negativeSlope ?? 0.3) }
  return makeLayer({
    type: 'LeakyReLU',
    ...common('leakyRelu', options),
    config,
    masking: 'pass',
    call: ([x]) => elementwiseInLayout(x, value => leakyReluOf(value, config)),
  })
}

/** x above 0, alpha · (eˣ − 1) below (Clevert et al., 2016). Default 1. */
export function elu(options: { readonly alpha?: number } & CommonOptions = {}): Layer<SameShape> {
  const config = { alpha: finite('elu', 'alpha', options.alpha ?? 1) }
  return makeLayer({
    type: 'ELU',
    ...common('elu', options),
    config,
    masking: 'pass',
    call: ([x]) => elementwiseInLayout(x, value => eluOf(value, config)),
  })
}
