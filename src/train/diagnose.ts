import { NonFiniteError } from '../core/errors.ts'
import { type TensorData, toNumbers } from '../core/tensor-data.ts'
import { Value } from '../graph/value.ts'
import { Executable } from '../runtime/executable.ts'
import { batchTypes } from './batch-types.ts'
import type { DataSource } from './data-source.ts'
import type { Portion } from './feed.ts'
import { diagnosisProgram } from './step.ts'
import type { Trainer } from './trainer.ts'

/** Called when a step's loss is NaN or infinite: puts the last good weights back, in the state and in the model. */
export async function putBack(trainer: Trainer): Promise<void> {
  const { state } = trainer
  const retreat = () => {
    for (const memory of state.memories)
      if (memory.slab.output && memory.slab.name.startsWith('weights:')) memory.retreat()
    return state.fetch()
  }
  await retreat()
  state.find('counter')?.retreat()
  // The weights may have gone bad in the step before, whose loss was still finite.
  const spoiled = state.memories.some(
    ({ slab, current }) =>
      slab.name.startsWith('weights:') && current instanceof Float32Array && !current.every(Number.isFinite),
  )
  if (spoiled) await retreat()
  // Slots that were updated in place have no older copy: start those anew.
  for (const { slab, current } of state.memories) {
    if (slab.inPlace && current instanceof Float32Array && !current.every(Number.isFinite)) current.fill(0)
  }
  trainer.store()
}

/**
 * After `putBack`: finds the first tensor of the step that went bad, by running the step once more with everything looked at.
 * Returns the error to throw.
 */
export async function diagnose(
  trainer: Trainer,
  { columns, size, source, order, start }: Omit<Portion, 'runner' | 'samples'>,
  { where, ...details }: { readonly where: string; readonly epoch?: number; readonly step: number },
): Promise<NonFiniteError> {
  const counter = trainer.state.find('counter')
  const { network } = trainer.recipe
  const key = counter?.current instanceof BigInt64Array ? counter.current : new BigInt64Array(2)
  const { graph, labels } = diagnosisProgram(
    trainer.recipe,
    batchTypes(source, size),
    Value.constant({ dtype: 'int64', shape: [2], data: key.slice() }),
  )
  const executable = await Executable.create(graph, trainer.engine)
  const results = await executable.run([...columns, ...network.variables.map(variable => variable.value)])
  await executable.release()
  const index = results.findIndex(result => firstBad(result) >= 0)
  const culprit = results[index]
  const tensor = labels[index] ?? 'the update of the weights'
  const at = culprit ? firstBad(culprit) : -1
  const sample =
    index >= 0 && index < network.inputs.length && culprit
      ? source.row(order, start + Math.floor(at / Math.max(1, culprit.data.length / size)))
      : undefined
  return new NonFiniteError({
    where,
    expected: 'finite numbers',
    received: `${culprit ? String(toNumbers(culprit)[at]) : 'NaN'} in ${tensor}${sample === undefined ? '' : ` (sample ${sample} of the data)`}`,
    remedy:
      sample === undefined
        ? 'Training stopped and the model has the last good weights. Try a smaller learning rate, or clip gradients with clipnorm.'
        : 'Training stopped and the model has the last good weights. Clean the data: this sample holds NaN or infinity.',
    details: { ...details, tensor, ...(sample === undefined ? {} : { sample }) },
  })
}

/** For a single batch whose loss is NaN or infinite: puts the last good weights back, and returns the error to throw. */
export async function spoiledBatch(trainer: Trainer, source: DataSource): Promise<NonFiniteError> {
  await putBack(trainer)
  const step = Number(trainer.state.find('counter')?.current[0] ?? 0)
  const batch = { columns: source.columns, size: source.length, source, order: source.order(undefined), start: 0 }
  return diagnose(trainer, batch, { where: `trainOnBatch, step ${step + 1}`, step })
}

const firstBad = (tensor: TensorData): number => toNumbers(tensor).findIndex(value => !Number.isFinite(value))
