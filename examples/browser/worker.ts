/** The worker: holds the model. Training keeps its thread busy, so it must not be the page's. */
import { createEngine, layers, sequential } from 'tenon'
import { encodeModel } from 'tenon/onnx'
import type { Reply, Request } from './messages.ts'

const model = sequential(
  [
    layers.input({ shape: [28, 28, 1] }),
    layers.conv2d({ filters: 16, kernelSize: 3, activation: 'relu' }),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.conv2d({ filters: 32, kernelSize: 3, activation: 'relu' }),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.flatten(),
    layers.dropout({ rate: 0.3 }),
    layers.dense({ units: 10, activation: 'softmax' }),
  ],
  { seed: 1 },
)

const reply = (message: Reply): void => postMessage(message)

/** Pixels and classes of `count` digits as the page's server sends them: a byte each. */
async function digits(part: 'train' | 'test', count: number) {
  const fetched = async (path: string) => new Uint8Array(await (await fetch(path)).arrayBuffer())
  const [pixels, labels] = await Promise.all([fetched(`/${part}-pixels`), fetched(`/${part}-labels`)])
  const n = Math.min(count, labels.length)
  return {
    x: { dtype: 'uint8', shape: [n, 28, 28, 1], data: pixels.subarray(0, n * 784), scale: 1 / 255, offset: 0 },
    y: { dtype: 'int32', shape: [n], data: Int32Array.from(labels.subarray(0, n)) },
  } as const
}

async function train({ engine, samples, epochs }: Extract<Request, { kind: 'train' }>): Promise<void> {
  const began = performance.now()
  const [learnt, held] = await Promise.all([digits('train', samples), digits('test', Math.ceil(samples / 5))])
  const compiled = model.compile({
    optimizer: 'adam',
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
    engine: await createEngine(engine, { wasmPaths: '/ort/' }),
  })
  await compiled.fit(learnt.x, learnt.y, {
    epochs,
    batchSize: 32,
    seed: 1,
    callbacks: [
      {
        onBatchEnd: ({ epoch, step, steps, logs, loss }) =>
          reply({ kind: 'step', done: (epoch + step / steps) / epochs, loss, accuracy: logs()['accuracy'] ?? 0 }),
      },
    ],
  })
  const { accuracy } = await compiled.evaluate(held.x, held.y)
  const seconds = (performance.now() - began) / 1000
  reply({ kind: 'trained', testAccuracy: accuracy, tested: held.y.data.length, seconds })
}

async function answer(request: Request): Promise<void> {
  switch (request.kind) {
    case 'train':
      return train(request)
    case 'read': {
      const { data } = await model.predict({ dtype: 'float32', shape: [1, 28, 28, 1], data: request.ink })
      return reply({ kind: 'answer', probabilities: Array.from(data, Number) })
    }
    case 'save':
      return reply({ kind: 'model', bytes: encodeModel(model.toGraph()).slice() })
  }
}

addEventListener('message', ({ data }: MessageEvent<Request>) => {
  answer(data).catch(error => reply({ kind: 'error', message: error instanceof Error ? error.message : String(error) }))
})
