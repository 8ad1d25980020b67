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
    if (!wish || this.names.has(value) || this.taken.has(wish)) return
    this.names.set(value, wish)
    this.taken.add(wish)
  }

  of(value: Value): string {
    const known = this.names.get(value)
    if (known !== undefined) return known
    this.claim(value, value.name)
    const name = this.names.get(value) ?? this.fresh('v')
    this.names.set(value, name)
    return name
  }

  /** A name for something that is not a value of its own: the wish if it is free. */
  reserve(wish: string | undefined, prefix: string): string {
    if (!wish || this.taken.has(wish)) return this.fresh(prefix)
    this.taken.add(wish)
    return wish
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
