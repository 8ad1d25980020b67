import { formatShape, sizeOf } from '../core/shape.ts'
import { readFileBounded } from '../io/files.ts'
import { decodeSafetensors } from '../io/safetensors.ts'
import { loadModel } from '../models/formats/files.ts'
import { H5Group, openH5 } from '../models/formats/hdf5/read.ts'

/** What `tenon inspect` shows of files other than ONNX. */
export interface FileSummary {
  readonly kind: string
  /** Facts beside the arrays: versions, attributes. */
  readonly facts: Readonly<Record<string, string>>
  /** A table of layers, where the file holds a model. */
  readonly layers?: string
  readonly arrays: readonly { readonly name: string; readonly dtype: string; readonly shape: readonly number[] }[]
}

const maxBytes = 64 * 2 ** 30
/** Groups may be in circles; this many members are listed. */
const maxListed = 100_000

/** A `.keras` file, or the model.json of a TensorFlow.js model: its layers and weights. */
export async function inspectModel(path: string): Promise<FileSummary> {
  const model = await loadModel(path, { compile: false })
  const arrays = model.network.variables.map(({ path: name, shape }) => ({ name, dtype: 'float32', shape }))
  return { kind: `${model.type} model`, facts: { name: model.name }, layers: model.summary(), arrays }
}

export async function inspectSafetensors(path: string): Promise<FileSummary> {
  const { tensors, metadata } = decodeSafetensors(await readFileBounded(path, maxBytes), path)
  const arrays = [...tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape }))
  return { kind: 'safetensors', facts: metadata, arrays }
}

/** Any HDF5 file, as a tree; what it holds need not be a model. */
export async function inspectH5(path: string): Promise<FileSummary> {
  const root = openH5(await readFileBounded(path, maxBytes), path)
  const arrays: FileSummary['arrays'][number][] = []
  const facts: Record<string, string> = {}
  const seen = new Set<H5Group>()
  // Not recursive: groups of a hostile file nest deeper than calls do.
  const waiting: { readonly group: H5Group; readonly place: string }[] = [{ group: root, place: '' }]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { group, place } = next
    if (seen.has(group)) continue
    seen.add(group)
    for (const [name, { dtype, shape, data }] of group.attributes)
      facts[`${place}@${name}`] = dtype === 'string' ? String(data) : `${dtype}${formatShape(shape)}`
    const groups: typeof waiting = []
    for (const [name, member] of group.members()) {
      if (arrays.length >= maxListed) break
      if (member instanceof H5Group) groups.push({ group: member, place: `${place}${name}/` })
      else arrays.push({ name: place + name, dtype: member.dtype ?? 'other', shape: member.shape })
    }
    for (const inner of groups.reverse()) waiting.push(inner)
  }
  return { kind: 'HDF5', facts, arrays }
}

/** The summary as a person reads it. */
export function formatFile({ kind, facts, layers, arrays }: FileSummary, limit = 1000): string {
  const shorten = (text: string): string => (text.length > 100 ? `${text.slice(0, 99)}…` : text)
  const count = arrays.reduce((sum, { shape }) => sum + sizeOf(shape), 0)
  const shown = arrays.slice(0, limit)
  return [
    `Format      ${kind}`,
    ...Object.entries(facts).map(([name, value]) => `            ${name} = ${shorten(value.replaceAll(/\s+/g, ' '))}`),
    ...(layers === undefined ? [] : [layers]),
    `Arrays      ${arrays.length.toLocaleString('en-US')}, ${count.toLocaleString('en-US')} elements`,
    ...shown.map(({ name, dtype, shape }) => `            ${name} : ${dtype}${formatShape(shape)}`),
    ...(arrays.length > shown.length ? [`            … ${arrays.length - shown.length} more`] : []),
  ].join('\n')
}
