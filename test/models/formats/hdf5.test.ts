import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { TenonError } from '../../../src/core/errors.ts'
import { type TensorData, toNumbers } from '../../../src/core/tensor-data.ts'
import { concatenated } from '../../../src/models/formats/hdf5/fields.ts'
import { H5Dataset, H5Group, openH5 } from '../../../src/models/formats/hdf5/read.ts'
import { encodeH5, type H5GroupToWrite } from '../../../src/models/formats/hdf5/write.ts'
import { root } from '../../support/source-files.ts'
import { damaged } from './damage.ts'

const folder = join(root, 'test/golden/formats')
const open = (name: string) => openH5(readFileSync(join(folder, `hdf5-${name}.h5`)), name)
interface Entry {
  dtype: string
  shape: number[]
  data: number[]
}
const golden: { files: { name: string; datasets: Record<string, Entry> }[] } = JSON.parse(
  readFileSync(join(folder, 'hdf5.json'), 'utf8'),
)

/** Everything in a file; groups in circles are an error of the test. */
async function contents(group: H5Group, path = ''): Promise<Map<string, TensorData>> {
  if (path.length > 200) throw new Error('too deep')
  const found = new Map<string, TensorData>()
  for (const [name, value] of group.attributes) found.set(`${path}@${name}`, value)
  for (const [name, member] of group.members()) {
    if (member instanceof H5Group)
      for (const [key, value] of await contents(member, `${path}${name}/`)) found.set(key, value)
    else found.set(path + name, await member.read())
  }
  return found
}

describe('reading what h5py writes', () => {
  test.each(golden.files)('$name: every array, bit by bit', async ({ name, datasets }) => {
    const file = open(name)
    for (const [path, { dtype, shape, data }] of Object.entries(datasets)) {
      const dataset = file.dataset(path)
      const tensor = await dataset.read()
      expect([path, tensor.dtype, tensor.shape, dataset.dtype]).toEqual([path, dtype, shape, dtype])
      expect([...toNumbers(tensor)]).toEqual(data)
    }
    expect((await file.dataset('words').read()).data).toEqual(['a', 'bb', 'ccc'])
    expect(file.has('nested/a/b')).toBe(true)
    expect(file.has('nested/a/c')).toBe(false)
  })

  test.each(golden.files)('$name: attributes', ({ name }) => {
    const { attributes } = open(name).group('nested/a')
    const data = (key: string) => attributes.get(key)?.data
    expect(data('text')).toEqual(['héllo'])
    expect(data('bytes')).toEqual(['abc'])
    expect(data('list')).toEqual(['x', 'yyy'])
    expect(data('texts')).toEqual(['a', 'bb'])
    expect(data('numbers')).toEqual(Float64Array.of(0, 1, 2))
    expect(data('lists')).toEqual(Int32Array.of(4, 5, 6))
    expect(attributes.get('flag')).toMatchObject({ dtype: 'bool', shape: [], data: Uint8Array.of(1) })
    expect(data('long')?.[0]).toHaveLength(70_000)
  })
})

describe('writing', () => {
  const vector = Float32Array.of(1, -2, 3.5)
  const tree: H5GroupToWrite = {
    attributes: {
      version: '3.15',
      long: 'é'.repeat(100_000),
      empty: '',
      names: { dtype: 'string', shape: [2], data: ['a', 'bcdé'] },
      none: { dtype: 'string', shape: [0], data: [] },
    },
    members: {
      layers: { members: { dense: { members: { '0': { data: { dtype: 'float32', shape: [3], data: vector } } } } } },
      half: { data: { dtype: 'float16', shape: [1], data: Uint16Array.of(0x3c00) }, attributes: { note: 'x' } },
      brain: { data: { dtype: 'bfloat16', shape: [1], data: Uint16Array.of(0x3f80) } },
      double: { data: { dtype: 'float64', shape: [], data: Float64Array.of(0.1) } },
      long: { data: { dtype: 'int64', shape: [1], data: BigInt64Array.of(-5n) } },
      flags: { data: { dtype: 'bool', shape: [2], data: Uint8Array.of(1, 0) } },
      words: { data: { dtype: 'string', shape: [2], data: ['x', 'yy'] } },
      nothing: { data: { dtype: 'float32', shape: [0, 3], data: new Float32Array() } },
      folder: { members: {} },
    },
  }

  test('what is written is read again', async () => {
    const file = openH5(concatenated(encodeH5(tree)), 'written')
    const found = await contents(file)
    expect(found.get('@version')?.data).toEqual(['3.15'])
    expect(found.get('@long')?.data[0]).toHaveLength(100_000)
    expect(found.get('@empty')?.data).toEqual([''])
    expect(found.get('@names')).toEqual({ dtype: 'string', shape: [2], data: ['a', 'bcdé'] })
    expect(found.get('@none')?.shape).toEqual([0])
    for (const [name, member] of Object.entries(tree.members))
      if ('data' in member) expect(found.get(name)).toEqual(member.data)
    expect(found.get('layers/dense/0')).toEqual({ dtype: 'float32', shape: [3], data: vector })
    expect(file.dataset('half').attributes.get('note')?.data).toEqual(['x'])
    expect(file.group('folder').names).toEqual([])
  })

  test('more texts than a function takes arguments are written', async () => {
    const data = new Array<string>(200_000).fill('a').with(5, 'bcd')
    const bytes = concatenated(encodeH5({ members: { words: { data: { dtype: 'string', shape: [200_000], data } } } }))
    expect((await openH5(bytes, 'words').dataset('words').read()).data).toEqual(data)
  })

  test('equal trees give equal bytes', () => {
    expect(concatenated(encodeH5(tree))).toEqual(concatenated(encodeH5(tree)))
  })

  test('an attribute that no reader could take is refused', () => {
    const data = new Float32Array(20_000)
    expect(() => encodeH5({ members: {}, attributes: { large: { dtype: 'float32', shape: [20_000], data } } })).toThrow(
      expect.objectContaining({ code: 'argument' }),
    )
  })
})

describe('hostile files', () => {
  test('groups in a circle are read as far as somebody goes, and no further', () => {
    const file = open('circle')
    const inner = file.group('a/b/a/b')
    expect(inner).toBe(file)
  })

  test.each(['soft-link', 'external-link'])('%s: refused', name => {
    expect(() => open(name)).toThrow(expect.objectContaining({ code: 'unsupported' }))
  })

  test('data in another file: refused', () => {
    expect(() => open('external-data').dataset('a')).toThrow(expect.objectContaining({ code: 'unsupported' }))
  })

  test('members in a fractal heap: said to be outside of what is read', () => {
    expect(() => open('heap')).toThrow(expect.objectContaining({ code: 'unsupported' }))
  })

  test('arrays that claim terabytes: refused before memory is taken', async () => {
    const file = open('bomb')
    await expect(file.dataset('a').read()).rejects.toMatchObject({ code: 'format' })
    await expect(file.dataset('b').read()).rejects.toMatchObject({ code: 'format' })
  })

  describe('chunks with checksums', () => {
    const whole = new Uint8Array(readFileSync(join(folder, 'hdf5-checked.h5')))
    const read = (change: (bytes: Uint8Array) => void) => {
      const bytes = whole.slice()
      change(bytes)
      return openH5(bytes, 'checked').dataset('a').read()
    }

    test('are read', async () => {
      expect((await read(() => undefined)).data).toEqual(Int32Array.from({ length: 10 }, (_, i) => i))
    })

    test('one wrong byte is noticed', async () => {
      const chunk = whole.findIndex((_, at) => [5, 6, 7].every((value, i) => whole[at + 4 * i] === value))
      const wrong = read(bytes => bytes.fill(9, chunk, chunk + 1))
      await expect(wrong).rejects.toThrow('a chunk that matches its checksum')
    })

    test('two in one place are refused', async () => {
      // A node of the tree: its head of 24 bytes, then keys of 24 and addresses of 8.
      const node = whole.findIndex((_, at) => String.fromCharCode(...whole.subarray(at, at + 5)) === 'TREE\x01')
      const wrong = read(bytes => bytes.copyWithin(node + 80, node + 48, node + 56))
      await expect(wrong).rejects.toThrow('chunks that do not overlap')
    })
  })

  test.each(['old', 'v108'])('%s, cut off or with wrong bytes: read, or a typed error, soon', async name => {
    const whole = new Uint8Array(readFileSync(join(folder, `hdf5-${name}.h5`)))
    let refused = 0
    for (const bytes of damaged(whole, 150)) {
      const start = performance.now()
      try {
        await contents(openH5(bytes, name))
      } catch (error) {
        if (!(error instanceof TenonError) && !(error instanceof Error && error.message === 'too deep')) throw error
        refused++
      }
      expect(performance.now() - start).toBeLessThan(5_000)
    }
    expect(refused).toBeGreaterThan(50)
  })

  test('a dataset is not a group', () => {
    const file = open('old')
    expect(() => file.group('scalar')).toThrow(TenonError)
    expect(() => file.dataset('nested')).toThrow(TenonError)
    expect(file.dataset('scalar')).toBeInstanceOf(H5Dataset)
  })
})
