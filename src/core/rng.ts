/**
 * Random numbers on the JavaScript side (initial weights, shuffling): xoshiro128** 1.1, seeded by splitmix32.
 * Blackman & Vigna, "Scrambled Linear Pseudorandom Number Generators", 2018. Same seed, same numbers, on every platform.
 */

export type RngState = readonly [number, number, number, number]

export class Rng {
  private a: number
  private b: number
  private c: number
  private d: number

  constructor(seed: number | RngState) {
    if (typeof seed === 'number') {
      const next = splitmix32(seed)
      ;[this.a, this.b, this.c, this.d] = [next(), next(), next(), next()]
    } else [this.a, this.b, this.c, this.d] = seed
  }

  get state(): RngState {
    return [this.a, this.b, this.c, this.d]
  }

  /** 32 random bits, unsigned. */
  uint32(): number {
    const scrambled = Math.imul(rotl(Math.imul(this.b, 5), 7), 9) >>> 0
    const t = this.b << 9
    this.c ^= this.a
    this.d ^= this.b
    this.b ^= this.c
    this.a ^= this.d
    this.c ^= t
    this.d = rotl(this.d, 11)
    return scrambled
  }

  /** Uniform in [0, 1), 53 bits. */
  uniform(): number {
    return ((this.uint32() >>> 5) * 0x4000000 + (this.uint32() >>> 6)) / 0x20000000000000
  }

  /** Standard normal, by Marsaglia's polar method. */
  normal(): number {
    for (;;) {
      const u = 2 * this.uniform() - 1
      const v = 2 * this.uniform() - 1
      const s = u * u + v * v
      if (s > 0 && s < 1) return u * Math.sqrt((-2 * Math.log(s)) / s)
    }
  }

  /** Standard normal, redrawn until within two standard deviations (Keras's truncated normal, before its correction of the variance). */
  truncatedNormal(): number {
    for (;;) {
      const x = this.normal()
      if (Math.abs(x) <= 2) return x
    }
  }

  /** Integer in [0, n), without bias. */
  below(n: number): number {
    const limit = 0x100000000 - (0x100000000 % n)
    for (;;) {
      const x = this.uint32()
      if (x < limit) return x % n
    }
  }

  /** 0 … n−1 in random order (Fisher and Yates). */
  permutation(n: number): Uint32Array {
    const order = Uint32Array.from({ length: n }, (_, i) => i)
    for (let i = n - 1; i > 0; i--) {
      const j = this.below(i + 1)
      const held = order[i] ?? 0
      order[i] = order[j] ?? 0
      order[j] = held
    }
    return order
  }

  /** An independent generator for a purpose; the same name gives the same stream. */
  fork(name: string): Rng {
    let hash = 0x811c9dc5 // FNV-1a
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
    return new Rng((this.a ^ rotl(this.b, 13) ^ hash) >>> 0)
  }
}

const rotl = (x: number, k: number): number => (x << k) | (x >>> (32 - k))

function splitmix32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x9e3779b9) | 0
    let z = state ^ (state >>> 16)
    z = Math.imul(z, 0x21f0aaad)
    z ^= z >>> 15
    z = Math.imul(z, 0x735a2d97)
    return (z ^ (z >>> 15)) | 0
  }
}
