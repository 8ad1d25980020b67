/** One run of one kernel in an ONNX Runtime profile. */
export interface KernelEvent {
  /** The node's name: scopes and a number, `dense/MatMul_3`. */
  readonly node: string
  readonly operator: string
  readonly microseconds: number
}

/** Their time is their bodies', whose kernels have events of their own. */
const holders = new Set(['Scan', 'Loop', 'If'])

/** The kernel runs in ONNX Runtime's profile (a JSON list of Chrome trace events), without those of the first `skip` runs of the model. */
export function kernelEvents(json: string, skip: number): KernelEvent[] {
  const events: unknown = JSON.parse(json)
  if (!Array.isArray(events)) throw new TypeError('an ONNX Runtime profile is a list')
  const runs = events.flatMap(event => (isRun(event) ? [event.ts] : [])).sort((a, b) => a - b)
  const begin = runs[skip] ?? 0
  return events.flatMap((event: unknown) => {
    if (!isKernel(event) || event.ts < begin || holders.has(event.args.op_name)) return []
    // Nodes that ONNX Runtime fused keep their place: `fused dense/MatMul_1`, `dense/MatMul_1/MatMulAddFusion/`.
    const node = event.name
      .slice(0, -suffix.length)
      .replace(/^fused /, '')
      .replace(/\/\w+Fusion\/?$/, '')
    return [{ node, operator: event.args.op_name, microseconds: event.dur }]
  })
}

const suffix = '_kernel_time'

const isRun = (event: unknown): event is { readonly ts: number } =>
  isRecord(event) && event['name'] === 'model_run' && typeof event['ts'] === 'number'

interface RawKernel {
  readonly name: string
  readonly ts: number
  readonly dur: number
  readonly args: { readonly op_name: string }
}

const isKernel = (event: unknown): event is RawKernel =>
  isRecord(event) &&
  event['cat'] === 'Node' &&
  typeof event['name'] === 'string' &&
  event['name'].endsWith(suffix) &&
  typeof event['ts'] === 'number' &&
  typeof event['dur'] === 'number' &&
  isRecord(event['args']) &&
  typeof event['args']['op_name'] === 'string'

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** Times per step by operator, by scope and for the slowest nodes, slowest first. */
export function profileTable(events: readonly KernelEvent[], steps: number, limit = 20): string {
  const total = events.reduce((sum, { microseconds }) => sum + microseconds, 0)
  const section = (title: string, key: (event: KernelEvent) => string) => {
    const sums = new Map<string, { us: number; runs: number }>()
    for (const event of events) {
      const { us, runs } = sums.get(key(event)) ?? { us: 0, runs: 0 }
      sums.set(key(event), { us: us + event.microseconds, runs: runs + 1 })
    }
    const rows = [...sums].sort(([, a], [, b]) => b.us - a.us).slice(0, limit)
    return [
      title,
      ...rows.map(
        ([name, { us, runs }]) =>
          `${(us / steps / 1000).toFixed(3).padStart(10)} ms ${((100 * us) / total).toFixed(1).padStart(5)} %  × ${Math.round(runs / steps)}  ${name}`,
      ),
    ].join('\n')
  }
  return [
    `${(total / steps / 1000).toFixed(3)} ms a step in kernels`,
    section('By operator', ({ operator }) => operator),
    section('By place in the model', ({ node }) => node.slice(0, Math.max(0, node.lastIndexOf('/'))) || '(top)'),
    section('Slowest nodes', ({ node, operator }) => `${node} (${operator})`),
  ].join('\n\n')
}
