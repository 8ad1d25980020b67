import { GraphError, TenonError } from '../core/errors.ts'
import type { Shape } from '../core/shape.ts'
import { bodiesOf, type Graph, usedBy } from './graph.ts'
import { inferTypes } from './inference.ts'
import type { Node } from './node.ts'
import type { Operator } from './operator.ts'
import { formatType, type TensorType, type Value } from './value.ts'

/**
 * Checks that a graph keeps the rules of the IR; in tests it runs after every pass. The rules:
 * - nodes stand in topological order, and every value is defined once, by the node that it says makes it;
 * - what a node or body reads is an input, a constant, or made before, here or around the body;
 * - operators of the table get the inputs and attributes they declare, and outputs have the types they infer;
 * - no node is left over: some output of each is read, or leaves the graph.
 *
 * @throws {GraphError} naming the node that breaks one.
 */
export function verify(graph: Graph): void {
  verifyWithin(graph, new Set(), new Set())
}

function verifyWithin(graph: Graph, outer: ReadonlySet<Value>, placed: Set<Node>): void {
  const where = `graph '${graph.name}'`
  const known = new Set(outer)
  for (const input of graph.inputs) {
    if (input.node || input.constant)
      throw broken(where, 'inputs that are neither computed nor constant', describe(input))
    if (known.has(input)) throw broken(where, 'inputs that are listed once', describe(input))
    known.add(input)
  }
  for (const node of graph.nodes) {
    if (placed.has(node))
      throw broken(name(node, where), 'every node once', 'a node that stands here or elsewhere already')
    placed.add(node)
    for (const input of node.inputs) requireKnown(input, known, node, where)
    for (const body of bodiesOf(node)) verifyWithin(body, known, placed)
    verifyOutputs(node, where)
    if (node.operator) verifyAgainst(node.operator, node, where)
    for (const output of node.outputs) known.add(output)
  }
  for (const output of graph.outputs) {
    if (!output.constant && !known.has(output)) throw broken(where, 'outputs that the graph computes', describe(output))
  }
  verifyUsed(graph, where)
}

function requireKnown(value: Value | undefined, known: ReadonlySet<Value>, node: Node, where: string): void {
  if (!value || value.constant || known.has(value)) return
  const expected = 'inputs that are made before the node, or listed among the inputs of the graph'
  throw broken(name(node, where), expected, describe(value))
}

function verifyOutputs(node: Node, where: string): void {
  node.outputs.forEach((output, i) => {
    if (output.node !== node || output.index !== i)
      throw broken(name(node, where), `itself as the maker of output ${i}`, describe(output))
  })
  for (const value of usedBy(node)) {
    // The numbers are what finds the nodes of a graph in order.
    if (value.id >= node.id) throw broken(name(node, where), 'inputs older than itself', describe(value))
  }
}

function verifyAgainst(operator: Operator, node: Node, where: string): void {
  const at = name(node, where)
  const { inputs, outputs, attributeDefaults } = operator
  if (operator.type !== node.type || operator.domain !== node.domain) {
    throw broken(at, `the table's entry for ${node.type}`, `that for ${operator.type}`)
  }
  const variadic = (specs: Operator['inputs']) => specs.some(spec => spec.kind === 'variadic')
  inputs.forEach((spec, i) => {
    if (spec.kind === 'required' && !node.inputs[i]) throw broken(at, `the input '${spec.name}'`, 'none')
  })
  if (!variadic(inputs) && node.inputs.length > inputs.length)
    throw broken(at, `at most ${inputs.length} inputs`, `${node.inputs.length}`)
  if (!variadic(outputs) && node.outputs.length > outputs.length)
    throw broken(at, `at most ${outputs.length} outputs`, `${node.outputs.length}`)
  for (const [key, { kind, required }] of Object.entries(attributeDefaults)) {
    const given = node.attributes[key]
    if (!given && required) throw broken(at, `the attribute '${key}'`, 'none')
    if (given && given.kind !== kind) throw broken(at, `attribute '${key}' of type ${kind}`, given.kind)
  }
  const inferred = infer(operator, node, at)
  node.outputs.forEach((output, i) => {
    const type = inferred?.[i]
    if (type && !agrees(type, output.type))
      throw broken(at, `output ${i} of the inferred type ${formatType(type)}`, formatType(output.type))
  })
}

function infer(operator: Operator, node: Node, where: string): readonly (TensorType | undefined)[] | undefined {
  const variadic = operator.outputs.some(spec => spec.kind === 'variadic')
  try {
    return inferTypes(operator, node.inputs, node.attributes, variadic ? node.outputs.length : undefined)
  } catch (cause) {
    if (cause instanceof TenonError)
      throw new GraphError({ where, expected: cause.expected, received: cause.received, cause })
    throw cause
  }
}

/** Equal up to the names of symbolic dimensions. */
const agrees = (a: TensorType, b: TensorType | undefined): boolean =>
  b !== undefined && a.dtype === b.dtype && sameSizes(a.shape, b.shape)
const sameSizes = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((dim, i) => dim === b[i] || (typeof dim === 'string' && typeof b[i] === 'string'))

function verifyUsed(graph: Graph, where: string): void {
  const read = new Set<Value>(graph.outputs)
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some(output => read.has(output)))
      throw broken(name(node, where), 'a reader of some output', 'none')
    for (const value of usedBy(node)) read.add(value)
  }
}

const name = (node: Node, where: string): string =>
  `${node.scope ? `${node.scope.path}/` : ''}${node.type}${node.name ? ` '${node.name}'` : ''} in ${where}`

const describe = (value: Value): string => {
  const maker = value.node ? `output ${value.index} of ${value.node.type}` : value.constant ? 'a constant' : 'an input'
  return `${value.name ? `'${value.name}', ` : ''}${maker} (#${value.id})`
}

const broken = (where: string, expected: string, received: string): GraphError =>
  new GraphError({
    where,
    expected,
    received,
    remedy: 'If a pass of the compiler made this graph, the pass is at fault.',
  })
