import { formatShape } from '../core/shape.ts'
import type { LayerGraph } from '../nn/network.ts'

/** Layers with output shapes and weights, as Keras prints them. */
export function summaryOf(network: LayerGraph): string {
  const rows = network.layers.map(({ path, layer, outputShape, parameters }) => [
    `${path} (${layer.type})`,
    formatShape(outputShape.map(dim => (dim === 'batch' ? 'None' : dim)))
      .replace('[', '(')
      .replace(']', ')'),
    parameters.toLocaleString('en'),
  ])
  const table = [['Layer (type)', 'Output Shape', 'Param #'], ...rows]
  const widths = [0, 1, 2].map(i => Math.max(...table.map(row => row[i]?.length ?? 0)))
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
    line(table[0] ?? []),
    rule('├', '┼', '┤'),
    ...rows.map(line),
    rule('└', '┴', '┘'),
    total('Total params', count(true) + count(false)),
    total('Trainable params', count(true)),
    total('Non-trainable params', count(false)),
  ].join('\n')
}

function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes.toFixed(2)} B`
  return bytes < 1024 ** 2 ? `${(bytes / 1024).toFixed(2)} KB` : `${(bytes / 1024 ** 2).toFixed(2)} MB`
}
