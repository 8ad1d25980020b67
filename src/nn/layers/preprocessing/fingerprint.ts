/** Hashes of strings as TensorFlow's hash buckets use them, in 64 bits. */

const k0 = 0xc3a5c85c97cb3127n
const k1 = 0xb492b66fbe98f273n
const k2 = 0x9ae16a3b2f90404fn
const wrap = (x: bigint): bigint => BigInt.asUintN(64, x)
const rotate = (x: bigint, places: bigint): bigint => wrap((x >> places) | (x << (64n - places)))
const shiftMix = (x: bigint): bigint => x ^ (x >> 47n)

function mixed(u: bigint, v: bigint, mul: bigint): bigint {
  const a = shiftMix(wrap((u ^ v) * mul))
  return wrap(shiftMix(wrap((v ^ a) * mul)) * mul)
}

/** FarmHash's Fingerprint64 (Pike, https://github.com/google/farmhash) of a string's UTF-8. */
export function fingerprint64(text: string): bigint {
  const bytes = new TextEncoder().encode(text)
  const view = new DataView(bytes.buffer)
  const at = (offset: number) => view.getBigUint64(offset, true)
  const { length } = bytes
  if (length <= 16) return upTo16(bytes, view)
  if (length <= 32) {
    const [y, z, mul] = ends(at, length, k1)
    return mixed(y, z, mul)
  }
  return length <= 64 ? upTo64(at, length) : long(at, length)
}

function upTo16(bytes: Uint8Array, view: DataView): bigint {
  const { length } = bytes
  const size = BigInt(length)
  const mul = k2 + size * 2n
  if (length >= 8) {
    const a = wrap(view.getBigUint64(0, true) + k2)
    const b = view.getBigUint64(length - 8, true)
    return mixed(wrap(rotate(b, 37n) * mul + a), wrap((rotate(a, 25n) + b) * mul), mul)
  }
  if (length >= 4) {
    const a = BigInt(view.getUint32(0, true))
    return mixed(size + (a << 3n), BigInt(view.getUint32(length - 4, true)), mul)
  }
  if (length === 0) return k2
  const [a = 0, b = 0, c = 0] = [bytes[0], bytes[length >> 1], bytes[length - 1]]
  const y = BigInt(a + (b << 8))
  const z = BigInt(length + (c << 2))
  return wrap(shiftMix(wrap(y * k2) ^ wrap(z * k0)) * k2)
}

/** What strings of 17 to 64 bytes begin with. `factor` is that of the first word. */
function ends(
  at: (offset: number) => bigint,
  length: number,
  factor: bigint,
): readonly [bigint, bigint, bigint, bigint] {
  const mul = wrap(k2 + BigInt(length) * 2n)
  const a = wrap(at(0) * factor)
  const b = at(8)
  const c = wrap(at(length - 8) * mul)
  const d = wrap(at(length - 16) * k2)
  return [wrap(rotate(wrap(a + b), 43n) + rotate(c, 30n) + d), wrap(a + rotate(wrap(b + k2), 18n) + c), mul, a]
}

function upTo64(at: (offset: number) => bigint, length: number): bigint {
  const [y, rest, mul, a] = ends(at, length, k2)
  const z = mixed(y, rest, mul)
  const e = wrap(at(16) * mul)
  const f = at(24)
  const g = wrap((y + at(length - 32)) * mul)
  const h = wrap((z + at(length - 24)) * mul)
  return mixed(wrap(rotate(wrap(e + f), 43n) + rotate(g, 30n) + h), wrap(e + rotate(wrap(f + a), 18n) + g), mul)
}

type Pair = readonly [bigint, bigint]

function weak(at: (offset: number) => bigint, offset: number, first: bigint, second: bigint): Pair {
  const [w, x, y, z] = [at(offset), at(offset + 8), at(offset + 16), at(offset + 24)]
  const a = wrap(first + w)
  const b = rotate(wrap(second + a + z), 21n)
  const sum = wrap(a + x + y)
  return [wrap(sum + z), wrap(b + rotate(sum, 44n) + a)]
}

function long(at: (offset: number) => bigint, length: number): bigint {
  let x = wrap(81n * k2 + at(0))
  let y = wrap(81n * k1 + 113n)
  let z = wrap(shiftMix(wrap(y * k2 + 113n)) * k2)
  let v: Pair = [0n, 0n]
  let w: Pair = [0n, 0n]
  const round = (s: number, mul: bigint, last: boolean) => {
    const nine = last ? 9n : 1n
    x = wrap(rotate(wrap(x + y + v[0] + at(s + 8)), 37n) * mul)
    y = wrap(rotate(wrap(y + v[1] + at(s + 48)), 42n) * mul)
    x ^= wrap(w[1] * nine)
    y = wrap(y + v[0] * nine + at(s + 40))
    z = wrap(rotate(wrap(z + w[0]), 33n) * mul)
    v = weak(at, s, wrap(v[1] * mul), wrap(x + w[0]))
    w = weak(at, s + 32, wrap(z + w[1]), wrap(y + at(s + 16)))
    ;[z, x] = [x, z]
  }
  const end = Math.floor((length - 1) / 64) * 64
  for (let s = 0; s < end; s += 64) round(s, k1, false)
  const mul = wrap(k1 + ((z & 0xffn) << 1n))
  const grown = wrap(w[0] + BigInt((length - 1) & 63))
  v = [wrap(v[0] + grown), v[1]]
  w = [wrap(grown + v[0]), w[1]]
  round(length - 64, mul, true)
  return mixed(wrap(mixed(v[0], w[0], mul) + shiftMix(y) * k0 + z), wrap(mixed(v[1], w[1], mul) + x), mul)
}

/** Joins two fingerprints, as TensorFlow does for crossed features. */
export function joined(first: bigint, second: bigint): bigint {
  const mul = 0xc6a4a7935bd1e995n
  const both = wrap((first ^ mul ^ wrap(shiftMix(wrap(second * mul)) * mul)) * mul)
  return shiftMix(wrap(shiftMix(both) * mul))
}

/** Aumasson & Bernstein, "SipHash", 2012: SipHash-2-4 of a string's UTF-8 under a key of two 64-bit words. */
export function sipHash(text: string, key: readonly [bigint, bigint]): bigint {
  const bytes = new TextEncoder().encode(text)
  const full = bytes.length - (bytes.length % 8)
  const padded = new Uint8Array(full + 8)
  padded.set(bytes)
  padded[full + 7] = bytes.length & 0xff
  const view = new DataView(padded.buffer)
  const [a, b] = key.map(wrap)
  let v0 = (a ?? 0n) ^ 0x736f6d6570736575n
  let v1 = (b ?? 0n) ^ 0x646f72616e646f6dn
  let v2 = (a ?? 0n) ^ 0x6c7967656e657261n
  let v3 = (b ?? 0n) ^ 0x7465646279746573n
  const left = (x: bigint, places: bigint) => rotate(x, 64n - places)
  const rounds = (count: number) => {
    for (let i = 0; i < count; i++) {
      v0 = wrap(v0 + v1)
      v1 = left(v1, 13n) ^ v0
      v0 = left(v0, 32n)
      v2 = wrap(v2 + v3)
      v3 = left(v3, 16n) ^ v2
      v0 = wrap(v0 + v3)
      v3 = left(v3, 21n) ^ v0
      v2 = wrap(v2 + v1)
      v1 = left(v1, 17n) ^ v2
      v2 = left(v2, 32n)
    }
  }
  for (let offset = 0; offset <= full; offset += 8) {
    const word = view.getBigUint64(offset, true)
    v3 ^= word
    rounds(2)
    v0 ^= word
  }
  v2 ^= 0xffn
  rounds(4)
  return v0 ^ v1 ^ v2 ^ v3
}
