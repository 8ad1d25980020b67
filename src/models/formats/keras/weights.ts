import { FormatError } from '../../../core/errors.ts'
import { formatShape, sameShape } from '../../../core/shape.ts'
import { type TensorData, toNumbers } from '../../../core/tensor-data.ts'
import type { Weight } from '../../../nn/variable.ts'
import type { Model } from '../../model.ts'
import { type H5Dataset, H5Group } from '../hdf5/read.ts'
import { type H5GroupToWrite, maxAttributeBytes } from '../hdf5/write.ts'
import { idfWeights } from './idf.ts'
import { keptValue, keptWeights, unkeptValues } from './lora.ts'
import { type FindByName, type Holder, weightHolders } from './places.ts'

/** New values for weights, all of which fit. They are set together, or not at all. */
export type Assignments = ReadonlyMap<Weight, TensorData<'float32'>>

export function assign(values: Assignments): void {
  for (const [weight, value] of values) weight.value = value
}

/** A tensor of a file as the value of a weight. */
export function fitted(tensor: TensorData, weight: Weight, where: string): TensorData<'float32'> {
  if (!sameShape(tensor.shape, weight.shape) || tensor.dtype === 'string') {
    throw new FormatError({
      where,
      expected: `a weight of shape ${formatShape(weight.shape)}`,
      received: tensor.dtype === 'string' ? 'text' : formatShape(tensor.shape),
      remedy: 'The file belongs to another model, or the layers have other options.',
    })
  }
  const data = tensor.data instanceof Float32Array ? tensor.data : Float32Array.from(toNumbers(tensor))
  return { dtype: 'float32', shape: weight.shape, data }
}

interface WeightSource {
  readonly root: H5Group
  readonly where: string
  /** Layers' names in the file are those of the model: it was made of the same file. */
  readonly byName: boolean
  /** Takes the names of layers that do not fit, which then keep their weights. Without it they are errors. */
  readonly skipped?: string[]
}

/** Reads the weights of a model from an HDF5 file of Keras 3 (`layers/dense/vars/0`) or Keras 2 (`layer_names`, `weight_names`). */
export function readH5Weights(model: Model, source: WeightSource): Promise<Assignments> {
  const { root } = source
  const legacy = root.has('model_weights') ? root.group('model_weights') : root
  return texts(legacy, 'layer_names') ? readOld(model, legacy, source) : readNew(model, source)
}

async function readNew(model: Model, { root, where, byName, skipped }: WeightSource): Promise<Assignments> {
  const values = new Map<Weight, TensorData<'float32'>>()
  for (const holder of weightHolders(model, byName ? finder(root) : undefined)) {
    if (holder.weights.length === 0) continue
    await unlessSkipped(holder.top, skipped, values, async () => readHolder(holder, root, where))
  }
  return values
}

/** Adds what is read, unless it does not fit and may be skipped. */
async function unlessSkipped(
  name: string,
  skipped: string[] | undefined,
  values: Map<Weight, TensorData<'float32'>>,
  readAll: () => Promise<Assignments>,
): Promise<void> {
  try {
    for (const [weight, value] of await readAll()) values.set(weight, value)
  } catch (error) {
    if (!skipped || !(error instanceof FormatError)) throw error
    if (!skipped.includes(name)) skipped.push(name)
  }
}

async function readHolder(holder: Holder, root: H5Group, where: string): Promise<Assignments> {
  const values = new Map<Weight, TensorData<'float32'>>()
  const kept = keptWeights(holder)
  const vars = candidates(holder.group).find(path => root.has(path))
  const stored = vars === undefined ? [] : root.group(vars).names.filter(name => /^\d+$/.test(name))
  if (vars === undefined || stored.length !== kept.length) {
    throw new FormatError({
      where: `${where}, layer '${holder.top}'`,
      expected: `${kept.length} weights in '${holder.group}/vars'`,
      received: vars === undefined ? 'nothing there' : `${stored.length}`,
      remedy:
        'The file belongs to another model, or to one that shares this layer with a nested model, which Keras cannot read back either.',
    })
  }
  for (const [i, { weight, path }] of kept.entries()) {
    const dataset = root.dataset(`${vars}/${i}`)
    values.set(weight, fitted(await read(dataset), weight, `${where}, weight '${holder.top}/${path}'`))
  }
  for (const [weight, value] of unkeptValues(holder)) values.set(weight, value)
  return values
}

/** bfloat16, which NumPy lacks, is noted beside what h5py made of it. */
async function read(dataset: H5Dataset): Promise<TensorData> {
  const tensor = await dataset.read()
  const noted = dataset.attributes.get('dtype')?.data[0] === 'bfloat16'
  if (!noted || tensor.dtype !== 'uint8') return tensor
  const { shape, data } = tensor
  if (!(data instanceof Uint8Array)) return tensor
  return { dtype: 'bfloat16', shape: shape.slice(0, -1), data: new Uint16Array(data.slice().buffer) }
}

/** Where a holder's weights may be: attributes that became private or public, and the layout of Keras 2.13. */
function candidates(group: string): string[] {
  const slash = group.lastIndexOf('/') + 1
  const last = group.slice(slash)
  const other = group.slice(0, slash) + (last.startsWith('_') ? last.slice(1) : `_${last}`)
  const paths = [group, other]
  return [...paths, ...paths.map(path => path.replaceAll('layers', '_layer_checkpoint_dependencies'))].map(
    path => `${path}/vars`,
  )
}

/** Layers by the names that Keras 3 notes beside their weights. */
function finder(root: H5Group): FindByName {
  const known = new Map<string, ReadonlyMap<string, string>>()
  return (path, name) => {
    let names = known.get(path)
    if (!names) {
      names = root.has(path) ? namesIn(root.group(path)) : new Map()
      known.set(path, names)
    }
    return names.get(name)
  }
}

function namesIn(group: H5Group): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const [key, member] of group.members()) {
    if (!(member instanceof H5Group) || !member.has('vars')) continue
    const name = member.group('vars').attributes.get('name')?.data[0]
    if (typeof name === 'string') names.set(name, key)
  }
  return names
}

async function readOld(model: Model, group: H5Group, { where, skipped }: WeightSource): Promise<Assignments> {
  const layers = oldLayers(model).filter(({ weights }) => weights.length > 0)
  const stored = (texts(group, 'layer_names') ?? [])
    .map(name => ({ name, paths: texts(group.group(name), 'weight_names') ?? [] }))
    .filter(({ paths }) => paths.length > 0)
  if (stored.length !== layers.length) throw mismatch(where, `${layers.length} layers with weights`, `${stored.length}`)
  const values = new Map<Weight, TensorData<'float32'>>()
  for (const [i, { name, paths }] of stored.entries()) {
    const layer = layers[i]
    if (layer)
      await unlessSkipped(layer.name, skipped, values, async () =>
        readOldLayer(layer, group.group(name), name, paths, where),
      )
  }
  return values
}

async function readOldLayer(
  layer: OldLayer,
  group: H5Group,
  name: string,
  paths: readonly string[],
  where: string,
): Promise<Assignments> {
  if (layer.weights.length !== paths.length)
    throw mismatch(`${where}, layer '${layer.name}'`, `${layer.weights.length} weights`, `${paths.length} in '${name}'`)
  const values = new Map<Weight, TensorData<'float32'>>()
  for (const [k, path] of paths.entries()) {
    const weight = layer.weights[k]?.weight
    const tensor = await group.dataset(path).read()
    if (weight) values.set(weight, fitted(tensor, weight, `${where}, weight '${path}'`))
  }
  return values
}

const mismatch = (where: string, expected: string, received: string): FormatError =>
  new FormatError({ where, expected, received, remedy: 'The file belongs to another model.' })

/** Text in an attribute, which Keras spreads over several where it is long: `weight_names0`, `weight_names1`, … */
export function texts(group: H5Group, name: string): string[] | undefined {
  const list = (key: string): string[] | undefined => {
    const data = group.attributes.get(key)?.data
    return Array.isArray(data) ? data : data?.length === 0 ? [] : undefined
  }
  const whole = list(name)
  if (whole) return whole
  const parts: string[] = []
  let found = false
  for (let part = list(`${name}0`), i = 1; part; part = list(`${name}${i++}`)) {
    parts.push(...part)
    found = true
  }
  return found ? parts : undefined
}

interface OldLayer {
  readonly name: string
  readonly weights: Holder['weights']
}

/** Keras 2 files all weights of an outermost layer together: those that are trained, then the others. */
function oldLayers(model: Model): OldLayer[] {
  const layers = new Map<string, { weight: Weight; path: string }[]>()
  for (const { top, group, weights, name } of weightHolders(model)) {
    const inside = group.split('/').length > 2 ? `${name}/` : ''
    const list = layers.get(top) ?? []
    layers.set(top, list)
    list.push(...weights.map(({ weight, path }) => ({ weight, path: path.includes('/') ? path : inside + path })))
  }
  const later = (weight: Weight): number => (weight.options.trainable === false ? 1 : 0)
  return [...layers].map(([name, weights]) => ({
    name,
    weights: weights.toSorted((a, b) => later(a.weight) - later(b.weight)),
  }))
}

/** The weights of a model as Keras 3 keeps them. */
export function newWeights(model: Model): H5GroupToWrite {
  const root: Draft = { members: { vars: { members: {}, attributes: { name: model.name } } } }
  for (const holder of weightHolders(model)) {
    const { group, name } = holder
    const kept = keptWeights(holder)
    const members = Object.fromEntries(kept.map((held, i) => [String(i), { data: keptValue(holder, held) }]))
    const idf = idfWeights(holder.layerConfig)
    folder(root, group).members['vars'] = {
      attributes: { name },
      members: { ...members, ...(idf ? { idf_weights: { data: idf } } : {}) },
    }
  }
  return root
}

/** The weights of a model as Keras 2 keeps them, which Keras 3 reads too. */
export function oldWeights(model: Model): H5GroupToWrite {
  const layers = oldLayers(model)
  const root: Draft = {
    attributes: {
      backend: 'tensorflow',
      keras_version: kerasVersion,
      ...names(
        'layer_names',
        layers.map(({ name }) => name),
      ),
    },
    members: { top_level_model_weights: { attributes: names('weight_names', []), members: {} } },
  }
  for (const { name, weights } of layers) {
    const group = folder(root, name)
    const taken = new Set<string>()
    const paths = weights.map(({ path }) => {
      const base = `${name}/${path}`
      let unique = base
      for (let i = 1; taken.has(unique); i++) unique = `${base}_${i}`
      taken.add(unique)
      return unique
    })
    group.attributes = names('weight_names', paths)
    for (const [i, path] of paths.entries()) {
      const slash = path.lastIndexOf('/')
      const data = weights[i]?.weight.value
      if (data) folder(group, path.slice(0, slash)).members[path.slice(slash + 1)] = { data }
    }
  }
  return root
}

/** The version of Keras whose files ours are like. */
export const kerasVersion = '3.15.1'

interface Draft extends H5GroupToWrite {
  attributes?: Record<string, string | TensorData>
  readonly members: Record<string, H5GroupToWrite['members'][string]>
}

/** The group at a path, made where it is missing. */
function folder(root: Draft, path: string): Draft {
  let group = root
  for (const name of path.split('/')) {
    const known = group.members[name]
    // Groups in a draft are drafts; only datasets have no members.
    const next: Draft = known && 'members' in known ? (known as Draft) : { members: {} }
    group.members[name] = next
    group = next
  }
  return group
}

/** A list of names as an attribute, or as several where it is too long for one. */
function names(attribute: string, list: readonly string[]): Record<string, TensorData> {
  const bytes = Math.max(1, ...list.map(name => new TextEncoder().encode(name).length))
  const perPart = Math.max(1, Math.floor(maxAttributeBytes / bytes))
  const tensor = (part: readonly string[]): TensorData => ({ dtype: 'string', shape: [part.length], data: [...part] })
  if (list.length <= perPart) return { [attribute]: tensor(list) }
  const parts: Record<string, TensorData> = {}
  for (let i = 0; i * perPart < list.length; i++)
    parts[`${attribute}${i}`] = tensor(list.slice(i * perPart, (i + 1) * perPart))
  return parts
}
