/** Reproducible numbers without a file: the same two functions as reference/common.py. */

/** 32 bits for index `i` of a stream: MurmurHash3's finaliser over i + seed·0x9E3779B9, modulo 2³². */
export function hash32(seed: number, i: number): number {
  let x = (i + Math.imul(seed, 0x9e3779b9)) | 0
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}

/** float32 in [−limit, limit): the 24 high bits of the hash, scaled in double precision and rounded once. */
export const uniform = (seed: number, count: number, limit: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => ((hash32(seed, i) >>> 8) / 2 ** 23 - 1) * limit)
