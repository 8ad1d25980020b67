/** float16 and bfloat16 as bits, for JavaScript without Float16Array. Rounding is to nearest, ties to even (IEEE 754). */

const f32 = new Float32Array(1)
const u32 = new Uint32Array(f32.buffer)

export function bfloat16Bits(value: number): number {
  f32[0] = value
  const bits = u32[0] ?? 0
  if ((bits & 0x7fffffff) > 0x7f800000) return ((bits >>> 16) | 0x40) & 0xffff // NaN stays NaN
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff
}

export function bfloat16Value(bits: number): number {
  u32[0] = (bits << 16) >>> 0
  return f32[0] ?? 0
}

export function float16Bits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const abs = Math.abs(value)
  if (abs >= 65520) return sign | 0x7c00
  if (abs < 2 ** -14) return sign | roundEven(abs * 2 ** 24) // subnormal: multiples of 2^-24
  const exponent = Math.floor(Math.log2(abs))
  // log2 may be off by one next to a power of two
  const e = 2 ** exponent > abs ? exponent - 1 : 2 ** (exponent + 1) <= abs ? exponent + 1 : exponent
  // a mantissa that rounds up to 1024 carries into the exponent, as it should
  return sign | (((e + 15) << 10) + roundEven((abs / 2 ** e - 1) * 1024))
}

export function float16Value(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >>> 10) & 0x1f
  const mantissa = bits & 0x3ff
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1 + mantissa / 1024) * 2 ** (exponent - 15)
}

function roundEven(x: number): number {
  const floor = Math.floor(x)
  const rest = x - floor
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor
}
