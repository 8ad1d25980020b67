import { FormatError } from '../../../core/errors.ts'
import { sizeOf } from '../../../core/shape.ts'
import { fromNumbers, type TensorData, toNumbers } from '../../../core/tensor-data.ts'
import { snakeCase } from '../../../nn/names.ts'
import { className } from '../../../nn/serialized.ts'
import type { Weight } from '../../../nn/variable.ts'
import type { OptimizerMemory, OptimizerNumbers } from '../../../train/optimizer-memory.ts'
import { type Optimizer, resolveOptimizer } from '../../../train/optimizers/index.ts'
import type { Model } from '../../model.ts'
import type { H5Group } from '../hdf5/read.ts'
import type { H5GroupToWrite } from '../hdf5/write.ts'
import { memberParts } from './optimizer-config.ts'
import { type Trained, trainedInKeras } from './variable-paths.ts'
import { texts } from './weights.ts'

/**
 * What optimizers remember, in the order of Keras's `optimizer.variables`: finished steps, the learning rate, running averages of
 * weights, sums of gradients, then slots, in blocks. Within a block each weight has its slots one after the other.
 */
const blocks: Readonly<Record<string, readonly (readonly string[])[]>> = {
  sgd: [['momentum']],
  adam: [['m', 'v'], ['vMax']],
  adamW: [['m', 'v'], ['vMax']],
  rmsprop: [['square'], ['momentum'], ['mean']],
  adagrad: [['accumulator']],
  adadelta: [['square', 'change']],
  adafactor: [['r', 'c', 'v']],
  adamax: [['m', 'u']],
  nadam: [['m', 'v']],
  ftrl: [['accumulator', 'linear']],
  lion: [['m']],
  lamb: [['m', 'v']],
  muon: [['m', 'v']],
  scheduleFreeAdamW: [['z', 'v']],
}

/** One of Keras's variables. */
interface Entry {
  readonly shape: readonly number[]
  readonly dtype: 'int64' | 'float32'
  /** What errors call it. */
  readonly title: string
  /** Its value in a memory; undefined where that has none. */
  read(memory: OptimizerMemory): ArrayLike<number> | undefined
  /** Puts its value into a memory. */
  write(memory: Draft, values: ArrayLike<number>): void
}

/** A memory that is being filled. */
interface Draft {
  steps: number
  readonly weights: Map<Weight, Map<string, Float32Array>>
  readonly own: DraftNumbers
  readonly members: Map<number, DraftNumbers>
  readonly scaling: { scale: number; streak: number }
}
interface DraftNumbers {
  learningRate: number | undefined
  readonly shared: number[]
}

/** Keras's variables of an optimizer and of those inside of it, each in a group of the file too. */
interface Layout {
  readonly entries: readonly Entry[]
  readonly parts: Readonly<Record<string, Layout>>
}

/** Undefined for optimizers that Keras does not have: these start anew. */
function layoutOf(model: Model): Layout | undefined {
  const { compileOptions } = model
  if (!compileOptions) return undefined
  const optimizer = resolveOptimizer(compileOptions.optimizer ?? 'rmsprop')
  return layout(optimizer, trainedInKeras(model), {})
}

/** Where an optimizer is. */
interface Inside {
  /** Its place among several. */
  readonly place?: number
  /** Loss scaling is around it: Keras then keeps less. */
  readonly scaled?: boolean
}

function layout(optimizer: Optimizer, trained: readonly Trained[], inside: Inside): Layout | undefined {
  const { place, scaled = false } = inside
  const { lossScaling, members } = optimizer
  if (lossScaling) {
    const inner = layout(lossScaling.inner, trained, { ...inside, scaled: true })
    return inner && { entries: [...outer, ...scaling, ...inner.entries], parts: { inner_optimizer: inner } }
  }
  if (members) {
    const parts = memberParts(optimizer, trained).filter(part => part.trained.length > 0)
    const names = new Map<string, Layout>()
    for (const { member, trained: own, place } of parts) {
      const part = layout(member.optimizer, own, { ...inside, place })
      if (!part) return undefined
      const base = snakeCase(className(member.optimizer.name))
      const count = [...names.keys()].filter(name => name.replace(/_\d+$/, '') === base).length
      names.set(count === 0 ? base : `${base}_${count}`, part)
    }
    const all = Object.fromEntries(names)
    return {
      entries: [steps, nothing([], 'learning rate'), ...[...names.values()].flatMap(({ entries }) => entries)],
      parts: Object.fromEntries(Object.entries(all).map(([name, part]) => [`optimizers/${name}`, part])),
    }
  }
  const slots = blocks[optimizer.name]
  if (!slots) return undefined
  const all = (name: string): Entry[] => trained.map(one => slotEntry(one, name, one.variable.shape))
  return {
    entries: [
      steps,
      ...(typeof optimizer.learningRate === 'number' ? [rate(place)] : []),
      ...(optimizer.useEma ? all('average') : []),
      ...(optimizer.gradientAccumulationSteps === undefined ? [] : all('gradients')),
      ...slots.flatMap(names => trained.flatMap(one => slotEntries(optimizer, one, names, scaled))),
      // Under loss scaling Keras forgets these: they start anew, there as here.
      ...(scaled ? [] : (optimizer.shared?.slots ?? []).map((_, i) => shared(place, i))),
    ],
    parts: {},
  }
}

/** A weight's variables in one block: the slots that its rule has. */
function slotEntries(optimizer: Optimizer, one: Trained, names: readonly string[], scaled: boolean): Entry[] {
  const { shape } = one.variable
  const slots = new Map(optimizer.ruleFor(one.variable).slots.map(slot => [slot.name, slot]))
  const entries = names.map(name => {
    const slot = slots.get(name)
    return slot && slotEntry(one, name, slot.shape ?? shape)
  })
  // Adafactor has three for each weight: for a vector two numbers that mean nothing, for a matrix a product of the other two.
  const filler = (k: number): Entry | undefined =>
    k === 2 ? product(one) : scaled ? undefined : nothing([], names[k] ?? '')
  const all = optimizer.name === 'adafactor' ? entries.map((entry, k) => entry ?? filler(k)) : entries
  return all.filter(entry => entry !== undefined)
}

const steps: Entry = {
  shape: [],
  dtype: 'int64',
  title: 'steps',
  read: ({ steps, lossScale }) => [lossScale?.finished ?? steps],
  write: (memory, values) => {
    memory.steps = values[0] ?? 0
  },
}

const rate = (place: number | undefined): Entry => ({
  shape: [],
  dtype: 'float32',
  title: 'learning rate',
  read: memory => [numbersOf(memory, place)?.learningRate ?? 0],
  write: (memory, values) => {
    draftOf(memory, place).learningRate = values[0]
  },
})

const shared = (place: number | undefined, i: number): Entry => ({
  shape: [],
  dtype: 'float32',
  title: 'shared number',
  read: memory => [numbersOf(memory, place)?.shared[i] ?? 0],
  write: (memory, values) => {
    draftOf(memory, place).shared[i] = values[0] ?? 0
  },
})

const slotEntry = ({ variable }: Trained, slot: string, shape: readonly number[]): Entry => ({
  shape,
  dtype: 'float32',
  title: `'${slot}' of '${variable.path}'`,
  read: ({ weights }) => weights.get(variable.weight)?.get(slot),
  write({ weights }, values) {
    const own = weights.get(variable.weight) ?? new Map<string, Float32Array>()
    weights.set(variable.weight, own.set(slot, Float32Array.from(values)))
  },
})

/** What Keras keeps and never reads again. */
const nothing = (shape: readonly number[], title: string, dtype: Entry['dtype'] = 'float32'): Entry => ({
  shape,
  dtype,
  title,
  read: () => new Float32Array(sizeOf(shape)),
  write: () => undefined,
})

/** Adafactor's second moment of a matrix, r·cᵀ / mean(r): Keras keeps it, and computes it anew in each step. */
function product({ variable }: Trained): Entry {
  const { shape, weight } = variable
  const [rows = 1, columns = 1] = shape.slice(-2)
  return {
    ...nothing(shape, `'v' of '${variable.path}'`),
    read({ weights }) {
      const r = weights.get(weight)?.get('r')
      const c = weights.get(weight)?.get('c')
      if (!r || !c) return undefined
      const means = Float32Array.from({ length: r.length / rows }, (_, k) => {
        const part = r.subarray(k * rows, (k + 1) * rows)
        return part.reduce((sum, x) => sum + x, 0) / rows
      })
      return Float32Array.from({ length: sizeOf(shape) }, (_, i) => {
        const row = Math.floor(i / columns)
        const matrix = Math.floor(row / rows)
        return ((r[row] ?? 0) / (means[matrix] ?? 1)) * (c[matrix * columns + (i % columns)] ?? 0)
      })
    },
  }
}

/** An optimizer around another one has steps and a rate of its own, which stay 0. */
const outer: readonly Entry[] = [nothing([], 'steps', 'int64'), nothing([], 'learning rate')]

const scaling: readonly Entry[] = [
  {
    shape: [],
    dtype: 'int64',
    title: 'steps since the scale changed',
    read: ({ lossScale }) => lossScale && [lossScale.streak],
    write: ({ scaling }, values) => {
      scaling.streak = values[0] ?? 0
    },
  },
  {
    shape: [],
    dtype: 'float32',
    title: 'loss scale',
    read: ({ lossScale }) => lossScale && [lossScale.scale],
    write: ({ scaling }, values) => {
      scaling.scale = values[0] ?? 0
    },
  },
]

const numbersOf = (memory: OptimizerMemory, place: number | undefined): OptimizerNumbers | undefined =>
  place === undefined ? memory : memory.members?.get(place)

function draftOf({ own, members }: Draft, place: number | undefined): DraftNumbers {
  if (place === undefined) return own
  const found = members.get(place) ?? { learningRate: undefined, shared: [] }
  members.set(place, found)
  return found
}

/**
 * The group `optimizer` of a `.keras` file; undefined before the optimizer was ever at work. An `.h5` file has none: Keras 3.15 reads it
 * into an optimizer of no weights, which then refuses to train.
 */
export function optimizerGroup(model: Model): H5GroupToWrite | undefined {
  const [layout, memory] = [layoutOf(model), model.optimizerMemory]
  if (!layout || !memory || layout.entries.some(entry => entry.read(memory) === undefined)) return undefined
  return groupOf(layout, memory)
}

function groupOf({ entries, parts }: Layout, memory: OptimizerMemory): H5GroupToWrite {
  const members = Object.fromEntries(entries.map((entry, i) => [String(i), { data: tensorOf(entry, memory) }]))
  const root: H5GroupToWrite = { members: { vars: { members, attributes: { name: 'optimizer' } } } }
  return Object.entries(parts).reduce(
    (group, [path, part]) => within(group, path.split('/'), groupOf(part, memory)),
    root,
  )
}

/** A group with another one in it, at a path. */
function within(group: H5GroupToWrite, [first, ...rest]: readonly string[], inner: H5GroupToWrite): H5GroupToWrite {
  if (first === undefined) return inner
  const old = group.members?.[first]
  const next = within(old && !('data' in old) ? old : { members: {} }, rest, inner)
  return { ...group, members: { ...group.members, [first]: next } }
}

function tensorOf({ dtype, shape, read }: Entry, memory: OptimizerMemory): TensorData {
  const values = read(memory) ?? []
  return dtype === 'int64'
    ? fromNumbers('int64', shape, Array.from(values))
    : { dtype, shape, data: Float32Array.from(values) }
}

/**
 * Gives the optimizer of a model that was just compiled what it remembered when the file was written. As in Keras, an optimizer
 * with other variables than the file has starts anew.
 *
 * @throws {FormatError} where as many variables as expected have other shapes.
 */
export async function readOptimizer(model: Model, root: H5Group, where: string): Promise<void> {
  const layout = layoutOf(model)
  const stored = layout && (await storedVariables(root))
  if (!layout || !stored || stored.length !== layout.entries.length) return
  const draft: Draft = {
    steps: 0,
    weights: new Map(),
    own: { learningRate: undefined, shared: [] },
    members: new Map(),
    scaling: { scale: 0, streak: 0 },
  }
  for (const [i, { shape, title, write }] of layout.entries.entries()) {
    const tensor = stored[i]
    if (!tensor || sizeOf(tensor.shape) !== sizeOf(shape))
      throw new FormatError({
        where: `${where}, variable ${i} of the optimizer`,
        expected: `${sizeOf(shape)} numbers, for ${title}`,
        received: String(tensor ? sizeOf(tensor.shape) : 0),
        remedy: 'Read the model with { compile: false }, and compile it yourself.',
      })
    write(draft, toNumbers(tensor))
  }
  const { steps, weights, own, members, scaling } = draft
  model.restoreOptimizer({
    steps,
    ...own,
    weights,
    ...(members.size > 0 ? { members } : {}),
    ...(scaling.scale > 0 ? { lossScale: { ...scaling, finished: steps } } : {}),
  })
}

async function storedVariables(root: H5Group): Promise<TensorData[] | undefined> {
  if (root.has('optimizer/vars')) {
    const group = root.group('optimizer/vars')
    const count = group.names.filter(name => /^\d+$/.test(name)).length
    return Promise.all(Array.from({ length: count }, (_, i) => group.dataset(String(i)).read()))
  }
  if (!root.has('optimizer_weights')) return undefined
  const group = root.group('optimizer_weights')
  return Promise.all((texts(group, 'weight_names') ?? []).map(name => group.dataset(name).read()))
}
