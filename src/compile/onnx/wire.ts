import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'
import { FormatError } from '../../core/errors.ts'

/**
 * A look over an encoded message before it is decoded: a few bytes can claim gigabytes, or a million empty messages of
 * two bytes each become objects of hundreds. Checks lengths, nesting and counts, and allocates nothing that grows.
 */
export interface WireLimits {
  readonly depth: number
  /** Messages, and entries of repeated strings and bytes, each of which becomes an object. */
  readonly objects: number
  /** Entries of packed or repeated numbers. */
  readonly numbers: number
}

/** Far above any real model: a graph of 100,000 nodes has about two million objects. */
export const defaultLimits: WireLimits = { depth: 100, objects: 20_000_000, numbers: 1 << 28 }

enum Wire {
  varint = 0,
  fixed64 = 1,
  bytes = 2,
  fixed32 = 5,
}

/** @throws {FormatError} when the bytes are not a message of this kind, are cut off, or exceed a limit. */
export function checkWire(
  schema: DescMessage,
  bytes: Uint8Array,
  where: string,
  limits: WireLimits = defaultLimits,
): void {
  new WireCheck(bytes, where, limits).message(schema, 0, bytes.length, 1)
}

class WireCheck {
  private position = 0
  private objects = 0
  private numbers = 0

  constructor(
    private readonly bytes: Uint8Array,
    private readonly where: string,
    private readonly limits: WireLimits,
  ) {}

  message(schema: DescMessage, start: number, end: number, depth: number): void {
    if (depth > this.limits.depth)
      throw this.failure(`messages nested at most ${this.limits.depth} deep`, 'deeper nesting')
    const fields = fieldsOf(schema)
    this.position = start
    while (this.position < end) {
      const tag = this.varint(end)
      const number = Math.floor(tag / 8)
      const field = fields.get(number)
      if (number === 0) throw this.failure('a field number', `0 in ${schema.name}`)
      switch (tag % 8) {
        case Wire.varint:
          this.varint(end)
          this.countNumbers(1)
          break
        case Wire.fixed64:
          this.skip(8, end)
          this.countNumbers(1)
          break
        case Wire.fixed32:
          this.skip(4, end)
          this.countNumbers(1)
          break
        case Wire.bytes: {
          const length = this.varint(end)
          const from = this.position
          if (length > end - from)
            throw this.failure(
              `${length} bytes of ${describe(schema, field)}`,
              `only ${end - from}, so the file is cut off or damaged`,
            )
          const inner = field && messageOf(field)
          if (inner) this.message(inner, from, from + length, depth + 1)
          else if (field && isPacked(field)) this.countPacked(from, from + length)
          this.position = from + length
          if (++this.objects > this.limits.objects)
            throw this.failure(`at most ${this.limits.objects} messages`, 'more')
          break
        }
        default:
          throw this.failure('a protobuf message', `an unknown wire type in ${schema.name}`)
      }
    }
  }

  /** The value up to 2^53 (only lengths and tags are used as numbers; both are small, or out of bounds). */
  private varint(end: number): number {
    let value = 0
    for (let i = 0; i < 10; i++) {
      if (this.position >= end) throw this.failure('more bytes', 'the end of the message within a number')
      const byte = this.bytes[this.position++] ?? 0
      value += (byte & 0x7f) * 2 ** (7 * i)
      if (byte < 0x80) return value
    }
    throw this.failure('a number of at most 10 bytes', 'a longer one')
  }

  private skip(count: number, end: number): void {
    if (count > end - this.position) throw this.failure(`${count} more bytes`, `${end - this.position}`)
    this.position += count
  }

  /** An entry takes at least one byte; only a list that could be too long is counted byte by byte. */
  private countPacked(from: number, to: number): void {
    let count = to - from
    if (this.numbers + count > this.limits.numbers) {
      count = 0
      for (let i = from; i < to; i++) if ((this.bytes[i] ?? 0) < 0x80) count++
    }
    this.countNumbers(count)
  }

  private countNumbers(count: number): void {
    this.numbers += count
    if (this.numbers > this.limits.numbers)
      throw this.failure(`at most ${this.limits.numbers} numbers outside of raw data`, 'more')
  }

  private failure(expected: string, received: string): FormatError {
    return new FormatError({
      where: this.where,
      expected,
      received: `${received} (at byte ${this.position})`,
      details: { position: this.position },
    })
  }
}

const known = new WeakMap<DescMessage, ReadonlyMap<number, DescField>>()
function fieldsOf(schema: DescMessage): ReadonlyMap<number, DescField> {
  let fields = known.get(schema)
  if (!fields) {
    fields = new Map(schema.fields.map(field => [field.number, field]))
    known.set(schema, fields)
  }
  return fields
}

const messageOf = (field: DescField): DescMessage | undefined =>
  field.fieldKind === 'message' || (field.fieldKind === 'list' && field.listKind === 'message')
    ? field.message
    : undefined

const isPacked = (field: DescField): boolean =>
  field.fieldKind === 'list' &&
  field.listKind === 'scalar' &&
  field.scalar !== ScalarType.STRING &&
  field.scalar !== ScalarType.BYTES

const describe = (schema: DescMessage, field: DescField | undefined): string =>
  field ? `${schema.name}.${field.name}` : schema.name
