/**
 * A named stretch of a traced program: a layer, an optimizer, a rematerialised function. Nodes remember the scope they were
 * made in. It is the one piece of ambient state in Tenon; it lives only while a function is traced, which is synchronous.
 */
export class Scope {
  constructor(
    readonly name: string,
    readonly parent: Scope | undefined,
    /** Drop this stretch's activations after the forward pass and compute them again for the backward pass. */
    readonly rematerialize: boolean = false,
  ) {}

  /** `encoder/block0/attention`. */
  get path(): string {
    return this.parent ? `${this.parent.path}/${this.name}` : this.name
  }

  /** The outermost scope from here up that is rematerialised, if any. */
  get rematRegion(): Scope | undefined {
    return this.parent?.rematRegion ?? (this.rematerialize ? this : undefined)
  }
}

let current: Scope | undefined

export const currentScope = (): Scope | undefined => current

/** Runs `trace` with nodes made under `name`. */
export function withScope<T>(name: string, trace: () => T, options?: { readonly rematerialize?: boolean }): T {
  return inScope(new Scope(name, current, options?.rematerialize), trace)
}

/** Runs `trace` in a given scope, e.g. to rebuild a node where the original stood. */
export function inScope<T>(scope: Scope | undefined, trace: () => T): T {
  const outer = current
  current = scope
  try {
    return trace()
  } finally {
    current = outer
  }
}
