import { Graph } from '../graph/graph.ts'
import { Value } from '../graph/value.ts'
import type { Network } from '../nn/network.ts'

/** A network for inference as a graph of its own: weights are constants, the batch axis is symbolic. */
export function exportedGraph(network: Network): Graph {
  const inputs = network.inputs.map(({ name, dtype, shape, batchSize }) =>
    Value.input({ dtype, shape: [batchSize ?? 'batch', ...shape.map((dim, i) => dim ?? `${name}_${i + 1}`)] }, name),
  )
  const weights = new Map(
    network.variables.map(variable => [
      variable,
      Value.constant({ ...variable.value, data: variable.value.data.slice() }, variable.path),
    ]),
  )
  const { outputs } = network.trace(inputs, {
    training: false,
    weight: variable => weights.get(variable) ?? Value.constant(variable.value, variable.path),
  })
  return new Graph({ name: network.name, inputs, outputs, outputNames: network.outputs.map(({ name }) => name) })
}
