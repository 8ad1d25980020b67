/** Little-endian fields gathered into bytes. */
export class Fields {
  private parts: Uint8Array[] = []
  length = 0

  append(...parts: readonly Uint8Array[]): this {
    for (const part of parts) {
      this.parts.push(part)
      this.length += part.length
    }
    return this
  }
  bytes(...values: readonly number[]): this {
    return this.append(Uint8Array.from(values))
  }
  fill(count: number, value: number): this {
    return this.append(new Uint8Array(count).fill(value))
  }
  text(ascii: string): this {
    return this.append(new TextEncoder().encode(ascii))
  }
  u16(value: number): this {
    return this.bytes(value & 0xff, (value >>> 8) & 0xff)
  }
  u32(value: number): this {
    return this.u16(value & 0xffff).u16((value >>> 16) & 0xffff)
  }
  u64(value: number): this {
    return this.u32(value % 2 ** 32).u32(Math.floor(value / 2 ** 32))
  }
  done(): Uint8Array<ArrayBuffer> {
    return concatenated(this.parts)
  }
}

export function concatenated(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
