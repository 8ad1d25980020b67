import type { Attributes } from './attribute.ts'
import type { Operator } from './operator.ts'
import { currentScope, type Scope } from './scope.ts'
import { nextId, type TensorType, Value } from './value.ts'

export interface NodeInit {
  /** ONNX operator type, e.g. `MatMul`. */
  readonly type: string
  /** '' for the standard operators. */
  readonly domain?: string
  /** `undefined` for an optional input that is not given. */
  readonly inputs: readonly (Value | undefined)[]
  readonly attributes?: Attributes
  /** One for each output; `undefined` where unknown. */
  readonly outputs: readonly (TensorType | undefined)[]
  readonly outputNames?: readonly (string | undefined)[]
  /** The table's entry; absent for operators outside the table. */
  readonly operator?: Operator | undefined
  readonly name?: string | undefined
  readonly scope?: Scope | undefined
  /** Opset of the domain that the node was written for, where that is newer than the table's: the encoder asks for at least it. */
  readonly opset?: number | undefined
}

/** One application of an operator. Immutable; makes its output values. */
export class Node {
  readonly id: number = nextId()
  readonly type: string
  readonly domain: string
  readonly inputs: readonly (Value | undefined)[]
  readonly outputs: readonly Value[]
  readonly attributes: Attributes
  readonly operator: Operator | undefined
  readonly name: string | undefined
  /** Where in the program it was made: names the node, and marks rematerialised regions. */
  readonly scope: Scope | undefined
  readonly opset: number | undefined

  constructor(init: NodeInit) {
    this.type = init.type
    this.domain = init.domain ?? ''
    this.inputs = init.inputs
    this.attributes = init.attributes ?? {}
    this.operator = init.operator
    this.name = init.name
    this.opset = init.opset
    this.scope = 'scope' in init ? init.scope : currentScope()
    this.outputs = init.outputs.map((type, i) => Value.output(this, i, type, init.outputNames?.[i]))
  }
}
