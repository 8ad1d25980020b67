import { staticShape } from '../../core/shape.ts'
import type { Graph } from '../../graph/graph.ts'
import type { Node } from '../../graph/node.ts'
import { rebuild, rewrite } from '../../graph/rewrite.ts'
import type { Value } from '../../graph/value.ts'
import { ints } from '../../ops/constants.ts'
import { reshape } from '../../ops/shape/reshape.ts'
import { Blocked } from './convolutions/channel-blocks.ts'
import { findRegions, type Regions } from './products/regions.ts'
import type { Role } from './products/roles.ts'
import {
  blockedProduct,
  columnBlocks,
  fromColumnBlocks,
  fromRowBlocks,
  matrixShape,
  rowBlocks,
} from './products/row-blocks.ts'

/**
 * Runs large matrix products, and what is elementwise between them, in ONNX Runtime's layout for convolutions on the CPU
 * (docs/adr/0020): the products take 5 % less time, gradients of weights 15 to 20 %, which alone would not pay for a change of
 * layout before and after each. `block`: columns that lie together; measured, and done, for 8 (AVX2).
 */
export function lowerProducts(graph: Graph, block: number | undefined): Graph {
  if (block !== 8) return graph
  const regions = findRegions(graph, block)
  if (!graph.nodes.some(node => node.outputs.some(regions.inside))) return graph
  const lowering = new Lowering(regions)
  return rewrite(graph, (node, inputs) => lowering.apply(node, inputs))
}

class Lowering {
  private readonly columns = new Map<Value, Blocked>()
  private readonly rows = new Map<Value, Blocked>()
  private readonly products = new Map<Value, readonly [left: Blocked, right: Blocked]>()

  constructor(private readonly regions: Regions) {}

  apply(node: Node, inputs: readonly (Value | undefined)[]): readonly Value[] | undefined {
    const role = this.regions.roles.get(node)
    const [y] = node.outputs
    // Nodes of bodies have no role.
    if (!role || !y) return undefined
    const lowered = this.lower(node, role, y, inputs)
    return lowered && [lowered]
  }

  private lower(node: Node, role: Role, y: Value, inputs: readonly (Value | undefined)[]): Value | undefined {
    const { inside } = this.regions
    const [a, b] = inputs
    if (!a) return undefined
    switch (role.kind) {
      case 'product': {
        if (!b || !(inside(y) || inside(role.left))) return undefined
        const operands = [this.columnBlocks(a), role.transposed ? rowBlocks(b) : columnBlocks(b)] as const
        const value = this.plain(blockedProduct(...operands, undefined), y)
        this.products.set(value, operands)
        return value
      }
      case 'bias': {
        const swapped = node.inputs[0] === role.bias
        const [product, bias] = swapped ? [b, a] : [a, b]
        const operands = product && this.products.get(product)
        return operands && bias && this.plain(blockedProduct(...operands, bias), y)
      }
      case 'weightGradient':
        return b && (inside(role.left) || inside(role.right))
          ? this.weightGradient(a, b, inside(role.right))
          : undefined
      case 'sum': {
        if (!b || !inside(role.matrix)) return undefined
        // A vector is a matrix of one column in blocks of rows as it lies.
        const vector = new Blocked(reshape(a, ints([1, ...a.shape.map(Number), 1, 1])))
        return reshape(blockedProduct(vector, this.columnBlocks(b), undefined).value, ints(staticShape(y.shape, 'sum')))
      }
      case 'elementwise': {
        if (!inside(y)) return undefined
        if (node.operator?.traits.reshapes) {
          const [value] = rebuild(node, inputs).outputs
          if (value) this.columns.set(value, this.columnBlocks(a))
          return value
        }
        const blocked = inputs.map(value => value && (value.shape.length > 0 ? this.columnBlocks(value).value : value))
        const [result] = rebuild(node, blocked).outputs
        return result && this.plain(new Blocked(result), y)
      }
      case 'other':
        return undefined
    }
  }

  /** leftᵀ · right: the sum over rows is one over channels, so that one operand's rows lie in blocks and the other's columns. */
  private weightGradient(left: Value, right: Value, rightInside: boolean): Value {
    const [[, m], [, n]] = [matrixShape(left), matrixShape(right)]
    if (rightInside)
      return fromColumnBlocks(blockedProduct(this.rowBlocks(left), this.columnBlocks(right), undefined), [m, n])
    return fromRowBlocks(blockedProduct(this.rowBlocks(right), this.columnBlocks(left), undefined), m, n)
  }

  /** The value in blocks of columns, once for all that read it so. */
  private columnBlocks(x: Value): Blocked {
    return remembered(this.columns, x, columnBlocks)
  }

  private rowBlocks(x: Value): Blocked {
    return remembered(this.rows, x, rowBlocks)
  }

  /** Out of blocks, for whoever wants it so: nobody inside of a region does, and then it is not part of the graph. */
  private plain(blocked: Blocked, like: Value): Value {
    const value = fromColumnBlocks(blocked, staticShape(like.shape, 'matrix product'))
    this.columns.set(value, blocked)
    return value
  }
}

function remembered(known: Map<Value, Blocked>, x: Value, make: (x: Value) => Blocked): Blocked {
  const found = known.get(x) ?? make(x)
  known.set(x, found)
  return found
}
