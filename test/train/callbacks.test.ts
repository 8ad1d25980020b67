import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Rng } from '../../src/core/rng.ts'
import { fromNumbers } from '../../src/core/tensor-data.ts'
import { type Callback, callbacks, layers, sequential, sgd } from '../../src/index.ts'
import { crc32c } from '../../src/io/checksum.ts'
import { decodeSafetensors } from '../../src/io/safetensors.ts'
import { fillIn } from '../../src/train/callbacks/model-checkpoint.ts'

const rng = new Rng(3)
const x = fromNumbers(
  'float32',
  [16, 2],
  Array.from({ length: 32 }, () => rng.normal()),
)
const y = fromNumbers(
  'float32',
  [16, 1],
  Array.from({ length: 16 }, (_, i) => (x.data[2 * i] ?? 0) * 2 - (x.data[2 * i + 1] ?? 0)),
)
const regression = (learningRate = 0.1) => {
  const model = sequential([layers.input({ shape: [2] }), layers.dense({ units: 1 })], { seed: 1 })
  model.compile({ optimizer: sgd({ learningRate }), loss: 'meanSquaredError' })
  return model
}
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenon-callbacks-'))
})

/** Results as if the model had had them: what follows does not depend on how well it trains. */
const pretend = (callback: Callback, values: readonly number[]): Callback => ({
  ...callback,
  onEpochEnd: info => callback.onEpochEnd?.({ ...info, logs: { ...info.logs, valLoss: values[info.epoch] ?? 0 } }),
})

describe('early stopping', () => {
  test('stops after `patience` epochs without improvement and restores the best weights', async () => {
    const model = regression()
    const stopper = callbacks.earlyStopping({ patience: 2, restoreBestWeights: true })
    const weights: unknown[] = []
    const recorder: Callback = { onEpochEnd: () => void weights.push(model.getWeights()) }
    const { history } = await model.fit(x, y, {
      epochs: 10,
      callbacks: [recorder, pretend(stopper, [3, 1, 2, 2, 0])],
    })
    expect(history.loss).toHaveLength(4)
    expect(stopper.stoppedEpoch).toBe(3)
    expect(model.getWeights()).toEqual(weights[1])
  })
  test('names the results there are when the watched one is missing', async () => {
    await expect(regression().fit(x, y, { callbacks: [callbacks.earlyStopping()] })).rejects.toThrow(
      /'monitor' among loss.*'valLoss'.*validationSplit/s,
    )
  })
})

describe('learning rate', () => {
  test('a schedule by epoch changes what the optimizer uses', async () => {
    const [scheduled, constant] = [regression(0.5), regression(0.01)]
    await scheduled.fit(x, y, { seed: 1, callbacks: [callbacks.learningRateScheduler(() => 0.01)] })
    await constant.fit(x, y, { seed: 1 })
    expect(scheduled.getWeights()).toEqual(constant.getWeights())
  })
  test('falls on a plateau, no lower than minLr', async () => {
    const rates: (number | undefined)[] = []
    let read = (): number | undefined => undefined
    const plateau = callbacks.reduceLrOnPlateau({ patience: 1, factor: 0.5, minLr: 0.03 })
    await regression(0.1).fit(x, y, {
      epochs: 5,
      callbacks: [
        pretend(plateau, [1, 1, 1, 1, 1]),
        {
          onTrainBegin: ({ run }) => {
            read = () => run.learningRate
          },
          onEpochEnd: () => void rates.push(read()),
        },
      ],
    })
    expect(rates.map(rate => Number(rate?.toFixed(4)))).toEqual([0.1, 0.05, 0.03, 0.03, 0.03])
  })
})

test('checkpoints: only what is better, under a name with results', async () => {
  const model = regression()
  const path = join(folder, 'best-{epoch:02d}-{valLoss:.1f}.safetensors')
  await model.fit(x, y, {
    epochs: 3,
    callbacks: [pretend(callbacks.modelCheckpoint({ path, saveBestOnly: true, saveWeightsOnly: true }), [2, 3, 1])],
  })
  const files = (await readdir(folder)).filter(name => name.startsWith('best')).sort()
  expect(files).toEqual(['best-01-2.0.safetensors', 'best-03-1.0.safetensors'])
  const saved = decodeSafetensors(await readFile(join(folder, 'best-03-1.0.safetensors')), 'best')
  expect(saved.tensors.get('dense/kernel')?.data).toEqual(model.getWeights()[0]?.data)
  expect(() => fillIn('{accuracy}', { loss: 1 })).toThrow(/names among loss/)
})

test('logs as CSV, which can be added to, and as JSON lines', async () => {
  const csv = join(folder, 'log.csv')
  const json = join(folder, 'log.jsonl')
  const model = regression()
  const { history } = await model.fit(x, y, {
    epochs: 2,
    callbacks: [callbacks.csvLogger({ path: csv }), callbacks.jsonLogger({ path: json })],
  })
  await model.fit(x, y, { epochs: 1, callbacks: [callbacks.csvLogger({ path: csv, append: true })] })
  const lines = (await readFile(csv, 'utf8')).trim().split('\n')
  expect(lines.slice(0, 3)).toEqual(['epoch,loss', `0,${history.loss[0]}`, `1,${history.loss[1]}`])
  expect(lines).toHaveLength(4)
  const records: unknown[] = (await readFile(json, 'utf8'))
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(records[1]).toMatchObject({ epoch: 1, loss: history.loss[1] })
})

describe('remote monitor', () => {
  const received: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', chunk => {
      body += String(chunk)
    })
    request.on('end', () => {
      received.push(body)
      response.end()
    })
  })
  let root = ''
  beforeAll(async () => {
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    root = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  })
  afterAll(() => void server.close())
  test('posts each epoch, and does not stop for a server that is not there', async () => {
    const failures: unknown[] = []
    await regression().fit(x, y, {
      callbacks: [
        callbacks.remoteMonitor({ root, sendAsJson: true }),
        callbacks.remoteMonitor({ root: 'http://127.0.0.1:1', onFailure: error => failures.push(error) }),
      ],
    })
    expect(JSON.parse(received[0] ?? '')).toMatchObject({ epoch: 0 })
    expect(failures).toHaveLength(1)
  })
})

test('NaN ends the run quietly with the last good weights', async () => {
  const bad = fromNumbers('float32', [16, 2], x.data)
  bad.data[20] = Number.NaN
  const model = regression()
  const { history } = await model.fit(bad, y, { batchSize: 4, shuffle: false, callbacks: [callbacks.terminateOnNaN()] })
  expect(history.loss ?? []).toHaveLength(0)
  expect(model.getWeights().every(({ data }) => data.every(Number.isFinite))).toBe(true)
})

test('backup and restore goes on where a run stopped', async () => {
  const path = join(folder, 'backup.ckpt')
  const whole = regression()
  await whole.fit(x, y, { epochs: 4, seed: 9, batchSize: 4 })
  const first = regression()
  await first.fit(x, y, { epochs: 2, seed: 9, batchSize: 4, callbacks: [callbacks.backupAndRestore({ path })] })
  const second = regression()
  await second.fit(x, y, { epochs: 4, batchSize: 4, callbacks: [callbacks.backupAndRestore({ path })] })
  expect(second.getWeights()).toEqual(whole.getWeights())
})

describe('TensorBoard', () => {
  test('checksums are CRC-32C', () => {
    // RFC 3720, B.4: 32 bytes of zeros.
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283)
  })
  test('event files hold whole records with scalars, histograms, graph and pictures', async () => {
    const logDir = join(folder, 'logs')
    const png = Uint8Array.of(0x89, 0x50)
    await regression().fit(x, y, {
      epochs: 2,
      validationSplit: 0.25,
      callbacks: [
        callbacks.tensorBoard({
          logDir,
          histogramFreq: 1,
          updateFreq: 'batch',
          images: () => ({ digits: { width: 1, height: 1, channels: 1, png } }),
        }),
      ],
    })
    const train = await records(join(logDir, 'train'))
    const text = train.map(record => new TextDecoder('latin1').decode(record))
    for (const part of [
      'brain.Event:2',
      'Placeholder',
      'batch_loss',
      'epoch_loss',
      'epoch_learning_rate',
      'dense/kernel/histogram',
      'digits',
    ])
      expect(
        text.some(record => record.includes(part)),
        part,
      ).toBe(true)
    const validation = await records(join(logDir, 'validation'))
    expect(new TextDecoder('latin1').decode(validation[1])).toContain('epoch_loss')
  })
})

/** Splits a TFRecord file, whose lengths must add up. */
async function records(path: string): Promise<Uint8Array[]> {
  const [name = ''] = await readdir(path)
  const bytes = await readFile(join(path, name))
  const found: Uint8Array[] = []
  let at = 0
  while (at < bytes.length) {
    const length = Number(bytes.readBigUInt64LE(at))
    found.push(bytes.subarray(at + 12, at + 12 + length))
    at += 16 + length
  }
  expect(at).toBe(bytes.length)
  return found
}
