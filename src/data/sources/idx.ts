import { FormatError } from '../../core/errors.ts'
import { formatShape, sizeOf } from '../../core/shape.ts'
import { allocate, type TensorData } from '../../core/tensor-data.ts'

type IdxDType = 'uint8' | 'int8' | 'int16' | 'int32' | 'float32' | 'float64'

const kinds: ReadonlyMap<number, { dtype: IdxDType; bytes: number }> = new Map([
  [0x08, { dtype: 'uint8', bytes: 1 }],
  [0x09, { dtype: 'int8', bytes: 1 }],
  [0x0b, { dtype: 'int16', bytes: 2 }],
  [0x0c, { dtype: 'int32', bytes: 4 }],
  [0x0d, { dtype: 'float32', bytes: 4 }],
  [0x0e, { dtype: 'float64', bytes: 8 }],
])

/**
 * Decodes an IDX file, the format of MNIST (Y. LeCun, "The MNIST database", 1998): two zero bytes, a type byte, the rank,
 * one big-endian 32-bit size per axis, then the elements, big-endian, row-major. Bytes are not copied: the result looks into `file`.
 * Nothing is allocated before the header has been checked against the length of the file.
 *
 * @throws {FormatError} when the file is not IDX, or shorter or longer than its header says.
 */
export function decodeIdx(file: Uint8Array<ArrayBuffer>, where: string): TensorData<IdxDType> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const fail = (expected: string, received: string): FormatError =>
    new FormatError({
      where,
      expected,
      received,
      remedy: 'The file is damaged, incomplete or of another kind: fetch it again.',
    })
  if (file.length < 4) throw fail('an IDX header of at least 4 bytes', `${file.length} bytes`)
  const kind = kinds.get(view.getUint8(2))
  if (view.getUint16(0) !== 0 || !kind) {
    const magic = view.getUint32(0).toString(16).padStart(8, '0')
    throw fail(
      'an IDX file (0000, then 08, 09, 0b, 0c, 0d or 0e)',
      magic.startsWith('1f8b') ? `a gzip file (${magic})` : magic,
    )
  }
  const rank = view.getUint8(3)
  const start = 4 + 4 * rank
  if (file.length < start) throw fail(`a header of ${start} bytes for rank ${rank}`, `${file.length} bytes`)
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis))
  // Products beyond 2^53 lose digits but stay far above any file's length, so the comparison still fails.
  const size = sizeOf(shape)
  if (file.length - start !== size * kind.bytes) {
    throw fail(`${size * kind.bytes} bytes of elements for shape ${formatShape(shape)}`, `${file.length - start}`)
  }
  return { dtype: kind.dtype, shape, data: elements(file, view, start, kind.dtype, size) }
}

function elements(
  file: Uint8Array<ArrayBuffer>,
  view: DataView,
  start: number,
  dtype: IdxDType,
  size: number,
): TensorData<IdxDType>['data'] {
  if (dtype === 'uint8') return file.subarray(start)
  if (dtype === 'int8') return new Int8Array(file.buffer, file.byteOffset + start, size)
  const data = allocate(dtype, size)
  const read = readers[dtype]
  for (let i = 0; i < size; i++) data[i] = read(view, start + i * data.BYTES_PER_ELEMENT)
  return data
}

const readers: Readonly<Record<Exclude<IdxDType, 'uint8' | 'int8'>, (view: DataView, at: number) => number>> = {
  int16: (view, at) => view.getInt16(at),
  int32: (view, at) => view.getInt32(at),
  float32: (view, at) => view.getFloat32(at),
  float64: (view, at) => view.getFloat64(at),
}
