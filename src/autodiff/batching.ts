import { NotBatchableError } from '../core/errors.ts'
import { staticShape } from '../core/shape.ts'
import { bodiesOf, nodesBetween } from '../graph/graph.ts'
import type { Node } from '../graph/node.ts'
import type { Batched } from '../graph/operator.ts'
import { rebuild } from '../graph/rewrite.ts'
import { inScope } from '../graph/scope.ts'
import type { Value } from '../graph/value.ts'
import { ensureBatched } from '../ops/batching.ts'
import { ints } from '../ops/constants.ts'
import { concat } from '../ops/shape/concat.ts'
import { slice } from '../ops/shape/slice.ts'
import { squeeze } from '../ops/shape/squeeze.ts'
import { unsqueeze } from '../ops/shape/unsqueeze.ts'

/**
 * The batching walk: `outputs` were traced from `examples`; returns what they are when each example is one entry of the
 * matching value in `batches`, whose axis 0 has length `size`. The walk knows no operator; every rule sits in `ops/`.
 */
export function batchOf(
  outputs: readonly Value[],
  examples: readonly Value[],
  batches: readonly Value[],
  size: number,
): Value[] {
  const batched = new Map<Value, Value>()
  examples.forEach((example, i) => {
    const batch = batches[i]
    if (batch) batched.set(example, batch)
  })
  for (const node of nodesBetween(examples, outputs)) {
    const results = inScope(node.scope, () => batchNode(node, batched, size))
    node.outputs.forEach((output, i) => {
      const result = results[i]
      if (result) batched.set(output, result)
    })
  }
  return outputs.map(output => batched.get(output) ?? ensureBatched({ value: output, batched: false }, size))
}

function batchNode(node: Node, batched: ReadonlyMap<Value, Value>, size: number): readonly Value[] {
  const { operator } = node
  const find = (value: Value): Batched => ({ value: batched.get(value) ?? value, batched: batched.has(value) })
  if (operator?.bodies) return operator.bodies.batch(node, find, size, batchOf)
  if (bodiesOf(node).some(body => body.captures.some(value => batched.has(value)))) {
    throw new NotBatchableError({
      where: `vmap of ${node.type}`,
      expected: 'bodies that read nothing batched from outside',
      received: 'one that does',
    })
  }
  const inputs = node.inputs.map(value => value && find(value))
  if (operator?.batchRule === 'rule') return operator.batch(node, inputs, size)
  if (operator?.batchRule === 'unrolled') return unroll(node, inputs, size)
  throw new NotBatchableError({
    where: `vmap of ${node.type}`,
    expected: 'an operator with a batching rule',
    received: operator ? 'one that has none' : 'an operator outside the table',
  })
}

/** The general rule: the node once per batch entry, on slices, results stacked. */
function unroll(node: Node, inputs: readonly (Batched | undefined)[], size: number): Value[] {
  const runs = Array.from(
    { length: size },
    (_, i) =>
      rebuild(
        node,
        inputs.map(input => input && entry(input, i)),
      ).outputs,
  )
  return node.outputs.map((_, index) =>
    concat(
      runs.map(outputs => unsqueeze(outputs[index] ?? outputs[0] ?? missing(node), ints([0]))),
      { axis: 0 },
    ),
  )
}

function entry(input: Batched, i: number): Value {
  if (!input.batched) return input.value
  staticShape(input.value.shape.slice(0, 1), 'vmap')
  return squeeze(slice(input.value, ints([i]), ints([i + 1]), ints([0])), ints([0]))
}

const missing = (node: Node): never => {
  throw new NotBatchableError({ where: `vmap of ${node.type}`, expected: 'an output', received: 'none' })
}
