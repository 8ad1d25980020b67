import { badFormat, quote } from './failure.ts'
import type { GraphProto, NodeProto } from './proto/onnx_pb.ts'

/** Names that a node reads, those that its bodies take from outside included. */
export function readNames(node: NodeProto): Set<string> {
  const names = new Set(node.input)
  for (const body of bodiesOf(node)) for (const name of freeNames(body)) names.add(name)
  names.delete('')
  return names
}

const bodiesOf = (node: NodeProto): readonly GraphProto[] =>
  node.attribute.flatMap(({ g, graphs }) => (g ? [g, ...graphs] : graphs))

// Remembered, since each level of nesting asks for those below it.
const free = new WeakMap<GraphProto, ReadonlySet<string>>()

/** Names that a body reads and does not make. */
function freeNames(body: GraphProto): ReadonlySet<string> {
  const known = free.get(body)
  if (known) return known
  const made = new Set<string>()
  for (const { name } of body.input) made.add(name)
  for (const { name } of body.initializer) made.add(name)
  for (const { values } of body.sparseInitializer) if (values) made.add(values.name)
  for (const node of body.node) for (const name of node.output) made.add(name)
  const names = new Set<string>()
  const visit = (name: string) => {
    if (!made.has(name)) names.add(name)
  }
  for (const node of body.node) for (const name of readNames(node)) visit(name)
  for (const { name } of body.output) visit(name)
  free.set(body, names)
  return names
}

/**
 * Nodes so that each comes after what it reads. The format asks for that order, but some exporters do not keep to it and
 * the engine does not mind. Throws for a cycle.
 */
export function inOrder(nodes: readonly NodeProto[], where: string): readonly NodeProto[] {
  const maker = new Map<string, number>()
  nodes.forEach((node, i) => {
    for (const name of node.output) if (name !== '' && !maker.has(name)) maker.set(name, i)
  })
  const reads = nodes.map(node => [...readNames(node)].flatMap(name => maker.get(name) ?? []))
  if (reads.every((list, i) => list.every(j => j < i))) return nodes
  // Kahn's algorithm, always taking the earliest node that is ready.
  const readers: number[][] = nodes.map(() => [])
  const waiting = reads.map((list, i) => {
    for (const j of list) readers[j]?.push(i)
    return list.length
  })
  const ready = waiting.flatMap((count, i) => (count === 0 ? [i] : [])).reverse()
  const order: NodeProto[] = []
  for (let i = ready.pop(); i !== undefined; i = ready.pop()) {
    const node = nodes[i]
    if (node) order.push(node)
    for (const reader of readers[i] ?? []) {
      const left = (waiting[reader] ?? 0) - 1
      waiting[reader] = left
      if (left === 0) ready.push(reader)
    }
  }
  if (order.length < nodes.length) {
    const stuck = nodes[waiting.findIndex(count => count > 0)]
    throw badFormat(
      where,
      'a graph without cycles',
      `a cycle through or before ${stuck?.opType ?? 'a node'} ${quote(stuck?.name ?? '')}`,
    )
  }
  return order
}
