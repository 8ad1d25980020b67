import type { Node } from '../../graph/node.ts'
import type { Value } from '../../graph/value.ts'

/** Gives every value and node of a model a unique name: its own if it has one and it is free, else a number. */
export class Naming {
  private readonly names = new Map<Value, string>()
  private readonly taken = new Set<string>()
  private readonly nodes = new Map<string, number>()
  private next = 0

  /** Reserves a wished name for a value, unless it is taken. */
  claim(value: Value, wish: string | undefined): void {
    if (wish === undefined || this.names.has(value) || this.taken.has(wish)) return
    this.names.set(value, wish)
    this.taken.add(wish)
  }

  of(value: Value): string {
    this.claim(value, value.name)
    const known = this.names.get(value)
    if (known !== undefined) return known
    const name = this.fresh('v')
    this.names.set(value, name)
    return name
  }

  private readonly outputs = new Set<Value>()

  /** The name of a graph output. A value that is an input or constant, or is output twice, needs a second name. */
  output(value: Value, wish: string | undefined, index: number): string {
    const direct = value.node !== undefined && !this.outputs.has(value)
    this.outputs.add(value)
    if (direct && (wish === undefined || this.of(value) === wish)) return this.of(value)
    const name = wish !== undefined && !this.taken.has(wish) ? wish : this.fresh(`output${index}_`)
    this.taken.add(name)
    return name
  }

  node(node: Node): string {
    const base = node.scope ? `${node.scope.path}/${node.type}` : node.type
    const count = this.nodes.get(base) ?? 0
    this.nodes.set(base, count + 1)
    return count === 0 ? base : `${base}_${count}`
  }

  private fresh(prefix: string): string {
    for (;;) {
      const name = `${prefix}${this.next++}`
      if (this.taken.has(name)) continue
      this.taken.add(name)
      return name
    }
  }
}
