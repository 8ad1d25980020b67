import { Graph } from '../graph/graph.ts'
import { Value } from '../graph/value.ts'
import type { Network } from '../nn/network.ts'

/** A network for inference as a graph of its own: weights are constants, the batch axis is symbolic. */
export function exportedGraph(network: Network): Graph {
  const x = Value.input({ dtype: network.inputDType, shape: ['batch', ...network.inputShape] }, 'input')
  const weights = new Map(
    network.variables.map(variable => [
      variable,
      Value.constant({ ...variable.value, data: variable.value.data.slice() }, variable.path),
    ]),
  )
  const { output } = network.trace(x, {
    training: false,
    weight: variable => weights.get(variable) ?? Value.constant(variable.value, variable.path),
  })
  return new Graph({ name: network.name, inputs: [x], outputs: [output], outputNames: ['output'] })
}
