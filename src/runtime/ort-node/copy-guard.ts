import { Graph } from '../../graph/graph.ts'
import { Node } from '../../graph/node.ts'
import { scalar } from '../../ops/constants.ts'

/**
 * onnxruntime-node writes results into the arrays it is given, and then copies every one of them into a fresh array for the
 * object that `run` returns: a training step would copy its whole state each time (measured: an optimizer step on 10.8 M weights
 * takes 128 ms with the copies, 36 ms without; docs/adr/0011). The binding converts outputs in order and refuses
 * sequences, so a sequence as the first output ends the conversion before the first copy, after everything was computed and
 * written. The refusal arrives as an error with a known text; anything else is a real error. Should a later version return
 * normally, the arrays are filled all the same.
 */
export const guardName = 'tenon.copy_guard'

const refusal = 'Non tensor type is temporarily not supported'

/** The graph with a one-element sequence as an additional first output. */
export function withCopyGuard(graph: Graph): Graph {
  const guard = new Node({
    type: 'SequenceConstruct',
    inputs: [scalar(0)],
    outputs: [undefined],
    name: guardName,
    scope: undefined,
  })
  return new Graph({
    name: graph.name,
    inputs: graph.inputs,
    outputs: [...guard.outputs, ...graph.outputs],
    outputNames: [guardName, ...graph.outputs.map((output, i) => graph.outputNames[i] ?? output.name)],
    nodes: [...graph.nodes, guard],
    metadata: graph.metadata,
  })
}

export const isRefusal = (error: unknown): boolean => error instanceof Error && error.message.includes(refusal)
