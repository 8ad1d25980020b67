import { createHash } from 'node:crypto'
import { arrayConstructor, type DType } from '../core/dtype.ts'
import { FormatError } from '../core/errors.ts'
import { sizeOf } from '../core/shape.ts'
import type { TensorData } from '../core/tensor-data.ts'

/**
 * The safetensors format (https://github.com/huggingface/safetensors): a JSON header that names tensors, then their bytes.
 * Metadata carries a SHA-256 of the data, so that damage is noticed; files of other programs, which have none, are read as well.
 */

const codes: Readonly<Partial<Record<DType, string>>> = {
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  int64: 'I64',
  int32: 'I32',
  int16: 'I16',
  int8: 'I8',
  uint64: 'U64',
  uint32: 'U32',
  uint16: 'U16',
  uint8: 'U8',
  bool: 'BOOL',
}
const byCode = new Map(Object.entries(codes).map(([dtype, code]) => [code, dtype as DType]))
/** Larger headers are refused, as by the reference implementation. */
const maxHeader = 100_000_000
const digestKey = 'sha256'

export interface SafeTensors {
  readonly tensors: ReadonlyMap<string, TensorData>
  readonly metadata: Readonly<Record<string, string>>
}

/** Encodes tensors. Elements are aligned to 8 bytes; bytes are little-endian, as on every platform that runs ONNX Runtime. */
export function encodeSafetensors({ tensors, metadata }: SafeTensors): Uint8Array {
  const parts: { bytes: Uint8Array; start: number }[] = []
  const header: Record<string, unknown> = {}
  let offset = 0
  // Wider elements first, so that alignment needs no gaps between tensors.
  const ordered = [...tensors].sort(([, a], [, b]) => elementBytes(b) - elementBytes(a))
  for (const [name, tensor] of ordered) {
    const bytes = bytesOf(tensor, name)
    header[name] = { dtype: codes[tensor.dtype], shape: tensor.shape, data_offsets: [offset, offset + bytes.length] }
    parts.push({ bytes, start: offset })
    offset += bytes.length
  }
  const hash = createHash('sha256')
  for (const { bytes } of parts) hash.update(bytes)
  const text = JSON.stringify({ __metadata__: { ...metadata, [digestKey]: hash.digest('hex') }, ...header })
  const head = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8, ' '))
  // Non-ASCII names take more bytes than characters; pad what is still missing.
  const padded =
    head.length % 8 === 0 ? head : new Uint8Array([...head, ...new Array<number>(8 - (head.length % 8)).fill(0x20)])
  const file = new Uint8Array(8 + padded.length + offset)
  new DataView(file.buffer).setBigUint64(0, BigInt(padded.length), true)
  file.set(padded, 8)
  for (const { bytes, start } of parts) file.set(bytes, 8 + padded.length + start)
  return file
}

/** Decodes a file within its bounds. `where` names it in errors. */
export function decodeSafetensors(file: Uint8Array, where: string): SafeTensors {
  const fail = (expected: string, received: string): FormatError =>
    new FormatError({ where, expected, received, remedy: 'The file is damaged or is not a safetensors file.' })
  if (file.length < 8) throw fail('at least 8 bytes', `${file.length}`)
  const length = new DataView(file.buffer, file.byteOffset).getBigUint64(0, true)
  if (length > BigInt(Math.min(maxHeader, file.length - 8)))
    throw fail(`a header within the file's ${file.length} bytes`, `a length of ${length}`)
  const start = 8 + Number(length)
  const header = parseHeader(file.subarray(8, start), fail)
  const data = file.subarray(start)
  const metadata: Record<string, string> = {}
  const tensors = new Map<string, TensorData>()
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') {
      if (isRecord(entry)) for (const [key, value] of Object.entries(entry)) metadata[key] = String(value)
    } else tensors.set(name, readTensor(name, entry, data, fail))
  }
  const { [digestKey]: digest, ...rest } = metadata
  if (digest !== undefined && createHash('sha256').update(data).digest('hex') !== digest)
    throw fail('data that matches its SHA-256', 'other bytes')
  return { tensors, metadata: rest }
}

type Fail = (expected: string, received: string) => FormatError
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isCounts = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every(n => Number.isSafeInteger(n) && n >= 0)

function parseHeader(bytes: Uint8Array, fail: Fail): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (isRecord(parsed)) return parsed
  } catch {
    // falls through to the one error for anything that is not a JSON object
  }
  throw fail('a JSON object as the header', 'something else')
}

function readTensor(name: string, entry: unknown, data: Uint8Array, fail: Fail): TensorData {
  const { dtype: code, shape, data_offsets: offsets } = isRecord(entry) ? entry : {}
  const dtype = byCode.get(String(code))
  if (!dtype || !isCounts(shape) || !isCounts(offsets) || offsets.length !== 2)
    throw fail(`dtype, shape and offsets of '${name}'`, JSON.stringify(entry).slice(0, 200))
  const [from = 0, to = 0] = offsets
  const make = arrayConstructor(dtype)
  const size = sizeOf(shape)
  if (!make || from > to || to > data.length || to - from !== size * new make(0).BYTES_PER_ELEMENT) {
    throw fail(
      `'${name}' to hold ${size} elements of ${dtype} within the data`,
      `bytes ${from} to ${to} of ${data.length}`,
    )
  }
  // A copy is aligned for every element type, and does not keep the whole file alive. (`slice` of a Node Buffer is none.)
  const own = new Uint8Array(to - from)
  own.set(data.subarray(from, to))
  return { dtype, shape, data: new make(own.buffer, 0, size) }
}

const elementBytes = (tensor: TensorData): number => (Array.isArray(tensor.data) ? 0 : tensor.data.BYTES_PER_ELEMENT)

function bytesOf(tensor: TensorData, name: string): Uint8Array {
  if (Array.isArray(tensor.data) || codes[tensor.dtype] === undefined) {
    throw new FormatError({
      where: `tensor '${name}'`,
      expected: 'a dtype that safetensors has',
      received: tensor.dtype,
    })
  }
  return new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength)
}
