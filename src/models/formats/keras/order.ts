import { type AnyLayer, type LayerCall, Symbolic } from '../../../nn/layer.ts'
import { type LayerGraph, type NetworkInput, type PlacedLayer, sourcesOf } from '../../../nn/network.ts'
import type { Model } from '../../model.ts'

/** A layer of a Keras model: one of ours, or the InputLayer that Keras has for each input. */
export type KerasLayer =
  | { readonly kind: 'input'; readonly name: string; readonly input: NetworkInput }
  | { readonly kind: 'layer'; readonly name: string; readonly placed: PlacedLayer }

interface Visit {
  readonly key: Symbolic | LayerCall
  readonly operation: Symbolic | AnyLayer
  readonly parents: readonly Symbolic[]
}

/**
 * Layers in the order of Keras's `Model.layers` (keras/src/ops/function.py, `map_graph`): from the farthest from the outputs to the
 * nearest, and as a depth-first walk from the outputs meets them. Names of weights in files are numbered in this order.
 */
export function kerasLayers({ network, outputs }: Pick<Model, 'network' | 'outputs'>): readonly KerasLayer[] {
  const { visits, firstSeen } = walk(network, inOrder(outputs))
  const visitDepth = new Map<Symbolic | LayerCall, number>()
  const depths = new Map<Symbolic | AnyLayer, number>()
  for (const { key, operation, parents } of visits.toReversed()) {
    const depth = Math.max(visitDepth.get(key) ?? 0, depths.get(operation) ?? 0)
    depths.set(operation, depth)
    visitDepth.set(key, depth)
    for (const parent of parents) {
      const at = producer(network, parent)
      visitDepth.set(at, Math.max(depth + 1, visitDepth.get(at) ?? 0))
    }
  }
  for (const input of network.inputTensors) if (!depths.has(input)) depths.set(input, 0)
  const placed = new Map<Symbolic | AnyLayer, PlacedLayer>(network.layers.map(item => [item.layer, item]))
  return [...depths]
    .sort(([a, x], [b, y]) => y - x || (firstSeen.get(a) ?? -1) - (firstSeen.get(b) ?? -1))
    .flatMap(([operation]): KerasLayer[] => {
      const layer = placed.get(operation)
      if (layer) return [{ kind: 'layer', name: layer.path, placed: layer }]
      const input = network.inputs[network.inputTensors.findIndex(tensor => Object.is(tensor, operation))]
      return input ? [{ kind: 'input', name: input.name, input }] : []
    })
}

/** What a tensor comes from: a call of a layer, or the tensor itself where it is an input. */
const producer = (network: LayerGraph, tensor: Symbolic): Symbolic | LayerCall =>
  network.inputTensors.includes(tensor) || !('call' in tensor.origin) ? tensor : tensor.origin.call

/** Keras sorts outputs that have names. */
function inOrder(outputs: Model['outputs']): readonly Symbolic[] {
  if (outputs instanceof Symbolic) return [outputs]
  if (Array.isArray(outputs)) return outputs
  return Object.entries(outputs)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, tensor]) => tensor)
}

/** Depth-first from the outputs. Not recursive: deep models would overflow the stack. */
function walk(
  network: LayerGraph,
  outputs: readonly Symbolic[],
): { visits: Visit[]; firstSeen: Map<Symbolic | AnyLayer, number> } {
  const visits: Visit[] = []
  const firstSeen = new Map<Symbolic | AnyLayer, number>()
  const entered = new Set<Symbolic | LayerCall>()
  const stack: { tensor: Symbolic; visit?: Visit }[] = outputs.map(tensor => ({ tensor })).toReversed()
  for (let top = stack.pop(); top; top = stack.pop()) {
    if (top.visit) {
      visits.push(top.visit)
      continue
    }
    const key = producer(network, top.tensor)
    if (entered.has(key)) continue
    entered.add(key)
    const isCall = 'layer' in key
    const operation = isCall ? key.layer : key
    if (!firstSeen.has(operation)) firstSeen.set(operation, firstSeen.size)
    const parents = isCall ? sourcesOf(key) : []
    stack.push({ tensor: top.tensor, visit: { key, operation, parents } })
    for (const tensor of parents.toReversed()) stack.push({ tensor })
  }
  return { visits, firstSeen }
}
