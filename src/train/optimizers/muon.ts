import { ArgumentError } from '../../core/errors.ts'
import type { Value } from '../../graph/value.ts'
import { finite, notNegative } from '../../nn/serialized.ts'
import { scalar } from '../../ops/constants.ts'
import { add } from '../../ops/math/add.ts'
import { div } from '../../ops/math/div.ts'
import { matMul } from '../../ops/math/mat-mul.ts'
import { mul } from '../../ops/math/mul.ts'
import { sqrt } from '../../ops/math/sqrt.ts'
import { sub } from '../../ops/math/sub.ts'
import { reduceSumSquare } from '../../ops/reduce/reduce-sum-square.ts'
import { transpose } from '../../ops/shape/transpose.ts'
import { adamRule } from './adam.ts'
import { need, type Optimizer, type Rule, slotAt, type WeightInfo } from './optimizer.ts'
import { type OptimizerOptions, settingsOf, share } from './settings.ts'

export interface MuonOptions extends OptimizerOptions {
  readonly adamBeta1?: number
  readonly adamBeta2?: number
  /** Of the weights that AdamW trains. Default 0.004. */
  readonly adamWeightDecay?: number | null
  /** Default 1e−7. */
  readonly epsilon?: number
  /** Regular expressions, searched for in the paths of weights that AdamW is to train. */
  readonly excludeLayers?: readonly string[] | null
  /** Embeddings (weights with 'embedding' in their path) are trained by AdamW. Default true. */
  readonly excludeEmbeddings?: boolean
  readonly muonA?: number
  readonly muonB?: number
  readonly muonC?: number
  /** Factor of AdamW's learning rate. Default 1. */
  readonly adamLrRatio?: number
  /** Default 0.95. */
  readonly momentum?: number
  /** Newton–Schulz iterations. Default 5. */
  readonly nsSteps?: number
  readonly nesterov?: boolean
  /** Changes are multiplied by √(larger side) times this, so that Adam's rates suit; null for no such factor. Default 0.2. */
  readonly rmsRate?: number | null
}

/**
 * Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024, scaled as in Liu et al., "Muon is Scalable for
 * LLM Training", 2025: the momentum of a matrix is brought close to an orthogonal matrix before it is taken off the weight. Other
 * weights, and those excluded, are trained by AdamW. Weights decay by 0.004 by default.
 */
export function muon(options: MuonOptions = {}): Optimizer {
  const { settings, config } = settingsOf(
    'muon',
    { ...options, weightDecay: options.weightDecay === undefined ? 0.004 : options.weightDecay },
    0.001,
  )
  const number = (name: string, value: number) => finite('muon', name, value)
  const { nsSteps = 5, adamWeightDecay = 0.004, rmsRate = 0.2 } = options
  if (!Number.isSafeInteger(nsSteps) || nsSteps < 0)
    throw new ArgumentError({
      where: 'muon',
      expected: "'nsSteps' to be an integer, 0 or above",
      received: `${nsSteps}`,
    })
  const own = {
    adamBeta1: share('muon', 'adamBeta1', options.adamBeta1 ?? 0.9),
    adamBeta2: share('muon', 'adamBeta2', options.adamBeta2 ?? 0.999),
    adamWeightDecay: adamWeightDecay === null ? null : notNegative('muon', 'adamWeightDecay', adamWeightDecay),
    epsilon: notNegative('muon', 'epsilon', options.epsilon ?? 1e-7),
    excludeLayers: options.excludeLayers ?? [],
    excludeEmbeddings: options.excludeEmbeddings ?? true,
    muonA: number('muonA', options.muonA ?? 3.4445),
    muonB: number('muonB', options.muonB ?? -4.775),
    muonC: number('muonC', options.muonC ?? 2.0315),
    adamLrRatio: number('adamLrRatio', options.adamLrRatio ?? 1),
    momentum: number('momentum', options.momentum ?? 0.95),
    nsSteps,
    nesterov: options.nesterov ?? true,
    rmsRate: rmsRate === null ? null : number('rmsRate', rmsRate),
  }
  const adam = adamRule({ beta1: own.adamBeta1, beta2: own.adamBeta2, epsilon: own.epsilon })
  const adamW: Rule = {
    ...adam,
    weightDecay: own.adamWeightDecay ?? 0,
    coefficients: (rate, step, shared) => adam.coefficients(mul(rate, scalar(own.adamLrRatio)), step, shared),
  }
  const matrix: Rule = {
    whole: true,
    slots: [{ name: 'm' }],
    coefficients: rate => ({ rate }),
    update(weight, g, slots, coefficients) {
      const m = add(mul(slotAt(slots, 0), scalar(own.momentum)), g)
      const direction = own.nesterov ? add(g, mul(m, scalar(own.momentum))) : m
      const change = orthogonalized(direction, own)
      const side = Math.sqrt(Math.max(...weight.shape.map(Number)))
      const factor = own.rmsRate === null ? 1 : side * own.rmsRate
      return { weight: sub(weight, mul(change, mul(need(coefficients, 'rate'), scalar(factor)))), slots: [m] }
    },
  }
  const excluded = expressions(own.excludeLayers)
  const takesAdam = ({ path, shape }: WeightInfo): boolean =>
    shape.length !== 2 ||
    (own.excludeEmbeddings && path.toLowerCase().includes('embedding')) ||
    excluded.some(expression => expression.test(path))
  return {
    name: 'muon',
    ...settings,
    config: { ...config, ...own },
    ruleFor: weight => (takesAdam(weight) ? adamW : matrix),
  }
}

interface NewtonSchulz {
  readonly muonA: number
  readonly muonB: number
  readonly muonC: number
  readonly nsSteps: number
}

/** x with its singular values drawn towards 1: x ← a·x + (b·A + c·A²)·x, A = x·xᵀ, on the side where A is small. */
function orthogonalized(given: Value, { muonA, muonB, muonC, nsSteps }: NewtonSchulz): Value {
  const flipped = (x: Value): Value => transpose(x, { perm: [1, 0] })
  const tall = Number(given.shape[0]) > Number(given.shape[1])
  const start = tall ? flipped(given) : given
  let x = div(start, add(sqrt(reduceSumSquare(start)), scalar(1e-7)))
  for (let i = 0; i < nsSteps; i++) {
    const square = matMul(x, flipped(x))
    const mixed = add(mul(square, scalar(muonB)), mul(matMul(square, square), scalar(muonC)))
    x = add(mul(x, scalar(muonA)), matMul(mixed, x))
  }
  return tall ? flipped(x) : x
}

function expressions(given: readonly string[]): RegExp[] {
  try {
    return given.map(source => new RegExp(source))
  } catch (cause) {
    throw new ArgumentError({
      where: 'muon',
      expected: "'excludeLayers' to be regular expressions",
      received: JSON.stringify(given),
      cause,
    })
  }
}
