import { type DType, isFloat } from '../../src/core/dtype.ts'
import { Rng } from '../../src/core/rng.ts'
import { fromNumbers, type TensorData } from '../../src/core/tensor-data.ts'
import type { AnySample, Operator, SampleInput } from '../../src/graph/operator.ts'
import { Value } from '../../src/graph/value.ts'

/** A sample of an operator, drawn: the values to apply it to, and the tensors to feed. Constants are part of the graph. */
export interface DrawnSample {
  readonly values: readonly (Value | undefined)[]
  readonly feeds: ReadonlyMap<Value, TensorData>
}

/** Draws a sample's inputs, the same ones each time. `float` replaces float32 (for checks in float64). */
export function drawSample(
  operator: Operator,
  sample: AnySample,
  index: number,
  float: 'float32' | 'float64' = 'float32',
): DrawnSample {
  const rng = new Rng(1).fork(`${operator.type}#${index}`)
  const feeds = new Map<Value, TensorData>()
  const values: (Value | undefined)[] = []
  const one = (input: SampleInput, name: string): Value => {
    if (!isShape(input) && 'values' in input) {
      const wanted = input.dtype ?? 'int64'
      const dtype = wanted === 'float32' ? float : wanted
      return Value.constant(fromNumbers(numeric(dtype), input.shape ?? [input.values.length], input.values))
    }
    if (!isShape(input) && 'strings' in input) {
      const shape = input.shape ?? [input.strings.length]
      // The draws of one sample differ in their index by thousands.
      const turn = Math.floor(index / 1000)
      const data = input.strings.map((_, i) => input.strings[(i + turn) % input.strings.length] ?? '')
      const value = Value.input({ dtype: 'string', shape }, name)
      feeds.set(value, { dtype: 'string', shape, data })
      return value
    }
    const spec = isShape(input) ? { shape: input } : input
    const dtype = (spec.dtype ?? 'float32') === 'float32' ? float : numeric(spec.dtype ?? 'float32')
    const data = fromNumbers(dtype, spec.shape, draw(spec, dtype, rng))
    const value = Value.input({ dtype, shape: spec.shape }, name)
    feeds.set(value, data)
    return value
  }
  for (const { name, kind } of operator.inputs) {
    const input = sample.inputs[name]
    if (input === undefined) values.push(undefined)
    else if (kind === 'variadic')
      values.push(...(input as readonly SampleInput[]).map((item, i) => one(item, `${name}${i}`)))
    else values.push(one(input as SampleInput, name))
  }
  while (values.length > 0 && values.at(-1) === undefined) values.pop()
  return { values, feeds }
}

const isShape = (input: SampleInput): input is readonly number[] => Array.isArray(input)

function numeric(dtype: DType): Exclude<DType, 'string'> {
  if (dtype === 'string') throw new Error('samples of strings are not drawn')
  return dtype
}

function draw(
  spec:
    | Exclude<SampleInput, { readonly values: unknown } | { readonly strings: unknown } | readonly number[]>
    | { shape: readonly number[] },
  dtype: DType,
  rng: Rng,
): number[] {
  const size = spec.shape.reduce((n, dim) => n * dim, 1)
  if ('distinct' in spec && spec.distinct) {
    // Steps of 0.25 around zero (never zero itself), jittered, in random order.
    return Array.from(rng.permutation(size), i => (i - size / 2 + 0.4 + 0.2 * rng.uniform()) * 0.25)
  }
  const low = 'low' in spec ? spec.low : undefined
  const high = 'high' in spec ? spec.high : undefined
  return Array.from({ length: size }, () => {
    if (dtype === 'bool') return rng.below(2)
    if (low === undefined && high === undefined && isFloat(dtype)) return rng.normal()
    const a = low ?? 0
    const x = a + rng.uniform() * ((high ?? (isFloat(dtype) ? 1 : 10)) - a)
    return isFloat(dtype) ? x : Math.floor(x)
  })
}
