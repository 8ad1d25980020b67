import { FormatError, TenonError } from '../../core/errors.ts'
import type { Attributes } from '../../graph/attribute.ts'
import { inferTypes } from '../../graph/inference.ts'
import { Node } from '../../graph/node.ts'
import type { Operator } from '../../graph/operator.ts'
import type { Scope } from '../../graph/scope.ts'
import type { TensorType, Value } from '../../graph/value.ts'
import { findOperator } from '../../ops/index.ts'
import { badFormat } from './failure.ts'

/** An application of an operator that is not a node yet: what a file says, or what an upgrade makes of it. */
export interface NodeDraft {
  readonly type: string
  readonly domain: string
  readonly inputs: readonly (Value | undefined)[]
  readonly attributes: Attributes
  /** By output: its name in the file, `undefined` for one left out. */
  readonly outputs: readonly (string | undefined)[]
  readonly name: string | undefined
  readonly scope: Scope | undefined
  readonly opset: number | undefined
  /** What the file declares, for outputs whose type no rule tells. */
  readonly declaredType: (name: string) => TensorType | undefined
}

/** Makes the node, with types by the table's rule where there is one and it can tell, else as the file declares them. */
export function makeNode(draft: NodeDraft, where: string): readonly Value[] {
  const { type, domain, inputs, attributes, outputs } = draft
  const operator = fitting(findOperator(type, domain), draft, where)
  const declared = outputs.map(name => (name === undefined ? undefined : draft.declaredType(name)))
  const inferred = operator && infer(operator, draft, where)
  // The rule knows how many outputs the operator has here; its gradient rule may want those that the file leaves unnamed.
  const count = Math.max(outputs.length, inferred?.length ?? 0)
  const types = Array.from({ length: count }, (_, i) => inferred?.[i] ?? declared[i])
  return new Node({
    type,
    domain,
    inputs,
    attributes,
    outputs: types,
    outputNames: outputs,
    operator,
    name: draft.name,
    scope: draft.scope,
    opset: draft.opset,
  }).outputs
}

/** The table's entry if it describes this node: a newer schema may have more inputs or outputs than the one the table follows. */
function fitting(
  operator: Operator | undefined,
  { inputs, outputs, attributes }: NodeDraft,
  where: string,
): Operator | undefined {
  if (!operator) return undefined
  const variadic = (specs: Operator['inputs']) => specs.some(spec => spec.kind === 'variadic')
  if (!variadic(operator.inputs) && inputs.length > operator.inputs.length) return undefined
  if (!variadic(operator.outputs) && outputs.length > operator.outputs.length) return undefined
  operator.inputs.forEach((spec, i) => {
    if (spec.kind === 'required' && !inputs[i]) throw badFormat(where, `the input '${spec.name}'`, 'none')
  })
  for (const [key, spec] of Object.entries(operator.attributeDefaults)) {
    const attribute = attributes[key]
    if (spec.required && !attribute) throw badFormat(where, `the attribute '${key}'`, 'none')
    // What Tenon cannot read (float8 tensors, bytes that are not text) is legal, but beyond the table's rules.
    if (attribute?.kind === 'raw') return undefined
    if (attribute && attribute.kind !== spec.kind)
      throw badFormat(where, `attribute '${key}' of type ${spec.kind}`, attribute.kind)
  }
  return operator
}

function infer(operator: Operator, { inputs, attributes, outputs }: NodeDraft, where: string) {
  const variadic = operator.outputs.some(output => output.kind === 'variadic')
  try {
    const types = inferTypes(operator, inputs, attributes, variadic ? outputs.length : undefined)
    for (const type of types ?? []) {
      const beyond = type?.shape.find(dim => typeof dim === 'number' && !(Number.isSafeInteger(dim) && dim >= 0))
      if (beyond !== undefined) throw badFormat(where, 'an output with sizes from 0 to 2^53', String(beyond))
    }
    return types
  } catch (error) {
    if (!(error instanceof TenonError) || error instanceof FormatError) throw error
    throw badFormat(where, error.expected, error.received, error)
  }
}
