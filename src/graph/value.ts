import type { DType } from '../core/dtype.ts'
import { GraphError } from '../core/errors.ts'
import { formatShape, type Shape } from '../core/shape.ts'
import type { TensorData } from '../core/tensor-data.ts'
import type { Node } from './node.ts'

/** What a graph knows of a tensor before it runs. */
export interface TensorType {
  readonly dtype: DType
  readonly shape: Shape
}

export const formatType = (type: TensorType | undefined): string =>
  type ? `${type.dtype}${formatShape(type.shape)}` : 'unknown'

let created = 0
/** Values and nodes are numbered as they are made; an input is always older than what is computed from it, so the numbers are a topological order. */
export const nextId = (): number => created++

/**
 * One tensor in a graph: an input, a constant, or an output of a node. Immutable. A value knows the node that makes it,
 * so a graph is whatever can be reached from its outputs, and what nobody reads is not part of it.
 */
export class Value {
  readonly id: number = nextId()

  private constructor(
    /** `undefined` where inference cannot tell: operators outside the table, sequences, unknown rank. */
    readonly type: TensorType | undefined,
    /** The node that computes it; none for inputs and constants. */
    readonly node: Node | undefined,
    /** Which of the node's outputs it is. */
    readonly index: number,
    /** The elements, for constants (ONNX calls them initializers). */
    readonly constant: TensorData | undefined,
    readonly name: string | undefined,
    /**
     * For an input of unknown type, what its file declares (an encoded ONNX TypeProto: a sequence, a map, a tensor of unknown
     * rank or of an element type that Tenon does not compute with), so that the graph can be written again.
     */
    readonly declared?: Uint8Array,
  ) {}

  static input(type: TensorType | undefined, name?: string, declared?: Uint8Array): Value {
    return new Value(type, undefined, 0, undefined, name, declared)
  }

  static constant(data: TensorData, name?: string): Value {
    return new Value({ dtype: data.dtype, shape: data.shape }, undefined, 0, data, name)
  }

  static output(node: Node, index: number, type: TensorType | undefined, name?: string): Value {
    // Inference rules may return an input for "the same type". Values that refer to values for their types would make chains
    // as long as the graph, each keeping all before it alive.
    return new Value(type instanceof Value ? type.known : type, node, index, undefined, name)
  }

  get dtype(): DType {
    return this.known.dtype
  }

  get shape(): Shape {
    return this.known.shape
  }

  private get known(): TensorType {
    if (this.type) return this.type
    throw new GraphError({
      where: this.node ? `output ${this.index} of ${this.node.type}` : `value ${this.name ?? this.id}`,
      expected: 'a tensor whose dtype and rank are known when the graph is built',
      received: 'a value of unknown type',
      remedy: 'It comes from an operator outside the table, or from a shape that depends on data.',
    })
  }
}
