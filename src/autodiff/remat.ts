import type { Node } from '../graph/node.ts'
import { rebuild } from '../graph/rewrite.ts'
import { inScope, Scope } from '../graph/scope.ts'
import type { Value } from '../graph/value.ts'
import { waitFor } from './barrier.ts'

/**
 * Rematerialisation (Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016): inside a region made with `remat`, the
 * backward pass reads activations that it computes again from the region's inputs, so the forward ones can be freed.
 */
export class Recomputation {
  private readonly regions = new Map<Scope, Map<Value, Value>>()

  constructor(private readonly nodes: readonly Node[]) {}

  /** The inputs and outputs that a node's gradient rule should read. */
  operands(node: Node, received: readonly (Value | undefined)[]): [readonly (Value | undefined)[], readonly Value[]] {
    const region = node.scope?.rematRegion
    if (!region) return [node.inputs, node.outputs]
    const trigger = received.find(grad => grad !== undefined)
    const again = this.regions.get(region) ?? this.recompute(region, trigger)
    return [
      node.inputs.map(value => value && (again.get(value) ?? value)),
      node.outputs.map(value => again.get(value) ?? value),
    ]
  }

  /** Clones the region's nodes on inputs that are ready only once `trigger`, its first incoming gradient, is. */
  private recompute(region: Scope, trigger: Value | undefined): Map<Value, Value> {
    const inside = this.nodes.filter(node => node.scope?.rematRegion === region)
    const made = new Set(inside.flatMap(node => node.outputs))
    const again = new Map<Value, Value>()
    this.regions.set(region, again)
    // The clones stand in a scope of their own that is not rematerialised once more.
    inScope(new Scope(`${region.name}.again`, undefined), () => {
      for (const node of inside) {
        const clone = rebuild(node, this.delayed(node, again, made, trigger))
        node.outputs.forEach((output, i) => {
          const copy = clone.outputs[i]
          if (copy) again.set(output, copy)
        })
      }
    })
    return again
  }

  /** The inputs of a clone: recomputed ones, and ones from outside that wait for `trigger`. */
  private delayed(
    node: Node,
    again: Map<Value, Value>,
    made: ReadonlySet<Value>,
    trigger: Value | undefined,
  ): (Value | undefined)[] {
    if (trigger) {
      const wait = (input: Value) => again.set(input, waitFor(input, trigger))
      // Weights and constants stay in memory anyway; only computed inputs need the barrier.
      for (const input of node.inputs)
        if (input && !isStored(input) && !made.has(input) && !again.has(input)) wait(input)
      // A node that reads stored values alone would be merged with its original by the runtime: one of them has to wait too.
      if (!node.inputs.some(input => input && again.has(input))) {
        const [smallest] = node.inputs
          .filter(input => input !== undefined && !input.constant)
          .sort((a, b) => elements(a) - elements(b))
        if (smallest) wait(smallest)
      }
    }
    return node.inputs.map(value => value && (again.get(value) ?? value))
  }
}

/** In memory for the whole run: an input or a constant, under whatever name. */
function isStored(value: Value): boolean {
  const { node } = value
  if (!node) return true
  const [source] = node.inputs
  return node.operator?.traits.identity === true && source !== undefined && isStored(source)
}

const elements = (value: Value | undefined): number =>
  value?.type?.shape.reduce<number>((n, dim) => n * (typeof dim === 'number' ? dim : 1), 1) ?? 0
