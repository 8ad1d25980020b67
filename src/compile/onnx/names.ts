import type { TensorType, Value } from '../../graph/value.ts'
import { badFormat, quote } from './failure.ts'

/** The names that are visible in one graph of a file: its own, and those of the graphs around it. */
export class Names {
  private readonly own = new Map<string, Value>()
  /** Inputs of an inlined function that its caller left out: wherever they are passed on, they are left out. */
  readonly omitted = new Set<string>()
  /** Values of the graphs around this one that were asked for here or further in. */
  readonly captured = new Set<Value>()

  constructor(
    private readonly where: string,
    private readonly outer: Names | undefined,
    /** What the file declares for a value, for those whose type no rule can tell. */
    readonly declaredType: (name: string) => TensorType | undefined,
  ) {}

  /** Binds a name of this graph; a second binding breaks single assignment. An own name may hide an outer one. */
  define(name: string, value: Value, maker: string): void {
    if (this.own.has(name))
      throw badFormat(this.where, 'every name to be defined once', `${quote(name)} twice, the second time by ${maker}`)
    this.own.set(name, value)
  }

  defines(name: string): boolean {
    return this.own.has(name)
  }

  find(name: string): Value | undefined {
    const own = this.own.get(name)
    if (own) return own
    const value = this.outer?.find(name)
    if (value) this.captured.add(value)
    return value
  }

  isOmitted(name: string): boolean {
    return this.omitted.has(name) || (this.outer?.isOmitted(name) ?? false)
  }

  get(name: string, reader: string): Value {
    const value = this.find(name)
    if (value) return value
    throw badFormat(
      this.where,
      'every name to be defined before it is read',
      `${reader} reading ${quote(name)}, which nothing defines`,
    )
  }
}
