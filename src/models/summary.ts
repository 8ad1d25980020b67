import { ArgumentError } from '../core/errors.ts'
import { formatShape, type Shape } from '../core/shape.ts'
import type { AnyLayer, Symbolic } from '../nn/layer.ts'
import { LayerGraph } from '../nn/network.ts'

export interface SummaryOptions {
  /** Lines are no longer than this: cells that do not fit end in …. Default: as long as they need to be. */
  readonly lineLength?: number
  /** Show the layers of models inside of this one. Default false. */
  readonly expandNested?: boolean
  /** Show which layers are trained: Y, N, or - for those without weights. Default false. */
  readonly showTrainable?: boolean
  /** The first and the last layer to show, by their names or by what matches them. Default: all. */
  readonly layerRange?: readonly [string | RegExp, string | RegExp]
}

/** Layers with output shapes, weights and, unless they stand in a row, what they are connected to: as Keras prints them. */
export function summaryOf(network: LayerGraph, options: SummaryOptions = {}): string {
  const { lineLength, layerRange, showTrainable = false } = options
  const inRow = isRow(network)
  const header = [
    'Layer (type)',
    'Output Shape',
    'Param #',
    ...(inRow ? [] : ['Connected to']),
    ...(showTrainable ? ['Trainable'] : []),
  ]
  const inputs =
    inRow || layerRange
      ? []
      : network.inputs.map(({ name, shape }) => [
          `${name} (InputLayer)`,
          kerasShape(['batch', ...shape.map(dim => dim ?? 'any')]),
          '0',
          '-',
          ...(showTrainable ? ['-'] : []),
        ])
  const layers = layerRange ? within(network, layerRange) : network.layers
  const table = [header, ...inputs, ...rowsOf(network, layers, inRow, options)]
  const needed = header.map((_, i) => Math.max(...table.map(row => row[i]?.length ?? 0)))
  const widths = lineLength === undefined ? needed : narrowed(needed, lineLength - 3 * header.length - 1)
  const line = (row: readonly string[]) =>
    `│ ${row.map((cell, i) => (i === 2 ? cut(cell, widths[i]).padStart(widths[i] ?? 0) : cut(cell, widths[i]).padEnd(widths[i] ?? 0))).join(' │ ')} │`
  const rule = (left: string, middle: string, right: string) =>
    left + widths.map(width => '─'.repeat(width + 2)).join(middle) + right
  const count = (trainable: boolean) =>
    network.variables.filter(variable => variable.trainable === trainable).reduce((n, variable) => n + variable.size, 0)
  const total = (label: string, n: number) => ` ${label}: ${n.toLocaleString('en')} (${formatBytes(4 * n)})`
  return [
    `Model: "${network.name}"`,
    rule('┌', '┬', '┐'),
    line(header),
    rule('├', '┼', '┤'),
    ...table.slice(1).map(line),
    rule('└', '┴', '┘'),
    total('Total params', count(true) + count(false)),
    total('Trainable params', count(true)),
    total('Non-trainable params', count(false)),
  ].join('\n')
}

/** A row for each layer; under a model's, if they are wanted, its own layers'. */
function rowsOf(
  network: LayerGraph,
  layers: LayerGraph['layers'],
  inRow: boolean,
  options: SummaryOptions,
  level = 0,
  frozen = false,
): readonly (readonly string[])[] {
  return layers.flatMap(({ path, layer, parameters }) => {
    const calls = network.steps.filter(step => step.path === path)
    const shapes = calls[0]?.outputs.map(({ value }) => value.shape) ?? []
    const sources = [...new Set(calls.flatMap(({ inputs }) => inputs.map(tensor => sourceOf(tensor, network))))]
    const row = [
      `${level === 0 ? '' : `${'   '.repeat(level)}└ `}${path} (${layer.type})`,
      shapes.map(kerasShape).join(', '),
      parameters.toLocaleString('en'),
      ...(inRow ? [] : [sources.join(', ')]),
      ...(options.showTrainable ? [parameters === 0 ? '-' : layer.trainable && !frozen ? 'Y' : 'N'] : []),
    ]
    const inside = 'network' in layer && layer.network instanceof LayerGraph ? layer.network : undefined
    if (!options.expandNested || !inside) return [row]
    return [row, ...rowsOf(inside, inside.layers, inRow, options, level + 1, frozen || !layer.trainable)]
  })
}

function within({ name, layers }: LayerGraph, range: NonNullable<SummaryOptions['layerRange']>): LayerGraph['layers'] {
  const [first, last] = range.map(wanted => ({
    wanted,
    fits: ({ path }: { readonly path: string }) => (typeof wanted === 'string' ? path === wanted : wanted.test(path)),
  }))
  const from = first ? layers.findIndex(first.fits) : -1
  const to = last ? layers.findLastIndex(last.fits) : -1
  if (from >= 0 && to >= from) return layers.slice(from, to + 1)
  throw new ArgumentError({
    where: `summary of ${name}`,
    expected: `'layerRange' to hold two layers, in order, of ${layers.map(({ path }) => path).join(', ')}`,
    received: range.map(String).join(' and '),
  })
}

const leastWidth = 4

/** Widths whose sum is no larger than `room`: what is widest gives way first. */
function narrowed(widths: readonly number[], room: number): readonly number[] {
  if (!Number.isSafeInteger(room) || room < leastWidth * widths.length) {
    throw new ArgumentError({
      where: 'summary',
      expected: `'lineLength' to be an integer of at least ${(leastWidth + 3) * widths.length + 1}`,
      received: String(room + 3 * widths.length + 1),
    })
  }
  const result = [...widths]
  while (result.reduce((sum, width) => sum + width, 0) > room) {
    const widest = result.indexOf(Math.max(...result))
    result[widest] = (result[widest] ?? 0) - 1
  }
  return result
}

const cut = (cell: string, width = cell.length): string =>
  cell.length <= width ? cell : `${cell.slice(0, width - 1)}…`

/** Each layer takes what the one before gave. */
const isRow = ({ steps, inputTensors }: LayerGraph): boolean =>
  inputTensors.length === 1 &&
  steps.every(({ inputs }, i) => {
    const [only, ...more] = inputs
    return (
      only !== undefined && more.length === 0 && (i === 0 ? inputTensors : (steps[i - 1]?.outputs ?? [])).includes(only)
    )
  })

/** `dense_1[0][0]`: which application of a layer, which of its outputs. */
function sourceOf(tensor: Symbolic, network: LayerGraph): string {
  const input = network.inputTensors.indexOf(tensor)
  if (input >= 0) return `${network.inputs[input]?.name}[0][0]`
  const { origin } = tensor
  if (!('call' in origin)) return '?'
  const calls = network.steps.filter(step => step.call.layer === origin.call.layer)
  const application = calls.findIndex(step => step.call === origin.call)
  return `${calls[0]?.path}[${application}][${origin.index}]`
}

const kerasShape = (shape: Shape): string =>
  formatShape(shape.map(dim => (typeof dim === 'number' ? dim : 'None')))
    .replace('[', '(')
    .replace(']', ')')

/** A layer's name and class, and its outputs' shapes: what a picture of a model shows of it. */
export interface Box {
  readonly title: string
  readonly type: string
  readonly shape: string
  /** Numbers of the boxes it takes its inputs from. */
  readonly from: readonly number[]
}

/** The applications of a network's layers as boxes, inputs first. */
export function boxesOf(network: LayerGraph): readonly Box[] {
  const made = new Map<Symbolic, number>()
  const boxes: Box[] = network.inputs.map(({ name, shape }, i) => {
    const tensor = network.inputTensors[i]
    if (tensor) made.set(tensor, i)
    return {
      title: name,
      type: 'InputLayer',
      shape: kerasShape(['batch', ...shape.map(dim => dim ?? 'any')]),
      from: [],
    }
  })
  for (const { path, call, inputs, outputs } of network.steps) {
    const from = [...new Set(inputs.flatMap(tensor => made.get(tensor) ?? []))]
    for (const output of outputs) made.set(output, boxes.length)
    const layer: AnyLayer = call.layer
    boxes.push({
      title: path,
      type: layer.type,
      shape: outputs.map(({ value }) => kerasShape(value.shape)).join(', '),
      from,
    })
  }
  return boxes
}

function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes.toFixed(2)} B`
  return bytes < 1024 ** 2 ? `${(bytes / 1024).toFixed(2)} KB` : `${(bytes / 1024 ** 2).toFixed(2)} MB`
}
