import { Graph } from '../../graph/graph.ts'
import type { Node } from '../../graph/node.ts'
import type { Batched, Walks } from '../../graph/operator.ts'
import { substitute } from '../../graph/rewrite.ts'
import { Value } from '../../graph/value.ts'
import { ensureBatched } from '../batching.ts'
import { scan } from './scan.ts'
import { placeholder, planOf } from './scan-plan.ts'

/** A Scan over batches: the body is batched in turn, with all states batched, and scanned axes move by one. */
export function scanBatching(
  node: Node,
  batched: (value: Value) => Batched,
  size: number,
  batch: Walks['batch'],
): readonly Value[] {
  const { body, states } = planOf(node)
  const inputs = node.inputs.flatMap((value): Batched[] => (value ? [batched(value)] : []))
  const widened = (i: number) => i < states || inputs[i]?.batched === true
  const entries = body.inputs.map((input, i) =>
    widened(i) ? Value.input({ dtype: input.dtype, shape: [size, ...input.shape] }, input.name) : placeholder(input),
  )
  const examples: Value[] = []
  const batches: Value[] = []
  const kept = new Map<Value, Value>()
  body.inputs.forEach((input, i) => {
    const entry = entries[i] ?? input
    if (!widened(i)) kept.set(input, entry)
    else {
      examples.push(input)
      batches.push(entry)
    }
  })
  for (const value of body.captures) {
    const found = batched(value)
    if (!found.batched) continue
    examples.push(value)
    batches.push(found.value)
  }
  const outputs = batch(substitute(body, kept).outputs, examples, batches, size)

  const listed = (key: string): readonly number[] | undefined => {
    const attribute = node.attributes[key]
    return attribute?.kind === 'ints' ? attribute.value : undefined
  }
  const axes = (key: string, count: number, moved: (i: number) => boolean): number[] =>
    Array.from({ length: count }, (_, i) => {
      const axis = listed(key)?.[i] ?? 0
      return moved(i) && axis >= 0 ? axis + 1 : axis
    })
  const scanned = inputs.length - states
  return scan(
    inputs.map((input, i) => (i < states ? ensureBatched(input, size) : input.value)),
    {
      body: new Graph({ name: body.name, inputs: entries, outputs, captures: 'invariant' }),
      num_scan_inputs: scanned,
      scan_input_axes: axes('scan_input_axes', scanned, i => widened(states + i)),
      scan_output_axes: axes('scan_output_axes', outputs.length - states, () => true),
      scan_input_directions: listed('scan_input_directions'),
      scan_output_directions: listed('scan_output_directions'),
    },
  )
}
