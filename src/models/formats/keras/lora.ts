import type { TensorData } from '../../../core/tensor-data.ts'
import type { HeldWeight, Holder } from './places.ts'

const isLora = ({ path }: HeldWeight): boolean => /(?:^|\/)lora_\w+_[ab]$/.test(path)

/** The weights that Keras 3 keeps of a layer: with low-rank adaptation, its kernel (first) and bias, the product joined to the kernel. */
export function keptWeights({ weights, borrowed = [] }: Holder): readonly HeldWeight[] {
  if (!weights.some(isLora)) return [...borrowed, ...weights]
  const adapted = new Set(weights.filter(isLora).map(({ path }) => path.replace(/(^|\/)lora_(\w+)_[ab]$/, '$1$2')))
  const kept = weights.filter(weight => !isLora(weight))
  return kept.toSorted((a, b) => Number(adapted.has(b.path)) - Number(adapted.has(a.path)))
}

/** What is kept of a weight: its value, or kernel + alpha / rank · a · b. */
export function keptValue({ weights, layerConfig }: Holder, { weight, path }: HeldWeight): TensorData<'float32'> {
  const of = (end: 'a' | 'b') =>
    weights.find(other => isLora(other) && other.path === path.replace(/(\w+)$/, `lora_$1_${end}`))?.weight.value
  const [a, b] = [of('a'), of('b')]
  if (!a || !b) return weight.value
  const rank = b.shape[0] ?? 1
  const columns = b.shape[1] ?? 1
  const alpha = 'loraAlpha' in layerConfig && typeof layerConfig.loraAlpha === 'number' ? layerConfig.loraAlpha : rank
  const data = weight.value.data.map((value, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns]
    let sum = 0
    for (let k = 0; k < rank; k++) sum += (a.data[row * rank + k] ?? 0) * (b.data[k * columns + column] ?? 0)
    return value + (alpha / rank) * sum
  })
  return { dtype: 'float32', shape: weight.shape, data }
}

/** Values of what is not kept, after the kernel was read: b is zero, so that the product is. */
export function unkeptValues({ weights }: Holder): readonly (readonly [HeldWeight['weight'], TensorData<'float32'>])[] {
  return weights
    .filter(held => isLora(held) && held.path.endsWith('_b'))
    .map(({ weight }) => [weight, { dtype: 'float32', shape: weight.shape, data: new Float32Array(weight.size) }])
}
