import type { TensorData } from '../core/tensor-data.ts'
import type { Attribute } from '../graph/attribute.ts'
import type { Graph } from '../graph/graph.ts'
import { formatType, type Value } from '../graph/value.ts'

/** Constants up to this size are compared by their elements, larger ones by identity. */
const comparedElements = 4096

/**
 * A text that is equal for graphs that compute the same in the same way: operators, attributes, types of the inputs,
 * constants and wiring, but not names. Two eager iterations of one loop have the same key, so they share a session.
 */
export function structuralKey(graph: Graph): string {
  const parts: string[] = []
  writeGraph(graph, new Map(), parts)
  return parts.join('')
}

function writeGraph(graph: Graph, numbers: Map<Value, number>, parts: string[]): void {
  const number = (value: Value): number => {
    const made = numbers.size
    numbers.set(value, made)
    return made
  }
  const refer = (value: Value | undefined): string => {
    if (!value) return '_'
    const known = numbers.get(value)
    if (known !== undefined) return String(known)
    return value.constant ? `${number(value)}=${writeConstant(value.constant)}` : String(number(value))
  }
  for (const input of graph.inputs) parts.push(`${number(input)}:${formatType(input.type)};`)
  for (const node of graph.nodes) {
    parts.push(node.domain, '.', node.type, '(', node.inputs.map(refer).join(','), '){')
    for (const [name, attribute] of Object.entries(node.attributes)) {
      parts.push(name, ':')
      writeAttribute(attribute, numbers, parts)
    }
    parts.push('}', node.outputs.map(number).join(','), ';')
  }
  parts.push('->', graph.outputs.map(refer).join(','))
}

function writeAttribute(attribute: Attribute, numbers: Map<Value, number>, parts: string[]): void {
  parts.push(attribute.kind, ' ')
  if (attribute.kind === 'graph') writeGraph(attribute.value, numbers, parts)
  else if (attribute.kind === 'graphs') for (const body of attribute.value) writeGraph(body, numbers, parts)
  else if (attribute.kind === 'tensor') parts.push(writeConstant(attribute.value))
  else if (attribute.kind === 'tensors') parts.push(...attribute.value.map(writeConstant))
  else
    parts.push(
      typeof attribute.value === 'object'
        ? JSON.stringify(Array.from<unknown>(attribute.value))
        : JSON.stringify(attribute.value),
    )
  parts.push(';')
}

const identities = new WeakMap<object, number>()
let named = 0

function writeConstant({ dtype, shape, data }: TensorData): string {
  if (data.length <= comparedElements)
    return `${dtype}[${shape.join()}]${Array.isArray(data) ? JSON.stringify(data) : data.join()}`
  const id = identities.get(data) ?? named++
  identities.set(data, id)
  return `${dtype}[${shape.join()}]#${id}`
}
