import { GraphError } from '../../core/errors.ts'
import { normalizeAxis, staticDim } from '../../core/shape.ts'
import { bodiesOf, Graph, nodesBetween } from '../../graph/graph.ts'
import type { Node } from '../../graph/node.ts'
import { rebuild, substitute } from '../../graph/rewrite.ts'
import { type TensorType, Value } from '../../graph/value.ts'
import { ints } from '../constants.ts'
import { slice } from '../shape/slice.ts'
import { transpose } from '../shape/transpose.ts'

/** A Scan node, read for the rules that rebuild it. */
export interface ScanPlan {
  readonly body: Graph
  /** How many state variables there are; the rest is scanned. */
  readonly states: number
  readonly length: number
  /** The entries of the first scan input are taken from last to first. */
  readonly reversed: boolean
  /** A scan input as entries along axis 0, in the order of the first scan input's. */
  readonly entriesOfInput: (i: number, value: Value) => Value
  /** The inverse, for its gradient. */
  readonly inputOfEntries: (i: number, entries: Value) => Value
  /** A scan output (or its gradient) as entries. */
  readonly entriesOfOutput: (k: number, value: Value) => Value
}

export function planOf(node: Node): ScanPlan {
  const [given] = bodiesOf(node)
  const count = node.attributes['num_scan_inputs']
  if (!given || count?.kind !== 'int')
    throw new GraphError({ where: 'Scan', expected: 'a body and num_scan_inputs', received: 'a node without' })
  const states = node.inputs.length - count.value
  const list = (key: string, i: number): number => {
    const attribute = node.attributes[key]
    return attribute?.kind === 'ints' ? (attribute.value[i] ?? 0) : 0
  }
  const reversed = list('scan_input_directions', 0) === 1
  const turn = (value: Value, key: string, i: number) => ((list(key, i) === 1) === reversed ? value : turned(value))
  const axisOf = (key: string, i: number, rank: number) => normalizeAxis(list(key, i), rank, 'Scan')
  const first = node.inputs[states]
  const axis = first ? axisOf('scan_input_axes', 0, first.shape.length) : 0
  return {
    body: withoutInvariants(given),
    states,
    length: staticDim(first?.shape[axis], first?.shape ?? []),
    reversed,
    entriesOfInput: (i, value) =>
      turn(moveAxis(value, axisOf('scan_input_axes', i, value.shape.length), 0), 'scan_input_directions', i),
    inputOfEntries: (i, value) =>
      moveAxis(turn(value, 'scan_input_directions', i), 0, axisOf('scan_input_axes', i, value.shape.length)),
    entriesOfOutput: (k, value) =>
      turn(moveAxis(value, axisOf('scan_output_axes', k, value.shape.length), 0), 'scan_output_directions', k),
  }
}

/** Nodes of a body that depend on none of its inputs move outside, so that all that is made inside differs from step to step. */
function withoutInvariants(body: Graph): Graph {
  const dependent = new Set(nodesBetween(body.inputs, body.outputs))
  const outside = new Map<Value, Value>()
  for (const node of body.nodes) {
    if (dependent.has(node)) continue
    const copy = rebuild(
      node,
      node.inputs.map(value => value && (outside.get(value) ?? value)),
    )
    node.outputs.forEach((output, i) => {
      const value = copy.outputs[i]
      if (value) outside.set(output, value)
    })
  }
  if (outside.size === 0) return body
  const { inputs, outputs } = body
  return substitute(new Graph({ name: body.name, inputs, outputs, nodes: [...dependent] }), outside)
}

/** The same body on inputs of its own: a node may stand in one body only. */
export function copyBody(body: Graph): Graph {
  return substitute(body, new Map(body.inputs.map(input => [input, placeholder(input)])))
}

/** A new input of a value's type. */
export const placeholder = (like: Value, name = like.name): Value => Value.input(typeOf(like), name)

export const typeOf = ({ dtype, shape }: Value): TensorType => ({ dtype, shape })

/** Entries in the opposite order. */
export const turned = (value: Value): Value => slice(value, ints([-1]), ints([-(2 ** 31)]), ints([0]), ints([-1]))

function moveAxis(value: Value, from: number, to: number): Value {
  if (from === to) return value
  const perm = value.shape.map((_, i) => i).filter(i => i !== from)
  perm.splice(to, 0, from)
  return transpose(value, { perm })
}
