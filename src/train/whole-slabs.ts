import { sizeOf } from '../core/shape.ts'
import { Graph } from '../graph/graph.ts'
import { substitute } from '../graph/rewrite.ts'
import { Value } from '../graph/value.ts'
import { ints } from '../ops/constants.ts'
import { reshape } from '../ops/shape/reshape.ts'
import { slice } from '../ops/shape/slice.ts'
import type { Slab, View } from './state.ts'
import type { StepProgram } from './step.ts'

/** A step's graph that takes slabs whole, for engines that cannot be fed a part of a tensor in their memory. */

/** The shape in which a slab is taken whole: the one it is written with, so that a step's output is the next one's input. */
export const wholeShape = ({ output, views, length }: Slab): readonly number[] =>
  output?.shape ?? (views.length === 1 ? views[0]?.shape : undefined) ?? [length]

/** The program with one input for each of some slabs, and a name for its output: `next/weights:dense/kernel`. */
export function withWholeSlabs({ graph, slabs }: StepProgram, which: (slab: Slab) => boolean): Graph {
  const replacements = new Map<Value, Value>()
  const inputs: Value[] = []
  for (const slab of slabs) {
    if (!which(slab)) {
      inputs.push(...slab.views.map(({ input }) => input))
      continue
    }
    const whole = Value.input({ dtype: slab.dtype, shape: wholeShape(slab) }, slab.name)
    for (const view of slab.views) replacements.set(view.input, viewOf(whole, slab, view))
    inputs.push(whole)
  }
  const own = new Set(slabs.flatMap(({ views }) => views.map(({ input }) => input)))
  const { outputs, outputNames } = substitute(graph, replacements)
  const written = slabs.filter(({ output }) => output)
  const first = outputs.length - written.length
  return new Graph({
    name: graph.name,
    inputs: [...graph.inputs.filter(input => !own.has(input)), ...inputs],
    outputs,
    outputNames: outputs.map((_, i) => {
      const slab = written[i - first]
      return slab ? nextName(slab) : (outputNames[i] ?? `output${i}`)
    }),
  })
}

export const nextName = ({ name }: Slab): string => `next/${name}`

/** One of a slab's views, of the whole slab. */
export function viewOf(whole: Value, { length }: Slab, { offset, shape }: View): Value {
  const size = sizeOf(shape)
  if (size === length) return shaped(whole, shape)
  return shaped(slice(shaped(whole, [length]), ints([offset]), ints([offset + size])), shape)
}

const shaped = (value: Value, shape: readonly number[]): Value =>
  value.shape.length === shape.length && value.shape.every((dim, i) => dim === shape[i])
    ? value
    : reshape(value, ints(shape))
