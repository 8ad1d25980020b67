import type { Node } from '../src/graph/node.ts'
import type { Value } from '../src/graph/value.ts'
import type { Sequential } from '../src/models/sequential.ts'
import { predictProgram } from '../src/train/step.ts'

/** Operators whose work is a sum of products over their first two inputs. */
const products = new Set(['MatMul', 'Gemm', 'FusedMatMul', 'Einsum', 'Conv', 'ConvTranspose'])

/** Operators that run over sequences, with weights for entries and for states. */
const recurrences = new Set(['RNN', 'GRU', 'LSTM'])

/**
 * Floating-point operations of one training step, counted the usual way: matrix products and convolutions of the forward pass,
 * a multiplication and an addition each, once forward and once more for every operand that needs a gradient. Elementwise work and
 * the optimizer are not counted, nor how anybody computes it: the number belongs to the model, so programs can be compared by it.
 */
export function stepFlops({ network }: Sequential, batch: number): number {
  const inputs = network.inputs.map(({ shape, dtype }) => ({
    shape: [batch, ...shape.map(dim => dim ?? 1)],
    format: { dtype, scale: 1, offset: 0 },
  }))
  const { graph } = predictProgram(network, inputs)
  const weights = graph.inputs.slice(inputs.length)
  const needGradient = new Set<Value>(weights)
  let flops = 0
  for (const node of graph.nodes) {
    const needy = node.inputs.map(input => input !== undefined && needGradient.has(input))
    if (needy.some(Boolean)) for (const output of node.outputs) needGradient.add(output)
    if (recurrences.has(node.type)) flops += recurrentFlops(node, needy)
    if (!products.has(node.type)) continue
    const once = node.operator?.traits.flops?.(node) ?? 0
    flops += once * (1 + needy.slice(0, 2).filter(Boolean).length)
  }
  return flops
}

/** Entries by their weights, and states, which always need a gradient if anything does, by theirs. */
function recurrentFlops(node: Node, [x, w, r]: readonly boolean[]): number {
  const [, ofEntries, ofStates] = node.inputs.map(
    input => input?.shape.reduce<number>((n, dim) => n * Number(dim), 1) ?? 0,
  )
  const once = node.operator?.traits.flops?.(node) ?? 0
  const share = (ofEntries ?? 0) / ((ofEntries ?? 0) + (ofStates ?? 0))
  const needs = x || w || r
  return once * share * (1 + Number(x) + Number(w)) + once * (1 - share) * (1 + Number(needs) + Number(r))
}
