import { oddFunctionNames } from '../../../nn/serialized.ts'

/** Keras writes names in snake_case, Tenon in camelCase. */

/** `kernel_size` → `kernelSize`, `beta_1` → `beta1`. */
export const camel = (name: string): string =>
  name.replace(/(?<=[a-z0-9])_([a-z0-9])/g, (_, next: string) => next.toUpperCase())

/** `kernelSize` → `kernel_size`. */
export const snake = (name: string): string =>
  withDigits[name] ?? name.replace(/(?<=[a-z0-9])[A-Z]/g, letter => `_${letter.toLowerCase()}`)

/** Names in which Keras sets a digit apart. */
const withDigits: Readonly<Record<string, string>> = {
  adamBeta1: 'adam_beta_1',
  adamBeta2: 'adam_beta_2',
  beta1: 'beta_1',
  beta2: 'beta_2',
  beta2Decay: 'beta_2_decay',
  epsilon1: 'epsilon_1',
  epsilon2: 'epsilon_2',
}

/** Options whose text is one of a few words, spelled as names are. Any other text (names, vocabularies, equations) stays as it is. */
const wordOptions = new Set([
  'activation',
  'aggregation',
  'average',
  'boundingBoxFormat',
  'classAggregation',
  'dataFormat',
  'distribution',
  'fillMode',
  'interpolation',
  'mergeMode',
  'mode',
  'outputMode',
  'padding',
  'recurrentActivation',
  'reduction',
  'scoreMode',
  'split',
  'standardize',
])

/** Whether an option (in camelCase) names one of a few words, so that its text is to be spelled anew. */
export const isWordOption = (option: string): boolean =>
  wordOptions.has(option) || /(?:Initializer|Regularizer|Constraint)$/.test(option)

/** `GlorotUniform` or `glorot_uniform` → `glorotUniform`. */
export const functionName = (type: string): string =>
  oddFunctionNames.get(type) ?? camel(type.charAt(0).toLowerCase() + type.slice(1))
