import { writeModel } from '../../compile/onnx/write.ts'
import type { TensorData } from '../../core/tensor-data.ts'
import { Graph } from '../../graph/graph.ts'
import { substitute } from '../../graph/rewrite.ts'
import { Value } from '../../graph/value.ts'
import { writeFileAtomic } from '../../io/files.ts'
import { encodeSafetensors } from '../../io/safetensors.ts'
import { ints } from '../../ops/constants.ts'
import { reshape } from '../../ops/shape/reshape.ts'
import type { StateMemory } from '../../train/runner.ts'
import type { StepProgram } from '../../train/step.ts'
import { nextName, viewOf } from '../../train/whole-slabs.ts'

/**
 * Writes a training step as an ONNX file, and the state that it begins with beside it (`NAME.state.safetensors`). The graph takes a
 * batch and each part of the state as one flat tensor, `state/…`, and gives the loss and the parts that change, `next/…`; feed those
 * back for the next step. Parts without a `next/…` stay as they are.
 */
export async function writeTraining(path: string, program: StepProgram, state: StateMemory): Promise<void> {
  const tensors = new Map<string, TensorData>()
  for (const { slab, current } of state.memories) {
    const shape = [slab.length]
    // A copy: the state goes on changing.
    const tensor: TensorData =
      current instanceof BigInt64Array
        ? { dtype: 'int64', shape, data: current.slice() }
        : { dtype: 'float32', shape, data: current.slice() }
    tensors.set(slab.name, tensor)
  }
  await writeModel(path, standAlone(program))
  await writeFileAtomic(`${path}.state.safetensors`, encodeSafetensors({ tensors, metadata: {} }))
}

/** The step's graph with the whole of each part of the state as an input, where Tenon itself feeds views of its memory. */
function standAlone({ graph, slabs }: StepProgram): Graph {
  const replacements = new Map<Value, Value>()
  const states = slabs.map(slab => {
    const whole = Value.input({ dtype: slab.dtype, shape: [slab.length] }, `state/${slab.name}`)
    for (const view of slab.views) replacements.set(view.input, viewOf(whole, slab, view))
    return whole
  })
  const batch = graph.inputs.filter(input => !replacements.has(input))
  const [loss, ...changed] = substitute(graph, replacements).outputs
  const changing = slabs.filter(({ output }) => output)
  const next = changed.map((value, i) => reshape(value, ints([changing[i]?.length ?? -1])))
  return new Graph({
    name: graph.name,
    inputs: [...batch, ...states],
    outputs: loss ? [loss, ...next] : next,
    outputNames: ['loss', ...changing.map(nextName)],
  })
}
