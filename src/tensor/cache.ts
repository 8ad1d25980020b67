import type { TensorData } from '../core/tensor-data.ts'
import type { Graph } from '../graph/graph.ts'
import type { Engine } from '../runtime/engine.ts'
import { Executable } from '../runtime/executable.ts'

interface Entry {
  readonly executable: Promise<Executable>
  /** Runs under way: a session is released only when there are none. */
  users: number
  evicted: boolean
}

/**
 * Compiled graphs by key, the least recently used released first, so that neither an eager loop nor ever new shapes pile up
 * sessions.
 */
export class ExecutableCache {
  private readonly entries = new Map<string, Entry>()

  constructor(
    private readonly engine: Engine,
    private readonly capacity: number,
  ) {}

  get size(): number {
    return this.entries.size
  }

  async run(key: string, graph: () => Graph, inputs: readonly TensorData[]): Promise<TensorData[]> {
    const entry = this.entries.get(key) ?? this.add(graph())
    // To the end: the order of a Map is the order of last use.
    this.entries.delete(key)
    this.entries.set(key, entry)
    entry.users++
    this.trim()
    try {
      return await (await entry.executable.catch(cause => this.forget(key, entry, cause))).run(inputs)
    } finally {
      entry.users--
      if (entry.evicted) this.release(entry)
    }
  }

  private add(graph: Graph): Entry {
    return { executable: Executable.create(graph, this.engine), users: 0, evicted: false }
  }

  /** A graph that did not load is tried again the next time. */
  private forget(key: string, entry: Entry, cause: unknown): never {
    if (this.entries.get(key) === entry) this.entries.delete(key)
    throw cause
  }

  private trim(): void {
    for (const [key, entry] of this.entries) {
      if (this.entries.size <= this.capacity) return
      this.entries.delete(key)
      entry.evicted = true
      this.release(entry)
    }
  }

  private release(entry: Entry): void {
    if (entry.users > 0) return
    entry.executable.then(
      executable => executable.release(),
      // It never loaded; whoever ran it has the error.
      () => undefined,
    )
  }
}
