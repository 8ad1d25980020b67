import { EngineError } from '../core/errors.ts'
import { type EngineMemory, type Fed, isResident, type ResidentTensor } from '../runtime/engine.ts'
import type { Slab } from './state.ts'
import { wholeShape } from './whole-slabs.ts'

/**
 * A slab in an engine's own memory. Its values are in one of two places: there, after a step, or here, once somebody has brought them
 * back to read or change them; they go there again with the next step.
 */
export class ResidentSlab {
  /** The values, where they are here. */
  private here: Float32Array | undefined
  /** What steps left in the engine's memory: the latest first, then the ones before it. */
  private there: ResidentTensor[] = []

  /** `copies`: how many generations are kept, the present one included. */
  constructor(
    readonly slab: Slab,
    private readonly copies: number,
    private readonly memory: EngineMemory,
  ) {
    this.here = new Float32Array(slab.length)
    slab.initialize?.(this.here)
  }

  /** The present values, to read and to change. Valid until the next step. */
  get current(): Float32Array {
    if (this.here) return this.here
    throw new EngineError({
      where: `'${this.slab.name}'`,
      expected: 'values that have been read back from the memory of the engine',
      received: 'values that steps left there',
      remedy: 'Wait for `await model.syncWeights()` first; fit does so at the end of each epoch.',
    })
  }

  /** A look at the present values, which stay where they are. */
  async read(): Promise<Float32Array> {
    return this.here ?? (await this.copy())
  }

  /** Brings the values here. */
  async fetch(): Promise<void> {
    this.here ??= await this.copy()
  }

  /** The input of a step; sends the values there if they are here. */
  async send(): Promise<Fed> {
    const { here, slab, memory } = this
    if (here) {
      const fresh = await memory.write({ dtype: 'float32', shape: wholeShape(slab), data: here })
      this.there.shift()?.release()
      this.there.unshift(fresh)
      this.here = undefined
    }
    // The next generation takes the place of the oldest.
    if (slab.output && this.copies > 1) this.keep(this.copies - 1)
    const [latest] = this.there
    if (latest) return latest
    throw new EngineError({ where: `'${slab.name}'`, expected: 'values', received: 'none' })
  }

  /** Takes a step's result. */
  advance(result: Fed): void {
    if (isResident(result)) {
      this.there.unshift(result)
      this.here = undefined
      this.keep(this.copies)
    } else if (result.data instanceof Float32Array) this.here = result.data
  }

  /** Goes back to the values before the last step. */
  retreat(): void {
    if (this.there.length < 2) return
    this.there.shift()?.release()
    this.here = undefined
  }

  /** Gives the engine's memory back. Values that are not here are lost. */
  release(): void {
    this.keep(0)
  }

  private keep(count: number): void {
    for (const old of this.there.splice(count)) old.release()
  }

  private async copy(): Promise<Float32Array> {
    const tensor = await this.there[0]?.read()
    if (tensor?.data instanceof Float32Array) return tensor.data
    throw new EngineError({ where: `'${this.slab.name}'`, expected: 'float32 values', received: 'none' })
  }
}
