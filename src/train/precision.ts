import { isFloat } from '../core/dtype.ts'
import { UnsupportedError } from '../core/errors.ts'
import type { Value } from '../graph/value.ts'
import type { Network, Trace, TraceOptions } from '../nn/network.ts'
import { cast } from '../ops/math/cast.ts'
import type { Engine } from '../runtime/engine.ts'
import { lossScaleOptimizer } from './optimizers/loss-scale.ts'
import type { Optimizer } from './optimizers/optimizer.ts'

/**
 * What layers compute in. `mixedFloat16`: weights, their gradients and the loss stay float32, layers compute in float16 (half the
 * memory, and twice the arithmetic where the hardware has it), and the loss is scaled so that small gradients do not vanish.
 * Micikevicius et al., "Mixed Precision Training", 2017; Keras's policy of that name.
 */
export type Precision = 'float32' | 'mixedFloat16'

/** Engines whose kernels compute in float16. ONNX Runtime's CPU kernels would convert to float32 and back around each operator. */
export async function checkPrecision(precision: Precision, engine: Engine): Promise<void> {
  if (precision === 'float32' || (await engine.computesFloat16?.())) return
  throw new UnsupportedError({
    where: 'compile',
    expected: "an engine with float16 kernels for precision 'mixedFloat16': 'webgpu' on an adapter with shader-f16",
    received: engine.computesFloat16
      ? `'${engine.name}' on an adapter without shader-f16`
      : `'${engine.name}', which computes in float32`,
    remedy: "Leave 'precision' out: on this engine float16 would be slower, or fail.",
  })
}

/** The optimizer that trains under a precision: with its loss scaled, unless it does so already. */
export const scaledFor = (precision: Precision, optimizer: Optimizer): Optimizer =>
  precision === 'mixedFloat16' && !optimizer.lossScaling && optimizer.lossScaleFactor === undefined
    ? lossScaleOptimizer(optimizer)
    : optimizer

/** Traces a network in a precision. Outputs, losses and layers' own updates come back as float32. */
export function traceIn(
  precision: Precision | undefined,
  network: Network,
  inputs: readonly Value[],
  options: TraceOptions,
): Trace {
  if (precision !== 'mixedFloat16') return network.trace(inputs, options)
  const half = (value: Value): Value => (isFloat(value.dtype) ? cast(value, { to: 'float16' }) : value)
  const full = (value: Value): Value => (isFloat(value.dtype) ? cast(value, { to: 'float32' }) : value)
  const trace = network.trace(inputs.map(half), { ...options, weight: variable => half(options.weight(variable)) })
  return {
    ...trace,
    outputs: trace.outputs.map(full),
    losses: trace.losses.map(full),
    updates: new Map([...trace.updates].map(([variable, value]) => [variable, full(value)])),
  }
}
