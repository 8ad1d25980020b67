/**
 * `npm run demo`: trains the classic convolutional network on the whole of MNIST with a progress bar, tests it, exports it to
 * ONNX, and draws a report. Ctrl-C finishes the step and saves; the next run goes on from there. A second Ctrl-C ends at once.
 */
import { rm } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { take } from '../examples/support/take.ts'
import {
  createEngine,
  datasets,
  type EngineName,
  type LabelledImages,
  layers,
  sequential,
  TenonError,
} from '../src/index.ts'
import { comparePredictions, type Report, writeReport } from '../src/report/index.ts'
import type { Callback } from '../src/train/callbacks/callback.ts'
import { progressBar } from '../src/train/callbacks/progress-bar.ts'

interface DemoOptions {
  readonly json: boolean
  readonly epochs: number
  readonly seed: number
  readonly samples?: number
  readonly engine: EngineName
  readonly out: string
}

const integer =
  (least: number) =>
  (text: string): number => {
    const value = Number(text)
    if (!Number.isSafeInteger(value) || value < least)
      throw new InvalidArgumentError(`an integer of at least ${least} is needed.`)
    return value
  }

const options = new Command('demo')
  .description('Train the classic convolutional network on MNIST and report on it.')
  .option(
    '--json',
    'print one JSON object as the last line of the output; everything else goes to the error stream',
    false,
  )
  .option('--epochs <n>', 'passes over the training data', integer(1), 5)
  .option('--seed <n>', 'for weights and shuffling', integer(0), 0)
  .option(
    '--samples <n>',
    'train on the first n digits and test on as many, for slow engines; default all',
    integer(10),
  )
  .addOption(new Option('--engine <name>', 'where to run').choices(['cpu', 'wasm', 'webgpu']).default('cpu'))
  .option('--out <dir>', 'folder for the model and the report', 'out/mnist')
  .parse()
  .opts<DemoOptions>()

const stop = new AbortController()
process.on('SIGINT', () => {
  if (stop.signal.aborted) process.exit(130)
  process.stderr.write('\nFinishing the step and saving; press Ctrl-C again to end at once.\n')
  stop.abort()
})

async function demo({ json, epochs, seed, samples, engine: engineName, out }: DemoOptions): Promise<void> {
  const screen = json ? process.stderr : process.stdout
  const say = (text: string): void => void screen.write(`${text}\n`)

  const engine = await createEngine(engineName)
  const mnist = await datasets.mnist({
    signal: stop.signal,
    onProgress: downloadProgress(screen),
  })
  const { classNames } = mnist
  const first = (part: LabelledImages) => take(part, 0, Math.min(samples ?? part.y.data.length, part.y.data.length))
  const [train, test] = [first(mnist.train), first(mnist.test)]

  const model = sequential(
    [
      layers.input({ shape: [28, 28, 1] }),
      layers.conv2d({ filters: 32, kernelSize: 3, activation: 'relu' }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.flatten(),
      layers.dense({ units: 128, activation: 'relu' }),
      layers.dense({ units: 10, activation: 'softmax' }),
    ],
    { seed },
  )
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'], engine })
  say(`${model.parameters.toLocaleString('en-US')} parameters · ${engine.description} · seed ${seed}`)

  const checkpoint = join(out, `seed-${seed}${samples === undefined ? '' : `-${samples}`}.checkpoint`)
  const meter = new Meter()
  const { history, aborted } = await model.fit(train.x, train.y, {
    epochs,
    validationSplit: 0.2,
    seed,
    checkpoint,
    signal: stop.signal,
    callbacks: [meter, progressBar(screen)],
  })
  if (aborted) {
    say(`Interrupted. The same command goes on from ${checkpoint}.`)
    process.exitCode = 130
    return
  }

  const { loss: testLoss, accuracy: testAccuracy } = await model.evaluate(test.x, test.y)
  say(`Test accuracy: ${testAccuracy}`)
  const onnx = join(out, 'mnist.onnx')
  await model.exportOnnx(onnx)

  const probabilities = await model.predict(test.x, { batchSize: 500 })
  const results = {
    testLoss,
    testAccuracy,
    samples: train.y.data.length,
    epochs,
    trainSeconds: meter.seconds,
    samplesPerSecond: meter.samplesPerSecond,
    parameters: model.parameters,
  }
  const report: Report = {
    title: 'MNIST, classic convolutional network',
    summary: {
      ...results,
      engine: engine.description,
      machine: machine(),
      more: { Seed: String(seed), 'Training digits': String(train.y.data.length) },
    },
    history,
    ...comparePredictions({ images: test.x, labels: test.y, probabilities, classNames }),
  }
  const { html } = await writeReport(report, out)
  // The run is complete: the next one starts afresh.
  await rm(checkpoint, { force: true })
  say(`Model:  ${onnx}\nReport: ${html}`)
  if (json) process.stdout.write(`${JSON.stringify({ ...results, engine: engine.name, onnx, report: html })}\n`)
}

/** Time and samples of the training steps that ran here: a resumed run counts only its own. */
class Meter implements Callback {
  seconds = 0
  private samples = 0
  private epoch = { batchSize: 0, samples: 0 }

  onTrainBegin(info: { readonly batchSize: number; readonly samplesPerEpoch: number }): void {
    this.epoch = { batchSize: info.batchSize, samples: info.samplesPerEpoch }
  }
  onBatchEnd({ step, steps }: { readonly step: number; readonly steps: number }): void {
    const { batchSize, samples } = this.epoch
    this.samples += step < steps ? batchSize : samples - (steps - 1) * batchSize
  }
  onEpochEnd({ seconds }: { readonly seconds: number }): void {
    this.seconds += seconds
  }
  get samplesPerSecond(): number {
    return this.seconds > 0 ? this.samples / this.seconds : 0
  }
}

function machine(): string {
  return `${cpus()[0]?.model.trim() ?? process.arch}, ${availableParallelism()} cores, ${process.platform} ${process.arch}, Node ${process.versions.node}`
}

function downloadProgress(screen: NodeJS.WriteStream): (progress: { received: number; total: number }) => void {
  let shown = -1
  return ({ received, total }) => {
    const share = Math.floor((received / total) * 100)
    const megabytes = (total / 1e6).toFixed(0)
    // A pipe gets one line, a terminal the percentage.
    if (screen.isTTY && share !== shown)
      screen.write(`\rDownloading MNIST (${megabytes} MB) ${share}%${share === 100 ? '\n' : ''}`)
    else if (!screen.isTTY && shown < 0) screen.write(`Downloading MNIST (${megabytes} MB)\n`)
    shown = share
  }
}

try {
  await demo(options)
} catch (error) {
  if (stop.signal.aborted && error === stop.signal.reason) process.exitCode = 130
  else if (error instanceof TenonError) {
    process.stderr.write(`\n${error.name}: ${error.message}\n`)
    process.exitCode = 1
  } else throw error
}
