import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { encodeModel } from '../src/compile/onnx/encode.ts'
import { sequential } from '../src/models/sequential.ts'
import * as layers from '../src/nn/layers/index.ts'

/** Prints how fast texts become numbers, in JavaScript and in an exported graph: `node texts.js 1`. Compiled and started by the driver. */
const threads = Number(process.argv[2] ?? 1)
const count = 25_000
const reviews = gunzipSync(readFileSync(new URL('../../../examples/data/product-reviews.tsv.gz', import.meta.url)))
  .toString()
  .trimEnd()
  .split('\n')
  .map(line => line.split('\t')[2] ?? '')
const texts = Array.from({ length: count }, (_, i) => reviews[i % reviews.length] ?? '')

const words = layers.textVectorization({ maxTokens: 10_000, outputSequenceLength: 200 }).adapt(reviews)
const model = sequential([layers.input({ shape: [1], dtype: 'string' }), words], { seed: 1 })
const session = await InferenceSession.create(encodeModel(model.toGraph()), { intraOpNumThreads: threads })

async function timed(what: string, work: () => unknown): Promise<void> {
  await work()
  const times: number[] = []
  for (let i = 0; i < 5; i++) {
    const start = performance.now()
    await work()
    times.push(performance.now() - start)
  }
  const [, , median = 0] = times.sort((a, b) => a - b)
  const rate = Math.round(count / (median / 1000)).toLocaleString('en')
  console.log(`${what.padEnd(34)} ${(median / 1000).toFixed(2).padStart(6)} s ${rate.padStart(9)} texts/s`)
}

const mean = Math.round(reviews.reduce((sum, text) => sum + text.length, 0) / reviews.length)
console.log(
  `${count.toLocaleString('en')} product reviews of ${mean} characters → 200 of 10,000 words each, ${threads} threads`,
)
await timed('JavaScript: tokenize', () => words.tokenize(texts))
for (const batch of [1, 32, 256]) {
  await timed(`ONNX Runtime: graph, batches of ${batch}`, async () => {
    for (let from = 0; from < count; from += batch) {
      const part = texts.slice(from, from + batch)
      await session.run({ input: new Tensor('string', part, [part.length, 1]) })
    }
  })
}
