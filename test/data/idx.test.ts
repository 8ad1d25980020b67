import { describe, expect, test } from 'vitest'
import { FormatError } from '../../src/core/errors.ts'
import { decodeIdx } from '../../src/data/sources/idx.ts'
import { idx } from './idx-file.ts'

describe('decodeIdx', () => {
  test('reads bytes without a copy', () => {
    const file = idx(0x08, [2, 3], [1, 2, 3, 4, 5, 255])
    const { dtype, shape, data } = decodeIdx(file, 'f')
    expect({ dtype, shape, data: Array.from(data, Number) }).toEqual({
      dtype: 'uint8',
      shape: [2, 3],
      data: [1, 2, 3, 4, 5, 255],
    })
    expect(data instanceof Uint8Array && data.buffer).toBe(file.buffer)
  })

  test.each([
    ['int8', 0x09, [-128, 127], [0x80, 0x7f]],
    ['int16', 0x0b, [-2, 258], [0xff, 0xfe, 0x01, 0x02]],
    ['int32', 0x0c, [-2, 16909060], [0xff, 0xff, 0xff, 0xfe, 1, 2, 3, 4]],
    ['float32', 0x0d, [1, -2.5], [0x3f, 0x80, 0, 0, 0xc0, 0x20, 0, 0]],
    ['float64', 0x0e, [1, -2], [0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0]],
  ])('reads %s, big-endian', (dtype, kind, values, bytes) => {
    const tensor = decodeIdx(idx(kind, [2], bytes), 'f')
    expect(tensor.dtype).toBe(dtype)
    expect(Array.from(tensor.data, Number)).toEqual(values)
  })

  test('reads a file that is a part of a larger buffer', () => {
    const file = idx(0x0c, [1], [0, 0, 1, 0])
    const larger = new Uint8Array(file.length + 8)
    larger.set(file, 3)
    expect(Array.from(decodeIdx(larger.subarray(3, 3 + file.length), 'f').data, Number)).toEqual([256])
  })

  test.each([
    ['empty', []],
    ['too short for a magic number', [0, 0, 8]],
    ['of another kind', [0x50, 0x4b, 3, 4, 0, 0, 0, 0]],
    ['of an unknown type', [0, 0, 0x07, 1, 0, 0, 0, 0]],
    ['cut off in its header', [0, 0, 8, 3, 0, 0, 0, 1]],
    ['cut off in its elements', [0, 0, 8, 1, 0, 0, 0, 3, 1, 2]],
    ['longer than its header says', [0, 0, 8, 1, 0, 0, 0, 1, 1, 2]],
    ['of 255 axes without sizes', [0, 0, 8, 255]],
    ['claiming 2^96 elements', [0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255]],
    ['claiming 4 GiB of doubles', [0, 0, 0x0e, 1, 0x20, 0, 0, 0]],
  ])('refuses a file %s', (_, bytes) => {
    expect(() => decodeIdx(Uint8Array.from(bytes), 'f')).toThrow(FormatError)
  })

  test('says that a compressed file is one', () => {
    expect(() => decodeIdx(Uint8Array.of(0x1f, 0x8b, 8, 0), 'f')).toThrow(/gzip/)
  })
})
