import { formatShape, type Shape } from '../core/shape.ts'
import type { AnyLayer, Symbolic } from '../nn/layer.ts'
import type { LayerGraph } from '../nn/network.ts'

/** Layers with output shapes, weights and, unless they stand in a row, what they are connected to: as Keras prints them. */
export function summaryOf(network: LayerGraph): string {
  const inRow = isRow(network)
  const header = ['Layer (type)', 'Output Shape', 'Param #', ...(inRow ? [] : ['Connected to'])]
  const rows = network.layers.map(({ path, layer, parameters }) => {
    const calls = network.steps.filter(step => step.path === path)
    const shapes = calls[0]?.outputs.map(({ value }) => value.shape) ?? []
    const sources = [...new Set(calls.flatMap(({ inputs }) => inputs.map(tensor => sourceOf(tensor, network))))]
    return [
      `${path} (${layer.type})`,
      shapes.map(kerasShape).join(', '),
      parameters.toLocaleString('en'),
      ...(inRow ? [] : [sources.join(', ')]),
    ]
  })
  const inputs = inRow
    ? []
    : network.inputs.map(({ name, shape }) => [
        `${name} (InputLayer)`,
        kerasShape(['batch', ...shape.map(dim => dim ?? 'any')]),
        '0',
        '-',
      ])
  const table = [header, ...inputs, ...rows]
  const widths = header.map((_, i) => Math.max(...table.map(row => row[i]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    `│ ${row.map((cell, i) => (i === 2 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))).join(' │ ')} │`
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
