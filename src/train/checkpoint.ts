import { access } from 'node:fs/promises'
import { CheckpointError } from '../core/errors.ts'
import type { TensorData } from '../core/tensor-data.ts'
import { readFileBounded, writeFileAtomic } from '../io/files.ts'
import { decodeSafetensors, encodeSafetensors } from '../io/safetensors.ts'
import { difference, type Fingerprint } from './fingerprint.ts'
import type { History } from './history.ts'
import type { StateMemory } from './runner.ts'

/** Where a run stands: enough, with the state's arrays, to go on as if it had never stopped. */
export interface Progress {
  /** Epochs finished. */
  readonly epoch: number
  /** Steps finished in the present epoch. */
  readonly step: number
  readonly seed: number
  readonly history: History
  readonly fingerprint: Fingerprint
}

const format = 'tenon-checkpoint-2'
/** Checkpoints hold the weights three times at most; this bounds what is read from an untrusted path. */
const maxBytes = 64 * 2 ** 30

/** Writes a checkpoint whole or not at all. */
export async function saveCheckpoint(path: string, state: StateMemory, progress: Progress): Promise<void> {
  const tensors = new Map<string, TensorData>()
  for (const memory of state.memories) {
    const { name, length } = memory.slab
    const values = await memory.read()
    tensors.set(
      name,
      values instanceof BigInt64Array
        ? { dtype: 'int64', shape: [length], data: values }
        : { dtype: 'float32', shape: [length], data: values },
    )
  }
  await writeFileAtomic(path, encodeSafetensors({ tensors, metadata: { format, progress: JSON.stringify(progress) } }))
}

/** The checkpoint at a path; `undefined` if there is none yet. */
export async function readCheckpoint(
  path: string,
): Promise<{ progress: Progress; restore(state: StateMemory): void } | undefined> {
  if (
    !(await access(path).then(
      () => true,
      () => false,
    ))
  )
    return undefined
  const fail = (expected: string, received: string, cause?: unknown) =>
    new CheckpointError({
      where: `checkpoint ${path}`,
      expected,
      received,
      remedy: 'Delete the file to start anew.',
      ...(cause === undefined ? {} : { cause }),
    })
  const bytes = await readFileBounded(path, maxBytes)
  let file: ReturnType<typeof decodeSafetensors>
  try {
    file = decodeSafetensors(bytes, path)
  } catch (cause) {
    throw fail('an undamaged checkpoint', cause instanceof Error ? cause.message : String(cause), cause)
  }
  if (file.metadata['format'] !== format) throw fail(`format ${format}`, file.metadata['format'] ?? 'none')
  const progress = parseProgress(file.metadata['progress'] ?? '')
  if (!progress) throw fail("the run's progress", 'something else')
  return {
    progress,
    restore(state) {
      for (const { slab, current } of state.memories) {
        const data = file.tensors.get(slab.name)?.data
        if (!data || data.length !== current.length)
          throw fail(`'${slab.name}' with ${current.length} elements`, data ? `${data.length}` : 'nothing')
        if (current instanceof BigInt64Array && data instanceof BigInt64Array) current.set(data)
        else if (current instanceof Float32Array && data instanceof Float32Array) current.set(data)
        else throw fail(`'${slab.name}' as ${slab.dtype}`, 'another dtype')
      }
    },
  }
}

function parseProgress(text: string): Progress | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isProgress(value) ? value : undefined
  } catch {
    return undefined
  }
}

const isProgress = (value: unknown): value is Progress =>
  typeof value === 'object' &&
  value !== null &&
  'epoch' in value &&
  Number.isSafeInteger(value.epoch) &&
  'step' in value &&
  Number.isSafeInteger(value.step) &&
  'seed' in value &&
  Number.isSafeInteger(value.seed) &&
  'fingerprint' in value &&
  typeof value.fingerprint === 'object' &&
  value.fingerprint !== null &&
  Object.values(value.fingerprint).every(part => typeof part === 'string') &&
  'history' in value &&
  typeof value.history === 'object' &&
  value.history !== null &&
  Object.values(value.history).every(list => Array.isArray(list) && list.every(n => typeof n === 'number'))

/** Throws when a checkpoint belongs to another run, and says in what they differ. */
export function checkFingerprint(path: string, found: Fingerprint, wanted: Fingerprint): void {
  const differ = difference(wanted, found)
  if (!differ) return
  throw new CheckpointError({
    where: `checkpoint ${path}`,
    expected: `a run with ${differ.wanted}`,
    received: `one with ${differ.found}`,
    remedy: 'Give this run a path of its own, or delete the file.',
  })
}
