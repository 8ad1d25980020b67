import type { Attribute } from '../../graph/attribute.ts'
import { Graph, usedBy } from '../../graph/graph.ts'
import type { Node } from '../../graph/node.ts'
import { rebuild } from '../../graph/rewrite.ts'
import { Value } from '../../graph/value.ts'
import { identity } from '../math/identity.ts'
import { placeholder } from './scan-plan.ts'

/** A graph whose nodes are all made anew, those of bodies inside included: what it captures stays what it was. */
export function copyOf(graph: Graph, outer: ReadonlyMap<Value, Value> = new Map()): Graph {
  const map = new Map(outer)
  const get = (value: Value): Value => map.get(value) ?? value
  for (const input of graph.inputs) map.set(input, placeholder(input))
  const nodes = graph.nodes.map(node => {
    const attributes = Object.entries(node.attributes).map(([key, value]) => [key, copyBodies(value, map)] as const)
    const copy = rebuild(
      node,
      node.inputs.map(value => value && get(value)),
      Object.fromEntries(attributes),
    )
    node.outputs.forEach((output, i) => {
      const made = copy.outputs[i]
      if (made) map.set(output, made)
    })
    return copy
  })
  return new Graph({ name: graph.name, inputs: graph.inputs.map(get), outputs: graph.outputs.map(get), nodes })
}

function copyBodies(attribute: Attribute, map: ReadonlyMap<Value, Value>): Attribute {
  if (attribute.kind === 'graph') return { kind: 'graph', value: copyOf(attribute.value, map) }
  if (attribute.kind === 'graphs') return { kind: 'graphs', value: attribute.value.map(body => copyOf(body, map)) }
  return attribute
}

/**
 * A body without inputs of all that `make` makes: what is older is captured. An output that is older, or is given out already,
 * is copied, since each output of a body is one of its own.
 */
export function bodyOf(name: string, make: () => readonly Value[]): Graph {
  const oldest = Value.input(undefined).id
  const own = ({ node }: Value): boolean => node !== undefined && node.id > oldest
  const seen = new Set<Value>()
  const outputs = make().map(value => {
    const output = own(value) && !seen.has(value) ? value : identity(value)
    seen.add(output)
    return output
  })
  const nodes = new Set<Node>()
  const stack = [...outputs]
  for (let value = stack.pop(); value; value = stack.pop()) {
    if (!value.node || !own(value) || nodes.has(value.node)) continue
    nodes.add(value.node)
    stack.push(...usedBy(value.node))
  }
  return new Graph({ name, inputs: [], outputs, nodes: [...nodes].sort((a, b) => a.id - b.id) })
}
