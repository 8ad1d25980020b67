import { UnsupportedError } from '../core/errors.ts'
import type { Shape } from '../core/shape.ts'
import { Graph } from '../graph/graph.ts'
import { Value } from '../graph/value.ts'
import { oneOf } from '../nn/layers/arguments.ts'
import { type LayerGraph, preparationsOf } from '../nn/network.ts'

export interface GraphOptions {
  /**
   * What the graph of a model of texts takes: `texts`, string[batch, 1], also where the model itself takes tokens, or, if it does,
   * the `tokens` that `tokenize` of its `textVectorization` makes. Default texts.
   */
  readonly startAt?: 'texts' | 'tokens'
}

/** A network for inference as a graph of its own: weights are constants, the batch axis is symbolic. */
export function exportedGraph(network: LayerGraph, { startAt = 'texts' }: GraphOptions = {}): Graph {
  const start = oneOf(`export of ${network.name}`, 'startAt', startAt, ['texts', 'tokens'])
  const inputs = network.inputs.map(({ name, dtype, batchSize }, i) =>
    Value.input({ dtype, shape: [batchSize ?? 'batch', ...shapeOf(network, i, start)] }, name),
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

/** An input's shape without the batch axis. */
function shapeOf(network: LayerGraph, index: number, startAt: 'texts' | 'tokens'): Shape {
  const [spec, tensor] = [network.inputs[index], network.inputTensors[index]]
  if (!spec || !tensor) return []
  const declared = spec.shape.map((dim, i) => dim ?? `${spec.name}_${i + 1}`)
  const takesTexts = declared.every(dim => dim === 1)
  if (spec.dtype !== 'string' || startAt === 'tokens' || takesTexts) return declared
  if (spec.prepare) return [1]
  const calls = network.steps.map(({ call }) => call)
  if (preparationsOf(tensor, calls).every(prepare => !prepare)) return declared
  throw new UnsupportedError({
    where: `export of ${network.name}`,
    expected: `the input '${spec.name}' to go to one textVectorization, so that the graph can take its texts`,
    received: 'one whose tokens others read too',
    remedy:
      "Give the model the texts themselves, input({ shape: [1], dtype: 'string' }), or export with startAt: 'tokens'.",
  })
}
