import { ArgumentError, DataError, DTypeError, ShapeError } from '../core/errors.ts'
import { fromNested, isTensorData, type Nested } from '../core/nested.ts'
import type { Rng } from '../core/rng.ts'
import { isScaled, type ScaledData } from '../core/scaled-data.ts'
import { formatShape, sameShape, sizeOf } from '../core/shape.ts'
import { fromNumbers, type TensorData, toNumbers } from '../core/tensor-data.ts'
import type { Network, NetworkInput } from '../nn/network.ts'
import type { InputFormat } from './batch.ts'
import { type Objective, wantsTargets } from './objective.ts'

/** Samples along axis 0. Raw elements may stand for scaled values (value = raw · scale + offset): pixels stay bytes. */
export type Samples = TensorData | ScaledData | Listed

/** Numbers in nested lists, or, for an input of strings with one to a sample, texts. */
type Listed = readonly Nested[] | readonly string[]

/** Samples of a model with one input or output; of several, in order or by name. */
export type SampleSet = Samples | readonly (TensorData | ScaledData)[] | Readonly<Record<string, Samples>>

export interface Weighting {
  /** Weight of each sample in the loss, or of each step of each sample: [samples] or [samples, steps]; for several outputs in order or by name. */
  readonly sampleWeight?: SampleSet
  /** Weight of the samples of each class. For one output with class numbers or one-hot targets. */
  readonly classWeight?: Readonly<Record<number, number>>
}

/** Inputs, targets and weights, checked against a network and its losses, from which batches are taken. */
export class DataSource {
  /** All columns, in the order in which a step takes them. */
  readonly columns: readonly TensorData[]

  private constructor(
    readonly inputs: readonly TensorData[],
    readonly formats: readonly InputFormat[],
    /** One for each output; none where it has no loss. */
    readonly targets: readonly (TensorData | undefined)[],
    private readonly labels: readonly (LabelRange | undefined)[],
    readonly sampleWeights: readonly (TensorData | undefined)[],
    /** The weights are those of classes, which validation does without. */
    private readonly byClass: boolean,
    /** Rows that belong to this source: all, or a part of a split. */
    readonly from: number,
    readonly to: number,
  ) {
    const columns = [...inputs]
    for (const target of targets) if (target) columns.push(target)
    for (const weights of sampleWeights) if (weights) columns.push(weights)
    this.columns = columns
  }

  static create(
    x: SampleSet,
    y: SampleSet,
    network: Network,
    objectives: readonly Objective[],
    weighting: Weighting = {},
  ): DataSource {
    const given = inputSamples(x, network)
    const inputs = given.map((samples, i) => asTensor(samples, network, i))
    const labels = labelRanges(network, objectives)
    const targets = targetTensors(y, network, objectives, labels)
    const count = inputs[0]?.shape[0] ?? 0
    const weights = weightTensors(weighting, targets, labels, network)
    for (const tensor of [...inputs, ...targets, ...weights]) {
      if (!tensor || tensor.shape[0] === count) continue
      throw new DataError({
        where: 'fit',
        expected: inputs.includes(tensor) ? 'as many samples in every input' : 'as many targets as inputs',
        received: `${count} inputs and ${tensor.shape[0] ?? 0} ${inputs.includes(tensor) ? 'of another' : targets.includes(tensor) ? 'targets' : 'weights'}`,
      })
    }
    if (count === 0) throw new DataError({ where: 'fit', expected: 'at least one sample', received: 'none' })
    return new DataSource(
      inputs,
      given.map((samples, i) => formatOf(samples, inputs[i] ?? { dtype: 'float32' })),
      targets,
      labels,
      weights,
      weighting.classWeight !== undefined,
      0,
      count,
    )
  }

  /**
   * The columns of other data of the same types, as `create` would find them: only labels are left to check, since types decide the
   * rest. `undefined` where the types differ, and for more than one input and one output.
   */
  columnsOf(x: SampleSet, y: SampleSet, { sampleWeight, classWeight }: Weighting): readonly TensorData[] | undefined {
    const [input] = this.inputs
    const [target] = this.targets
    const [format] = this.formats
    const [range] = this.labels
    // Two columns: one input, one output, no weights.
    if (!input || !target || this.columns.length !== 2 || sampleWeight !== undefined || classWeight !== undefined)
      return undefined
    if (!isTensorData(x) || !isTensorData(y) || !sameType(x, input) || !sameType(y, target)) return undefined
    const { scale, offset } = formatOf(x, x)
    if (scale !== format?.scale || offset !== format.offset) return undefined
    if (range) checkLabels(y, range)
    return [x, y]
  }

  get length(): number {
    return this.to - this.from
  }

  /** Cuts off the last share of samples, before any shuffling, as Keras does; class weights are for the first part alone. */
  split(share: number): [DataSource, DataSource] {
    const at = this.from + Math.floor(this.length * (1 - share))
    if (at === this.from || at === this.to) {
      throw new DataError({
        where: 'validationSplit',
        expected: 'both parts to hold samples',
        received: `${share} of ${this.length}`,
      })
    }
    const part = (weights: DataSource['sampleWeights'], from: number, to: number) =>
      new DataSource(this.inputs, this.formats, this.targets, this.labels, weights, this.byClass, from, to)
    const { sampleWeights, byClass } = this
    const unweighted = sampleWeights.map(() => undefined)
    return [part(sampleWeights, this.from, at), part(byClass ? unweighted : sampleWeights, at, this.to)]
  }

  /** The order of one epoch. */
  order(rng: Rng | undefined): Uint32Array {
    return rng ? rng.permutation(this.length) : Uint32Array.from({ length: this.length }, (_, i) => i)
  }

  /** The dataset's row behind a place in an epoch's order. */
  row(order: Uint32Array, place: number): number {
    return this.from + (order[place] ?? 0)
  }
}

const sameType = (a: TensorData, b: TensorData): boolean => a.dtype === b.dtype && sameShape(a.shape, b.shape)
const rowLength = (tensor: TensorData): number => sizeOf(tensor.shape.slice(1))

/** Sorts samples given alone, in order or by name into the order of `names`. */
export function inOrder(given: SampleSet, names: readonly string[], where: string): readonly (Samples | undefined)[] {
  if (isTensorData(given)) return names.length === 1 ? [given] : wrongCount(where, names, 1)
  if (isList(given)) {
    const tensors = given.filter(isTensorData)
    if (given.length === 0 || tensors.length !== given.length) {
      // Nested numbers, or texts, are the samples of one input.
      return names.length === 1 && isListed(given) ? [given] : wrongCount(where, names, 1)
    }
    return tensors.length === names.length ? tensors : wrongCount(where, names, tensors.length)
  }
  const unknown = Object.keys(given).find(name => !names.includes(name))
  if (unknown !== undefined) {
    throw new ArgumentError({ where, expected: `names among ${names.join(', ')}`, received: `'${unknown}'` })
  }
  return names.map(name => given[name])
}

const isList = (given: SampleSet): given is readonly (TensorData | ScaledData)[] | Listed => Array.isArray(given)

const isListed = (given: readonly unknown[]): given is Listed => !given.some(isTensorData)

const areTexts = (given: Listed): given is readonly string[] => typeof given[0] === 'string'

/** Samples other than those of inputs, which are numbers. */
export function numbersOf(samples: Samples, dtype: 'int32' | 'float32', where: string): TensorData {
  if (isTensorData(samples)) return samples
  if (areTexts(samples)) throw new DTypeError({ where, expected: 'numbers', received: 'texts' })
  return fromNested(samples, dtype, where)
}

function wrongCount(where: string, names: readonly string[], count: number): never {
  throw new ArgumentError({
    where,
    expected: `${names.length} tensors, for ${names.join(', ')}, in a list or by name`,
    received: `${count}`,
  })
}

function inputSamples(x: SampleSet, network: Network): readonly Samples[] {
  const names = network.inputs.map(({ name }) => name)
  return inOrder(x, names, 'x').map((samples, i) => {
    if (samples !== undefined) return samples
    throw new ArgumentError({ where: 'x', expected: `samples for input '${names[i]}'`, received: 'none' })
  })
}

/** All inputs of a network, as tensors, with what their elements stand for. */
export function asInputs(x: SampleSet, network: Network): readonly { tensor: TensorData; format: InputFormat }[] {
  return inputSamples(x, network).map((samples, i) => {
    const tensor = asTensor(samples, network, i)
    return { tensor, format: formatOf(samples, tensor) }
  })
}

function inputTensor(x: Samples, spec: NetworkInput | undefined, name: string): TensorData {
  if (isTensorData(x) || !areTexts(x)) return numbersOf(x, 'float32', name)
  return { dtype: 'string', shape: [x.length, ...(spec?.shape ?? []).map(() => 1)], data: [...x] }
}

/** Checks an input against what the network was built for. */
function asTensor(x: Samples, network: Network, index: number): TensorData {
  const spec = network.inputs[index]
  const name = network.inputs.length === 1 ? 'x' : (spec?.name ?? 'x')
  const tensor = inputTensor(x, spec, name)
  if (!spec) return tensor
  if ((tensor.dtype === 'string') !== (spec.dtype === 'string'))
    throw new DTypeError({
      where: name,
      expected: spec.dtype === 'string' ? 'strings' : 'numeric samples',
      received: tensor.dtype,
    })
  checkShape(tensor, spec, name)
  return spec.prepare?.(tensor) ?? tensor
}

function checkShape(tensor: TensorData, { shape, batchSize }: NetworkInput, name: string): void {
  const fits =
    tensor.shape.length === shape.length + 1 && shape.every((dim, i) => dim === null || tensor.shape[i + 1] === dim)
  if (!fits) {
    throw new ShapeError({
      where: name,
      expected: `samples of shape ${formatShape(['samples', ...shape.map(dim => dim ?? 'any')])}`,
      received: formatShape(tensor.shape),
      remedy:
        tensor.shape.length === shape.length
          ? 'One sample alone still needs the samples axis in front, of size 1.'
          : 'Reshape the data, or change the input layer.',
    })
  }
  const count = tensor.shape[0] ?? 0
  if (batchSize !== undefined && count % batchSize !== 0) {
    throw new ShapeError({
      where: name,
      expected: `samples in multiples of ${batchSize}, the input's batchSize`,
      received: `${count}`,
    })
  }
}

function formatOf(x: Samples, tensor: { readonly dtype: TensorData['dtype'] }): InputFormat {
  const { scale, offset } = isTensorData(x) && isScaled(x) ? x : { scale: 1, offset: 0 }
  return { dtype: tensor.dtype, scale, offset }
}

/** Targets by the names of their outputs. Those that are not wanted may be left out of a list, or be there and be ignored. */
export function targetsByName(
  y: SampleSet,
  outputs: readonly string[],
  isWanted: (output: number) => boolean,
): ReadonlyMap<string, Samples | undefined> {
  const wanted = outputs.filter((_, i) => isWanted(i))
  const whole = Array.isArray(y) ? y.length === outputs.length : !isTensorData(y)
  const names = whole || wanted.length === 0 ? outputs : wanted
  const samples = inOrder(y, names, 'y')
  return new Map(names.map((name, i) => [name, samples[i]]))
}

function targetTensors(
  y: SampleSet,
  network: Network,
  objectives: readonly Objective[],
  labels: readonly (LabelRange | undefined)[],
): readonly (TensorData | undefined)[] {
  const all = network.outputs.map(({ name }) => name)
  const isWanted = (i: number): boolean => {
    const objective = objectives[i]
    return objective !== undefined && wantsTargets(objective)
  }
  const byName = targetsByName(y, all, isWanted)
  return network.outputs.map(({ name }, i) => {
    if (!isWanted(i)) return undefined
    const samples = byName.get(name)
    if (samples === undefined)
      throw new ArgumentError({ where: 'y', expected: `targets for output '${name}'`, received: 'none' })
    const range = labels[i]
    const where = all.length === 1 ? 'y' : name
    const tensor = numbersOf(samples, range ? 'int32' : 'float32', where)
    if (range) checkLabels(tensor, range)
    return tensor
  })
}

function weightTensors(
  { sampleWeight, classWeight }: Weighting,
  targets: readonly (TensorData | undefined)[],
  labels: readonly (LabelRange | undefined)[],
  network: Network,
): readonly (TensorData | undefined)[] {
  if (sampleWeight === undefined && classWeight === undefined) return targets.map(() => undefined)
  if (classWeight !== undefined) {
    const [target, ...more] = targets
    if (!target || more.length > 0 || sampleWeight !== undefined) {
      throw new ArgumentError({
        where: 'fit',
        expected: "'classWeight' alone, for a model with one output",
        received: sampleWeight === undefined ? `${targets.length} outputs` : "'sampleWeight' too",
        remedy: 'Give sampleWeight instead: one weight per sample.',
      })
    }
    return [weightsOfClasses(target, labels[0] !== undefined, classWeight)]
  }
  if (sampleWeight === undefined) return targets.map(() => undefined)
  const names = network.outputs.map(({ name }) => name)
  const tensorOf = (samples: Samples): TensorData => numbersOf(samples, 'float32', 'sampleWeight')
  // One weight per sample is for all outputs.
  if (names.length > 1 && isAlone(sampleWeight)) {
    const weights = tensorOf(sampleWeight)
    if (weights.shape.length > 1 && (weights.shape.length > 2 || weights.shape[1] !== 1))
      throw new ShapeError({
        where: 'sampleWeight',
        expected: 'one weight per sample, [samples], where all outputs share them',
        received: formatShape(weights.shape),
        remedy: 'Give weights for each output, in a list or by name.',
      })
    return targets.map(target => target && weights)
  }
  return inOrder(sampleWeight, names, 'sampleWeight').map((samples, i) => targets[i] && samples && tensorOf(samples))
}

/** One set of samples, as opposed to one for each input or output. */
const isAlone = (given: SampleSet): given is Samples =>
  isTensorData(given) || (isList(given) && !given.some(isTensorData))

/** One weight per sample from its class: a class number, rounded, or the largest of one-hot targets. */
function weightsOfClasses(
  target: TensorData,
  numbered: boolean,
  weights: Readonly<Record<number, number>>,
): TensorData {
  const count = target.shape[0] ?? 0
  const values = toNumbers(target)
  const width = target.shape.at(-1) ?? 1
  if (target.shape.length > 1 && (rowLength(target) !== width || (numbered && width !== 1)))
    throw new ShapeError({
      where: "'classWeight'",
      expected: 'one class per sample: [samples] class numbers or [samples, classes] one-hot targets',
      received: formatShape(target.shape),
      remedy: 'Give sampleWeight instead, of shape [samples, steps].',
    })
  const classOf = (row: number): number => {
    if (target.shape.length === 1 || width === 1) return Math.round(values[row] ?? 0)
    const scores = values.subarray(row * width, (row + 1) * width)
    return scores.indexOf(Math.max(...scores))
  }
  return fromNumbers(
    'float32',
    [count],
    Array.from({ length: count }, (_, row) => weights[classOf(row)] ?? 1),
  )
}

/** The class numbers that an output's targets may be. */
interface LabelRange {
  readonly classes: number
  /** One more that is allowed, and ignored by the loss. */
  readonly ignored: number | undefined
}

const labelRanges = (network: Network, objectives: readonly Objective[]): readonly (LabelRange | undefined)[] =>
  network.outputs.map(({ type }, i) => {
    const loss = objectives[i]?.loss
    const classes = loss?.classes?.(type)
    return classes === undefined ? undefined : { classes, ignored: loss?.ignoreClass }
  })

function checkLabels(targets: TensorData, { classes, ignored }: LabelRange): void {
  const labels =
    targets.data instanceof BigInt64Array || targets.data instanceof BigUint64Array ? toNumbers(targets) : targets.data
  for (let i = 0; i < labels.length; i++) {
    const label = Number(labels[i])
    if ((label >= 0 && label < classes && Number.isInteger(label)) || label === ignored) continue
    throw new DataError({
      where: 'targets',
      expected: `class numbers from 0 to ${classes - 1}, since the model has ${classes} outputs`,
      received: `${label} at position ${i}`,
      remedy: 'Number the classes from 0, or give the last layer as many units as there are classes.',
      details: { label, position: i, classes },
    })
  }
}
