import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decode } from 'fast-png'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DataError, FileError } from '../../src/core/errors.ts'
import { fromNumbers, type TensorData } from '../../src/core/tensor-data.ts'
import { classScores, comparePredictions, type Report, writeReport } from '../../src/report/index.ts'

const images: TensorData<'uint8'> = {
  dtype: 'uint8',
  shape: [4, 2, 2, 1],
  data: Uint8Array.from({ length: 16 }, (_, i) => i * 16),
}
const labels: TensorData<'int32'> = { dtype: 'int32', shape: [4], data: Int32Array.of(0, 1, 1, 2) }
// Right, wrong with 0.6, right, wrong with 0.9.
const probabilities = fromNumbers('float32', [4, 3], [0.9, 0.05, 0.05, 0.6, 0.3, 0.1, 0.1, 0.8, 0.1, 0.05, 0.9, 0.05])
const classNames = ['zero', '<one>', 'two']

const rgb = (r = 0, g = 0, b = 0): number => (r << 16) | (g << 8) | b

describe('comparePredictions', () => {
  const { confusion, mistakes } = comparePredictions({ images, labels, probabilities, classNames })

  test('counts true classes by row and predicted ones by column', () => {
    expect(confusion.counts).toEqual([
      [1, 0, 0],
      [1, 1, 0],
      [0, 1, 0],
    ])
  })

  test('lists mistakes, the most confident first, with their pixels', () => {
    expect(mistakes.images.map(({ index, truth, predicted }) => [index, truth, predicted])).toEqual([
      [3, 2, 1],
      [1, 1, 0],
    ])
    expect(mistakes.images[0]?.confidence).toBeCloseTo(0.9)
    expect([...(mistakes.images[0]?.pixels ?? [])]).toEqual([192, 208, 224, 240])
  })

  test('scores each class; what never occurs has no score', () => {
    expect(classScores(confusion)).toEqual([
      { precision: 0.5, recall: 1, support: 1 },
      { precision: 0.5, recall: 0.5, support: 2 },
      { precision: Number.NaN, recall: 0, support: 1 },
    ])
  })

  test('refuses lengths that differ and labels out of range', () => {
    expect(() => comparePredictions({ images, labels, probabilities, classNames: ['a', 'b'] })).toThrow(DataError)
    expect(() =>
      comparePredictions({ images, labels: { ...labels, data: Int32Array.of(0, 1, 1, 3) }, probabilities, classNames }),
    ).toThrow(/3 at index 3/)
  })
})

describe('writeReport', () => {
  const report: Report = {
    title: 'Shapes & <b>sizes</b>',
    summary: {
      testAccuracy: 0.5,
      testLoss: 0.123456,
      parameters: 693962,
      epochs: 3,
      engine: 'an engine',
      machine: 'a machine',
      trainSeconds: 12.34,
      samplesPerSecond: 5678.9,
      more: { Seed: '7' },
    },
    history: {
      loss: [0.5, 0.25, 0.125],
      accuracy: [0.8, 0.9, 0.95],
      valLoss: [0.6, 0.5, 0.45],
      valAccuracy: [0.75, 0.8, 0.85],
    },
    ...comparePredictions({ images, labels, probabilities, classNames }),
  }
  let dir: string
  let html: string
  let pngs: string[]
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tenon-report-'))
    const written = await writeReport(report, join(dir, 'new', 'folder'))
    html = await readFile(written.html, 'utf8')
    pngs = written.pngs
  }, 60_000)
  afterAll(() => rm(dir, { recursive: true, force: true }))

  test('writes the page and three pictures, and nothing else', async () => {
    expect((await readdir(join(dir, 'new', 'folder'))).sort()).toEqual([
      'confusion-matrix.png',
      'misclassified.png',
      'report.html',
      'training-curve.png',
    ])
  })

  test('the page shows every fact', () => {
    for (const fact of ['50.00%', '0.1235', '693,962', '12.3 s', '5,679', 'an engine', 'a machine', 'Seed'])
      expect(html).toContain(fact)
  })

  test('the page loads nothing from elsewhere and runs no script', () => {
    expect(html).not.toMatch(/<script|<link|\ssrc="(?!data:)|href="(?!data:)|url\(|@import/i)
    expect(html).toContain("default-src 'none'")
  })

  test('the page escapes what it is given', () => {
    expect(html).toContain('Shapes &amp; &lt;b&gt;sizes&lt;/b&gt;')
    expect(html).not.toMatch(/<b>sizes|<one>/)
  })

  test('pictures are described and tables stand behind the charts', () => {
    expect(html.match(/<svg [^>]*role="img"[^>]*>/g)).toHaveLength(3)
    expect(html).toContain('Loss per epoch: train 0.500, 0.250, 0.125; validation 0.600, 0.500, 0.450')
    expect(html).toContain('alt="Test image 3: a two, taken for a &lt;one&gt;"')
    expect(html.match(/<table>/g)).toHaveLength(3)
    expect(html).toContain('<td>85.00%</td>')
  })

  test('an image on the page is the image of the data', () => {
    const address = /src="data:image\/png;base64,([^"]+)"/.exec(html)?.[1] ?? ''
    const image = decode(Buffer.from(address, 'base64'))
    expect([image.width, image.height, image.channels]).toEqual([2, 2, 1])
    expect([...image.data]).toEqual([192, 208, 224, 240])
  })

  test('the pictures are not empty: each has paper, ink and its colours', async () => {
    for (const path of pngs) {
      const { width, height, channels, data } = decode(await readFile(path))
      expect(width).toBeGreaterThan(600)
      const colors = new Map<number, number>()
      for (let at = 0; at < data.length; at += channels) {
        const color = rgb(data[at], data[at + 1], data[at + 2])
        colors.set(color, (colors.get(color) ?? 0) + 1)
      }
      expect(colors.get(rgb(255, 255, 255)) ?? 0).toBeGreaterThan(width * height * 0.3)
      // The ink of the heading: text was drawn, so the font was found.
      expect(colors.get(rgb(27, 31, 36)) ?? 0).toBeGreaterThan(500)
      expect(colors.size).toBeGreaterThan(20)
    }
  })

  test('writes the same bytes again', async () => {
    const again = await writeReport(report, join(dir, 'again'))
    expect(await readFile(again.html, 'utf8')).toBe(html)
    for (const [i, path] of again.pngs.entries())
      expect(Buffer.compare(await readFile(path), await readFile(pngs[i] ?? ''))).toBe(0)
  })

  test('shows one epoch, no validation and no mistakes', async () => {
    const small: Report = {
      ...report,
      history: { loss: [0.5], accuracy: [0.8] },
      mistakes: { ...report.mistakes, images: [] },
    }
    const written = await writeReport(small, join(dir, 'small'))
    const page = await readFile(written.html, 'utf8')
    expect(page).toContain('None.')
    expect(page).not.toContain('NaN')
  })

  test('a folder that cannot be made is a FileError', async () => {
    await writeFile(join(dir, 'blocked'), '')
    await expect(writeReport(report, join(dir, 'blocked', 'below'))).rejects.toBeInstanceOf(FileError)
  })
})
