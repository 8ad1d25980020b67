import { bodiesOf, type Graph } from './graph.ts'
import type { Node } from './node.ts'
import type { Scope } from './scope.ts'
import { formatType, type Value } from './value.ts'

export interface DrawOptions {
  /** Nodes to draw; of a larger graph the first ones, and an ellipsis for the rest. Default 400. */
  readonly limit?: number
}

/** What both languages draw: boxes in nested groups, arrows between them. */
interface Drawing {
  readonly root: Group
  readonly arrows: readonly { readonly from: string; readonly to: string; readonly label: string }[]
}
interface Group {
  readonly label: string
  readonly boxes: {
    readonly id: string
    readonly label: string
    readonly kind: 'node' | 'input' | 'output' | 'ellipsis'
  }[]
  readonly groups: Map<Scope | Graph, Group>
}

/** The graph in Graphviz's language: scopes and bodies as clusters, types on the edges. Draw it with `dot -Tsvg`. */
export function toDot(graph: Graph, options: DrawOptions = {}): string {
  const { root, arrows } = draw(graph, options)
  const shapes = { node: 'box', input: 'ellipse', output: 'ellipse', ellipsis: 'plaintext' }
  let clusters = 0
  const group = ({ boxes, groups }: Group, indent: string): string[] => [
    ...boxes.map(box => `${indent}${box.id} [label=${quoted(box.label)}, shape=${shapes[box.kind]}]`),
    ...[...groups.values()].flatMap(inner => [
      `${indent}subgraph cluster_${clusters++} {`,
      `${indent}  label=${quoted(inner.label)}`,
      ...group(inner, `${indent}  `),
      `${indent}}`,
    ]),
  ]
  return [
    `digraph ${quoted(graph.name)} {`,
    ...group(root, '  '),
    ...arrows.map(({ from, to, label }) => `  ${from} -> ${to}${label ? ` [label=${quoted(label)}]` : ''}`),
    '}',
  ].join('\n')
}

const quoted = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`

/** The graph as a Mermaid flowchart, which GitHub draws inside Markdown. */
export function toMermaid(graph: Graph, options: DrawOptions = {}): string {
  const { root, arrows } = draw(graph, options)
  const frames = { node: ['[', ']'], input: ['([', '])'], output: ['([', '])'], ellipsis: ['[', ']'] } as const
  let clusters = 0
  const group = ({ boxes, groups }: Group, indent: string): string[] => [
    ...boxes.map(({ id, label, kind }) => `${indent}${id}${frames[kind][0]}"${escaped(label)}"${frames[kind][1]}`),
    ...[...groups.values()].flatMap(inner => [
      `${indent}subgraph s${clusters++} ["${escaped(inner.label)}"]`,
      ...group(inner, `${indent}  `),
      `${indent}end`,
    ]),
  ]
  return [
    'flowchart TD',
    ...group(root, '  '),
    ...arrows.map(({ from, to, label }) => `  ${from} -->${label ? `|"${escaped(label)}"|` : ''} ${to}`),
  ].join('\n')
}

const escaped = (text: string): string =>
  text.replace(/[&"<>#]/g, char => `#${char.charCodeAt(0)};`).replaceAll('\n', '<br/>')

function draw(graph: Graph, { limit = 400 }: DrawOptions): Drawing {
  const root: Group = { label: graph.name, boxes: [], groups: new Map() }
  const arrows: { from: string; to: string; label: string }[] = []
  /** Which box a value comes out of; constants have none. */
  const sources = new Map<Value, string>()
  let left = limit
  let outputs = 0
  let ellipsis: string | undefined

  const visit = (inner: Graph, group: Group): void => {
    for (const input of inner.inputs) {
      const id = `i${input.id}`
      group.boxes.push({ id, label: input.name ?? `#${input.id}`, kind: 'input' })
      sources.set(input, id)
    }
    for (const node of inner.nodes) {
      if (left-- > 0) box(node, inner === graph ? groupOf(root, node.scope) : group)
      else {
        ellipsis ??= rest(root, graph, limit)
        for (const output of node.outputs) sources.set(output, ellipsis)
      }
    }
    inner.outputs.forEach((output, i) => {
      const id = `o${outputs++}`
      group.boxes.push({ id, label: inner.outputNames[i] ?? output.name ?? `output ${i}`, kind: 'output' })
      arrow(output, id)
    })
  }
  const box = (node: Node, group: Group): void => {
    const id = `n${node.id}`
    group.boxes.push({ id, label: nodeLabel(node), kind: 'node' })
    for (const output of node.outputs) sources.set(output, id)
    for (const input of node.inputs) if (input) arrow(input, id)
    for (const body of bodiesOf(node)) {
      const inside: Group = { label: `${node.type}: ${body.name}`, boxes: [], groups: new Map() }
      group.groups.set(body, inside)
      visit(body, inside)
    }
  }
  const arrow = (value: Value, to: string): void => {
    const from = sources.get(value)
    if (from !== undefined && from !== to) arrows.push({ from, to, label: formatType(value.type) })
  }
  visit(graph, root)
  return { root, arrows }
}

/** Constants stand in the label of their reader: as boxes they would hide the dataflow. */
function nodeLabel(node: Node): string {
  const constants = node.inputs.flatMap((value, i) => {
    if (!value?.constant) return []
    return [`${node.operator?.inputs[i]?.name ?? value.name ?? i}: ${formatType(value.type)}`]
  })
  return [node.type, ...constants].join('\n')
}

function groupOf(root: Group, scope: Scope | undefined): Group {
  if (!scope) return root
  const parent = groupOf(root, scope.parent)
  const known = parent.groups.get(scope)
  if (known) return known
  const made: Group = { label: scope.name, boxes: [], groups: new Map() }
  parent.groups.set(scope, made)
  return made
}

function rest(root: Group, graph: Graph, limit: number): string {
  root.boxes.push({ id: 'rest', label: `… ${graph.nodes.length - limit} more nodes`, kind: 'ellipsis' })
  return 'rest'
}
