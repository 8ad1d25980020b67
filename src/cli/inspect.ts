import { Command, InvalidArgumentError } from 'commander'
import { readModel } from '../compile/onnx/read.ts'
import { ArgumentError } from '../core/errors.ts'
import { toDot, toMermaid } from '../graph/dot.ts'
import { printGraph } from '../graph/print.ts'
import { kindOf } from '../models/formats/files.ts'
import { type FileSummary, formatFile, inspectH5, inspectModel, inspectSafetensors } from './inspect-weights.ts'
import { safe } from './safe.ts'
import { type ModelSummary, summarize } from './summary.ts'

interface InspectOptions {
  readonly json?: true
  readonly print?: true
  readonly dot?: true
  readonly mermaid?: true
  readonly limit?: number
}

/** `tenon inspect model.onnx`: what is in a model. */
export const inspect = new Command('inspect')
  .description('show what is in a model: types, weights, operators or layers, FLOPs, whether it can be trained')
  .argument('<model>', 'path of a file: .onnx, .keras, .h5, .safetensors, or model.json of TensorFlow.js')
  .option('--json', 'the summary as JSON')
  .option('--print', 'the graph, one line per node')
  .option('--dot', 'the graph in Graphviz’s language')
  .option('--mermaid', 'the graph as a Mermaid flowchart')
  .option('--limit <nodes>', 'print or draw at most this many nodes', positiveInteger)
  .action(async (path: string, options: InspectOptions) => {
    const read = readers[kindOf(path) ?? 'onnx']
    if (read) return showFile(await read(path), options)
    const model = await readModel(path)
    const limit = options.limit === undefined ? {} : { limit: options.limit }
    if (options.print) console.log(safe(printGraph(model.graph, limit)))
    else if (options.dot) console.log(safe(toDot(model.graph, limit)))
    else if (options.mermaid) console.log(safe(toMermaid(model.graph, limit)))
    else if (options.json) console.log(safe(JSON.stringify(summarize(model), null, 2)))
    else console.log(safe(formatSummary(summarize(model))))
  })

/** Readers of files that are not graphs. */
const readers: Readonly<
  Partial<Record<NonNullable<ReturnType<typeof kindOf>>, (path: string) => Promise<FileSummary>>>
> = {
  keras: inspectModel,
  tfjs: inspectModel,
  h5: inspectH5,
  h5Weights: inspectH5,
  safetensors: inspectSafetensors,
}

function showFile(summary: FileSummary, { json, print, dot, mermaid, limit }: InspectOptions): void {
  if (print || dot || mermaid) {
    throw new ArgumentError({
      where: 'inspect',
      expected: '--print, --dot and --mermaid with an ONNX file',
      received: `a file of kind ${summary.kind}`,
      remedy: 'Convert it first: tenon convert model.keras model.onnx.',
    })
  }
  console.log(safe(json ? JSON.stringify(summary, null, 2) : formatFile(summary, limit)))
}

function positiveInteger(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Expected a whole number above 0.')
}

/** The summary as a person reads it. */
export function formatSummary(summary: ModelSummary): string {
  const opsets = Object.entries(summary.opsets).map(([domain, version]) => `${domain} ${version}`)
  const lines = [
    `Model       ${summary.name}`,
    `Producer    ${summary.producer}`,
    `Format      ONNX IR ${summary.irVersion}, opset ${opsets.join(', ')}`,
    ...(summary.doc ? [`About       ${shorten(summary.doc)}`] : []),
    ...Object.entries(summary.metadata).map(([key, value]) => `Metadata    ${key} = ${shorten(value)}`),
    ...summary.inputs.map(({ name, type }) => `Input       ${name} : ${type}`),
    ...summary.outputs.map(({ name, type }) => `Output      ${name} : ${type}`),
    `Parameters  ${count(summary.parameters.count)} (${bytes(summary.parameters.bytes)})`,
    ...Object.entries(summary.parameters.byDType).map(
      ([dtype, sum]) => `            ${dtype}: ${count(sum.count)} (${bytes(sum.bytes)})`,
    ),
    `FLOPs       ${flops(summary.flops.count)} per run, symbolic dimensions taken as 1${summary.flops.unknown > 0 ? `; ${summary.flops.unknown} nodes not counted` : ''}`,
    `Nodes       ${count(summary.nodes)}`,
    ...summary.operators.map(
      ({ type, count: n, inTable }) =>
        `            ${type} × ${n}${inTable ? '' : '   (outside the table: runs, without gradient)'}`,
    ),
    ...gradients(summary),
  ]
  return lines.join('\n')
}

function gradients({ gradientStops }: ModelSummary): string[] {
  if (gradientStops.length === 0) return ['Gradient    passes from every output to inputs and weights']
  return [
    'Gradient    does not pass through',
    ...gradientStops.map(({ type, count: n, reason }) => `            ${type} × ${n}: ${reason}`),
  ]
}

const shorten = (text: string): string => {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > 100 ? `${line.slice(0, 99)}…` : line
}

const count = (n: number): string => n.toLocaleString('en-US')
const scaled = (n: number, step: number, units: readonly string[]): string => {
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log(Math.max(n, 1)) / Math.log(step))))
  return `${power === 0 ? n : (n / step ** power).toFixed(2)} ${units[power]}`
}
const bytes = (n: number): string => scaled(n, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB'])
const flops = (n: number): string => scaled(n, 1000, ['', 'K', 'M', 'G', 'T', 'P']).trim()
