import type { TensorData } from '../../../core/tensor-data.ts'

const isNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every(item => typeof item === 'number')

/**
 * The weights of a lookup layer in mode `tfIdf`, which Keras wants in a file even where its configuration has them: in front the mean
 * for each number of unknown tokens, behind zeros where outputs are padded. Undefined for all other layers.
 */
export function idfWeights(layerConfig: object): TensorData | undefined {
  const config: Readonly<Record<string, unknown>> = { ...layerConfig }
  const { outputMode, idfWeights: own, numOovIndices = 1, padToMaxTokens, maxTokens } = config
  if (outputMode !== 'tfIdf' || !isNumbers(own) || typeof numOovIndices !== 'number') return undefined
  const mean = own.reduce((sum, value) => sum + value, 0) / Math.max(1, own.length)
  const all = [...new Array<number>(numOovIndices).fill(mean), ...own]
  const size = padToMaxTokens === true && typeof maxTokens === 'number' ? Math.max(maxTokens, all.length) : all.length
  const data = new Float32Array(size)
  data.set(all)
  return { dtype: 'float32', shape: [size], data }
}
