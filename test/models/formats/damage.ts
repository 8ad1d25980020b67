import { Rng } from '../../../src/core/rng.ts'

/** Copies of a file, cut off in many places and with bytes changed in others: the same ones in every run. */
export function* damaged(whole: Uint8Array, count: number): Generator<Uint8Array> {
  const rng = new Rng(7)
  for (let i = 0; i < count; i++) yield whole.slice(0, Math.floor((whole.length * i) / count))
  for (let i = 0; i < count; i++) {
    const bytes = whole.slice()
    const changes = 1 + (i % 4)
    for (let change = 0; change < changes; change++) {
      // Structures are dense at the beginning of a file and of its parts; half of the changes go there.
      const within = i % 2 === 0 ? bytes.length : Math.min(bytes.length, 2_000)
      const at = Math.floor(rng.uniform() * within)
      const value = i % 3 === 0 ? 0xff : Math.floor(rng.uniform() * 256)
      bytes[at] = value
    }
    yield bytes
  }
}
