import { deflateRawSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { TenonError } from '../../../src/core/errors.ts'
import { crc32 } from '../../../src/io/checksum.ts'
import { concatenated } from '../../../src/models/formats/hdf5/fields.ts'
import { encodeZip, openZip } from '../../../src/models/formats/zip.ts'
import { damaged } from './damage.ts'

const text = (value: string) => new TextEncoder().encode(value)
const whole = concatenated(encodeZip({ 'config.json': [text('{"a":'), text('1}')], 'assets/words.txt': [text('x')] }))

/** A one-member archive with every field free to lie. */
function archive(name: string, packed: Uint8Array, fields: { method?: number; size: number; crc: number }): Uint8Array {
  const plain = encodeZip({ [name]: [packed] })
  const bytes = concatenated(plain)
  const view = new DataView(bytes.buffer)
  const directory = bytes.length - 22 - 46 - text(name).length
  for (const [at, base] of [
    [directory, 10],
    [0, 8],
  ] as const) {
    view.setUint16(at + base, fields.method ?? 0, true)
    view.setUint32(at + base + 6, fields.crc, true)
    view.setUint32(at + base + 14, fields.size, true)
  }
  return bytes
}

test('the checksum is the one of the standard', () => {
  expect(crc32(text('123456789'))).toBe(0xcbf43926)
  expect(crc32(text('789'), crc32(text('123456')))).toBe(0xcbf43926)
})

test('what is written is read again', async () => {
  const members = openZip(whole, 'a.zip')
  expect([...members.keys()]).toEqual(['config.json', 'assets/words.txt'])
  expect(new TextDecoder().decode(await members.get('config.json')?.read())).toBe('{"a":1}')
})

test('deflated members are read', async () => {
  const plain = text('abc'.repeat(1000))
  const bytes = archive('a', deflateRawSync(plain), { method: 8, size: plain.length, crc: crc32(plain) })
  expect(await openZip(bytes, 'a.zip').get('a')?.read()).toEqual(plain)
})

describe('hostile archives', () => {
  const body = text('abc')
  const honest = { size: body.length, crc: crc32(body) }

  test.each(['../a', '/a', 'a/../../b', 'a\\b', 'C:a', 'a\0b'])('the name %j is refused', name => {
    expect(() => openZip(archive(name, body, honest), 'a.zip')).toThrow(expect.objectContaining({ code: 'format' }))
  })

  test('two members of one name are refused', () => {
    const bytes = concatenated(encodeZip({ aaa: [body], aab: [body] }))
    const same = bytes.map((byte, i) => (byte === 98 && bytes[i - 1] === 97 && bytes[i - 2] === 97 ? 97 : byte))
    expect(() => openZip(same, 'a.zip')).toThrow(/'aaa' twice/)
  })

  test('a member whose own header has another name is refused', () => {
    const bytes = archive('abc', body, honest).map((byte, i) => (i === 30 ? 98 : byte))
    expect(() => openZip(bytes, 'a.zip')).toThrow(/'abc' in its own header too/)
  })

  test('another checksum is noticed', async () => {
    const member = openZip(archive('a', body, { ...honest, crc: 1 }), 'a.zip').get('a')
    await expect(member?.read()).rejects.toMatchObject({ code: 'format' })
  })

  test('a bomb is refused: one that says so at once, one that lies when it grows', async () => {
    const zeros = new Uint8Array(50_000_000)
    const packed = deflateRawSync(zeros)
    const says = openZip(archive('a', packed, { method: 8, size: 0xfffffff0, crc: 0 }), 'a.zip')
    await expect(says.get('a')?.read()).rejects.toMatchObject({ code: 'format' })
    const lies = openZip(archive('a', packed, { method: 8, size: 1000, crc: 0 }), 'a.zip')
    await expect(lies.get('a')?.read()).rejects.toMatchObject({ code: 'format' })
  })

  test('another method of compression is named', () => {
    expect(() => openZip(archive('a', body, { ...honest, method: 14 }), 'a.zip')).toThrow(/method 14/)
  })

  test('cut off or with wrong bytes: read, or a typed error', async () => {
    let refused = 0
    for (const bytes of damaged(whole, 200)) {
      try {
        for (const member of openZip(bytes, 'a.zip').values()) await member.read()
      } catch (error) {
        if (!(error instanceof TenonError)) throw error
        refused++
      }
    }
    expect(refused).toBeGreaterThan(200)
  })
})
