import { sizeOf } from '../../src/core/shape.ts'
import type { TensorData } from '../../src/core/tensor-data.ts'
import { type Engine, type Fed, isResident, type ResidentTensor } from '../../src/runtime/engine.ts'
import { testEngine } from './run.ts'

/** What went between JavaScript and an engine's memory, in bytes, and how many tensors are in it. */
export interface Traffic {
  written: number
  read: number
  live: number
  /** Most tensors at once. */
  peak: number
}

/**
 * An engine with a memory of its own, as a graphics card's, on a processor: tensors there can be read only by asking, and are gone once
 * released. It counts.
 */
export function residentEngine(inner: Engine = testEngine): { readonly engine: Engine; readonly traffic: Traffic } {
  const traffic: Traffic = { written: 0, read: 0, live: 0, peak: 0 }

  class Held implements ResidentTensor {
    private released = false

    constructor(private readonly tensor: TensorData) {
      traffic.live++
      traffic.peak = Math.max(traffic.peak, traffic.live)
    }

    readonly dtype = 'float32'

    get shape(): readonly number[] {
      return this.tensor.shape
    }

    get contents(): TensorData {
      if (this.released) throw new Error('a tensor was used after its release')
      return this.tensor
    }

    async read(): Promise<TensorData> {
      const { data, shape } = this.contents
      if (!(data instanceof Float32Array)) throw new Error('only float32 stays in the memory')
      traffic.read += data.byteLength
      return { dtype: 'float32', shape, data: data.slice() }
    }

    release(): void {
      if (!this.released) traffic.live--
      this.released = true
    }
  }

  const here = (feed: Fed): TensorData => {
    if (!isResident(feed)) return feed
    if (feed instanceof Held) return feed.contents
    throw new Error("a tensor of another engine's")
  }
  const engine: Engine = {
    ...inner,
    writesInPlace: false,
    memory: {
      async write({ shape, data }) {
        traffic.written += 4 * sizeOf(shape)
        return new Held({ dtype: 'float32', shape, data: data.slice() })
      },
    },
    async load(model, { resident, ...options } = {}) {
      const session = await inner.load(model, options)
      return {
        inputNames: session.inputNames,
        outputNames: session.outputNames,
        run: feeds => session.run(feeds),
        async runResident(feeds) {
          const results = await session.run(feeds.map(here))
          return results.map((result, i) => (resident?.has(session.outputNames[i] ?? '') ? new Held(result) : result))
        },
        release: () => session.release(),
      }
    },
  }
  return { engine, traffic }
}
