import type { TensorData } from '../core/tensor-data.ts'
import type { Attribute } from './attribute.ts'
import type { Graph } from './graph.ts'
import type { Node } from './node.ts'
import { formatType, type Value } from './value.ts'

export interface PrintOptions {
  /** Nodes to print, those of bodies included; the rest become an ellipsis. Default: all. */
  readonly limit?: number
}

/**
 * A graph as text, one line per node, bodies indented below theirs:
 *
 *     graph(%x : float32[batch, 4]) "classifier" {
 *       %w : float32[4, 2] = constant [0.1, -0.3, 0.7, …]
 *       %12 = MatMul(%x, %w) : float32[batch, 2]   # dense/matmul
 *       return %12 as "y"
 *     }
 */
export function printGraph(graph: Graph, options: PrintOptions = {}): string {
  return new Printer(options.limit ?? Number.POSITIVE_INFINITY).graph(graph).join('\n')
}

class Printer {
  private readonly names = new Map<Value, string>()
  private readonly taken = new Set<string>()

  constructor(private left: number) {}

  graph(graph: Graph): string[] {
    const inputs = graph.inputs.map(input => `${this.name(input)} : ${formatType(input.type)}`)
    const constants = graph.constants.map(
      value => `  ${this.name(value)} : ${formatType(value.type)} = constant ${elements(value.constant)}`,
    )
    return [`graph(${inputs.join(', ')}) ${JSON.stringify(graph.name)} {`, ...constants, ...this.body(graph, '  '), '}']
  }

  /** Nodes and results; constants of bodies have been listed at the top. */
  private body(graph: Graph, indent: string): string[] {
    const lines: string[] = []
    for (const [i, node] of graph.nodes.entries()) {
      if (this.left <= 0) {
        lines.push(`${indent}… ${graph.nodes.length - i} more nodes`)
        break
      }
      this.left--
      lines.push(...this.node(node, indent))
    }
    const results = graph.outputs.map((value, i) => {
      const name = graph.outputNames[i]
      return name === undefined || `%${name}` === this.name(value)
        ? this.name(value)
        : `${this.name(value)} as ${JSON.stringify(name)}`
    })
    return [...lines, `${indent}return ${results.join(', ')}`]
  }

  private node(node: Node, indent: string): string[] {
    const inputs = node.inputs.map(value => (value ? this.name(value) : '_'))
    const attributes = Object.entries(node.attributes).flatMap(([key, value]) => {
      const text = attributeText(value)
      return text === undefined ? [] : [`${key}=${text}`]
    })
    const bodies = Object.entries(node.attributes).flatMap(([key, value]) =>
      value.kind === 'graph' || value.kind === 'graphs' ? [value.value].flat().map(body => ({ key, body })) : [],
    )
    const type = node.domain === '' ? node.type : `${node.domain}.${node.type}`
    const call = `${type}(${[...inputs, ...attributes].join(', ')})`
    const outputs = node.outputs.map(output => this.name(output)).join(', ')
    const types = node.outputs.map(output => formatType(output.type)).join(', ')
    const note = node.scope?.path ?? node.name
    const lines = [`${indent}${outputs} = ${call} : ${types}${note ? `   # ${note}` : ''}`]
    for (const { key, body } of bodies) {
      const given = body.inputs.map(input => `${this.name(input)} : ${formatType(input.type)}`)
      lines.push(`${indent}  ${key}(${given.join(', ')}) {`, ...this.body(body, `${indent}    `), `${indent}  }`)
    }
    return lines
  }

  private name(value: Value): string {
    const known = this.names.get(value)
    if (known) return known
    const wish = value.name && !this.taken.has(value.name) ? value.name : String(value.id)
    this.taken.add(wish)
    this.names.set(value, `%${wish}`)
    return `%${wish}`
  }
}

const shown = 6

/** The first few elements. */
function elements(tensor: TensorData | undefined): string {
  if (!tensor) return ''
  const list = Array.from({ length: Math.min(shown, tensor.data.length) }, (_, i) => scalar(tensor, i))
  if (tensor.shape.length === 0) return list[0] ?? ''
  return `[${list.join(', ')}${tensor.data.length > shown ? ', …' : ''}]`
}

function scalar({ dtype, data }: TensorData, i: number): string {
  const value = data[i]
  if (typeof value === 'string') return JSON.stringify(value)
  if (dtype === 'bool') return value ? 'true' : 'false'
  // float16 and bfloat16 are kept as bits, and shown so.
  if (dtype === 'float16' || dtype === 'bfloat16') return `0x${Number(value).toString(16).padStart(4, '0')}`
  return typeof value === 'number' ? number(value) : String(value)
}

const number = (value: number): string => String(Number(value.toPrecision(6)))

/** `undefined` for bodies, which are printed below the node. */
function attributeText(attribute: Attribute): string | undefined {
  switch (attribute.kind) {
    case 'int':
    case 'float':
      return number(attribute.value)
    case 'string':
      return JSON.stringify(attribute.value)
    case 'ints':
    case 'floats':
      return `[${abbreviated(attribute.value.map(number))}]`
    case 'strings':
      return `[${abbreviated(attribute.value.map(text => JSON.stringify(text)))}]`
    case 'tensor':
      return elements(attribute.value)
    case 'tensors':
      return `${attribute.value.length} tensors`
    case 'raw':
      return `${attribute.value.length} bytes`
    default:
      return undefined
  }
}

const abbreviated = (items: readonly string[]): string =>
  (items.length > 16 ? [...items.slice(0, 16), '…'] : items).join(', ')
