import { ArgumentError } from '../../../core/errors.ts'
import type { Logs } from '../../history.ts'
import type { BatchInfo, Callback, TrainRun } from '../callback.ts'
import { graphEvent, type Picture, type SummaryValue, summaryEvent, versionEvent } from './events.ts'
import { tfRecord } from './record.ts'

export interface TensorBoardOptions {
  /** Folder of the run; its parts `train` and `validation` are what TensorBoard shows. Default `logs`. */
  readonly logDir?: string
  /** Histograms of all weights every so many epochs. Default 0: none. */
  readonly histogramFreq?: number
  /** Draw the model. Default true. */
  readonly writeGraph?: boolean
  /** `epoch`, `batch`, or every so many batches: when losses and metrics of batches are written too. Default `epoch`. */
  readonly updateFreq?: 'epoch' | 'batch' | number
  /** Pictures to show after an epoch: filters, examples with predictions, … */
  readonly images?: (epoch: number) => Readonly<Record<string, Picture>> | Promise<Readonly<Record<string, Picture>>>
}

/** Writes event files that TensorBoard opens: `tensorboard --logdir logs`. */
export function tensorBoard(options: TensorBoardOptions = {}): Callback {
  const { logDir = 'logs', histogramFreq = 0, writeGraph = true, updateFreq = 'epoch', images } = options
  const every = updateFreq === 'epoch' ? 0 : updateFreq === 'batch' ? 1 : updateFreq
  for (const [name, value] of Object.entries({ histogramFreq, updateFreq: every })) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new ArgumentError({
        where: 'tensorBoard',
        expected: `'${name}' to be a whole number of 0 or more`,
        received: String(value),
      })
    }
  }
  const train = new EventFile(`${logDir}/train`)
  const validation = new EventFile(`${logDir}/validation`)
  let run: TrainRun | undefined
  let batches = 0
  return {
    async onTrainBegin(info) {
      run = info.run
      if (writeGraph) await train.write(graphEvent(now(), info.run.graph()))
    },
    async onBatchEnd({ logs }: BatchInfo): Promise<undefined> {
      if (every > 0 && batches++ % every === 0) await train.summary(batches - 1, scalars('batch_', logs()))
    },
    async onEpochEnd({ epoch, logs }) {
      const own = Object.entries(logs).filter(([name]) => !isValidation(name))
      const others = Object.entries(logs).filter(([name]) => isValidation(name))
      const rate = run?.learningRate
      await train.summary(epoch, [
        ...scalars('epoch_', Object.fromEntries(own)),
        ...(rate === undefined ? [] : [{ tag: 'epoch_learning_rate', scalar: rate }]),
      ])
      if (others.length > 0) await validation.summary(epoch, scalars('epoch_', Object.fromEntries(others)))
      if (histogramFreq > 0 && epoch % histogramFreq === 0 && run) {
        const weights = [...run.weights()]
        await train.summary(
          epoch,
          weights.map(([path, { data }]) => ({ tag: `${path}/histogram`, histogram: data })),
        )
      }
      const pictures = Object.entries((await images?.(epoch)) ?? {})
      if (pictures.length > 0)
        await train.summary(
          epoch,
          pictures.map(([tag, image]) => ({ tag, image })),
        )
      return undefined
    },
  }
}

const now = (): number => Date.now() / 1000

const isValidation = (name: string): boolean => /^val[A-Z]/.test(name)

/** `valLoss` → `epoch_loss` in the folder `validation`, as Keras writes it, so that both curves share a chart. */
const scalars = (prefix: string, logs: Logs): SummaryValue[] =>
  Object.entries(logs).map(([name, scalar]) => ({
    tag: prefix + (isValidation(name) ? name.charAt(3).toLowerCase() + name.slice(4) : name),
    scalar,
  }))

let files = 0

/** One event file, begun when the first event is written. */
class EventFile {
  private path: string | undefined

  constructor(private readonly folder: string) {}

  async summary(step: number, values: readonly SummaryValue[]): Promise<void> {
    await this.write(summaryEvent(now(), step, values))
  }

  async write(event: Uint8Array): Promise<void> {
    const { appendToFile } = await import('#files')
    if (this.path === undefined) {
      // TensorBoard reads the time from the name; the number keeps files of one second apart.
      this.path = `${this.folder}/events.out.tfevents.${Math.floor(now())}.tenon.${files++}.v2`
      await appendToFile(this.path, tfRecord(versionEvent(now())))
    }
    await appendToFile(this.path, tfRecord(event))
  }
}
