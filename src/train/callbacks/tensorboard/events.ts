import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import type { Graph } from '../../../graph/graph.ts'
import type { Value } from '../../../graph/value.ts'

/**
 * TensorBoard's protocol buffers, written field by field: tensorflow/core/util/event.proto and framework/{summary,histogram,graph}.proto.
 * Only what this package writes is here.
 */

export type SummaryValue =
  | { readonly tag: string; readonly scalar: number }
  | { readonly tag: string; readonly histogram: ArrayLike<number> }
  | { readonly tag: string; readonly image: Picture }

export interface Picture {
  readonly width: number
  readonly height: number
  /** 1 grey, 3 RGB, 4 RGBA. */
  readonly channels: 1 | 3 | 4
  /** The picture as a PNG file. */
  readonly png: Uint8Array
}

/** The first record of a file. */
export const versionEvent = (seconds: number): Uint8Array =>
  event(seconds, 0, writer => writer.tag(3, WireType.LengthDelimited).string('brain.Event:2'))

export const summaryEvent = (seconds: number, step: number, values: readonly SummaryValue[]): Uint8Array =>
  event(seconds, step, writer => {
    writer.tag(5, WireType.LengthDelimited).fork()
    for (const value of values) writeValue(writer, value)
    writer.join()
  })

export const graphEvent = (seconds: number, graph: Graph): Uint8Array =>
  event(seconds, 0, writer => writer.tag(4, WireType.LengthDelimited).bytes(graphDef(graph)))

function event(seconds: number, step: number, content: (writer: BinaryWriter) => void): Uint8Array {
  const writer = new BinaryWriter()
  writer.tag(1, WireType.Bit64).double(seconds)
  writer.tag(2, WireType.Varint).int64(step)
  content(writer)
  return writer.finish()
}

function writeValue(writer: BinaryWriter, value: SummaryValue): void {
  writer.tag(1, WireType.LengthDelimited).fork()
  writer.tag(1, WireType.LengthDelimited).string(value.tag)
  if ('scalar' in value) writer.tag(2, WireType.Bit32).float(value.scalar)
  else if ('image' in value) {
    const { width, height, channels, png } = value.image
    writer.tag(4, WireType.LengthDelimited).fork()
    writer.tag(1, WireType.Varint).int32(height)
    writer.tag(2, WireType.Varint).int32(width)
    writer.tag(3, WireType.Varint).int32(channels)
    writer.tag(4, WireType.LengthDelimited).bytes(png)
    writer.join()
  } else writeHistogram(writer, value.histogram)
  writer.join()
}

/** Buckets of equal width between the smallest and the largest value. */
function writeHistogram(writer: BinaryWriter, values: ArrayLike<number>, buckets = 30): void {
  let [min, max, sum, squares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0]
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0
    min = Math.min(min, value)
    max = Math.max(max, value)
    sum += value
    squares += value * value
  }
  if (values.length === 0) [min, max] = [0, 0]
  const width = max > min ? (max - min) / buckets : 1
  const counts = new Array<number>(buckets).fill(0)
  for (let i = 0; i < values.length; i++) {
    const bucket = Math.min(buckets - 1, Math.floor(((values[i] ?? 0) - min) / width))
    counts[bucket] = (counts[bucket] ?? 0) + 1
  }
  writer.tag(5, WireType.LengthDelimited).fork()
  for (const [field, number] of [min, max, values.length, sum, squares].entries())
    writer.tag(field + 1, WireType.Bit64).double(number)
  const packed = (field: number, numbers: readonly number[]) => {
    writer.tag(field, WireType.LengthDelimited).fork()
    for (const number of numbers) writer.double(number)
    writer.join()
  }
  packed(
    6,
    counts.map((_, i) => (i === buckets - 1 ? Math.max(max, min + width) : min + width * (i + 1))),
  )
  packed(7, counts)
  writer.join()
}

/** The graph as TensorBoard draws it: a node per operator, grouped by the layers they were made in. */
function graphDef(graph: Graph): Uint8Array {
  const names = new Map<Value, string>()
  const writer = new BinaryWriter()
  const node = (name: string, op: string, inputs: readonly string[]) => {
    writer.tag(1, WireType.LengthDelimited).fork()
    writer.tag(1, WireType.LengthDelimited).string(name)
    writer.tag(2, WireType.LengthDelimited).string(op)
    for (const input of inputs) writer.tag(3, WireType.LengthDelimited).string(input)
    writer.join()
  }
  const taken = new Map<string, number>()
  const unique = (wanted: string): string => {
    // TensorFlow's names: letters, digits and _ . / - only.
    const name = wanted.replace(/[^\w./-]/g, '_')
    const count = taken.get(name) ?? 0
    taken.set(name, count + 1)
    return count === 0 ? name : `${name}_${count}`
  }
  for (const [i, input] of graph.inputs.entries()) {
    const name = unique(input.name ?? `input_${i}`)
    names.set(input, name)
    node(name, 'Placeholder', [])
  }
  for (const operator of graph.nodes) {
    const inputs = operator.inputs.flatMap(input => {
      if (!input) return []
      const known = names.get(input)
      if (known !== undefined) return [known]
      const name = unique(input.name ?? 'constant')
      names.set(input, name)
      node(name, 'Const', [])
      return [name]
    })
    const scope = operator.scope?.path
    const name = unique(scope ? `${scope}/${operator.type}` : operator.type)
    operator.outputs.forEach((output, i) => {
      names.set(output, i === 0 ? name : `${name}:${i}`)
    })
    node(name, operator.type, inputs)
  }
  return writer.finish()
}
