import { type DType, isInt } from '../core/dtype.ts'
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts'
import { formatShape, staticDim } from '../core/shape.ts'
import type { TensorType, Value } from '../graph/value.ts'
import { constant, ints, scalar, scalarLike } from '../ops/constants.ts'
import { equal } from '../ops/logic/equal.ts'
import { abs } from '../ops/math/abs.ts'
import { add } from '../ops/math/add.ts'
import { cast } from '../ops/math/cast.ts'
import { div } from '../ops/math/div.ts'
import { log } from '../ops/math/log.ts'
import { mul } from '../ops/math/mul.ts'
import { neg } from '../ops/math/neg.ts'
import { sigmoid } from '../ops/math/sigmoid.ts'
import { sub } from '../ops/math/sub.ts'
import { clip } from '../ops/nn/clip.ts'
import { logSoftmax } from '../ops/nn/log-softmax.ts'
import { softmax } from '../ops/nn/softmax.ts'
import { softplus } from '../ops/nn/softplus.ts'
import { reduceMean } from '../ops/reduce/reduce-mean.ts'
import { reduceSum } from '../ops/reduce/reduce-sum.ts'
import { squeeze } from '../ops/shape/squeeze.ts'
import { unsqueeze } from '../ops/shape/unsqueeze.ts'

/** A loss: one number per sample, whose mean over the batch is minimised. */
export interface Loss {
  readonly name: string
  readonly config: Readonly<Record<string, unknown>>
  /** Loss of each sample: [batch] or [batch, …] for outputs with more axes. Targets may have any numeric dtype. */
  call(target: Value, output: Value): Value
  /** Number of classes if targets are class numbers, so that they can be checked before training. */
  classes?(output: TensorType): number | undefined
}

/** Keras's fuzz factor. */
const epsilon = 1e-7

export interface CrossentropyOptions {
  /** Outputs are logits, not probabilities. Default false. */
  readonly fromLogits?: boolean
}

/**
 * Cross-entropy against class numbers: −log p[target]. Target [batch, …] or [batch, …, 1], output [batch, …, classes].
 * Probabilities that come straight from a softmax are taken back to its logits, which is exact where log(softmax) would underflow.
 */
export function sparseCategoricalCrossentropy({ fromLogits = false }: CrossentropyOptions = {}): Loss {
  return {
    name: 'sparseCategoricalCrossentropy',
    config: { fromLogits },
    call(target, output) {
      const labels = classNumbers('sparseCategoricalCrossentropy', target, output)
      const logp = logProbabilities(output, fromLogits)
      const classes = staticDim(output.shape.at(-1), output.shape)
      return neg(reduceSum(mul(oneHotOf(labels, classes, output.dtype), logp), ints([-1]), { keepdims: 0 }))
    },
    classes: output => staticDim(output.shape.at(-1), output.shape),
  }
}

/** Cross-entropy against distributions: −Σ target·log p. Target and output [batch, …, classes]. */
export function categoricalCrossentropy({
  fromLogits = false,
  labelSmoothing = 0,
}: CrossentropyOptions & { readonly labelSmoothing?: number } = {}): Loss {
  return {
    name: 'categoricalCrossentropy',
    config: { fromLogits, labelSmoothing },
    call(target, output) {
      requireSameShape('categoricalCrossentropy', target, output)
      const classes = staticDim(output.shape.at(-1), output.shape)
      const wanted = cast(target, { to: output.dtype })
      const smooth =
        labelSmoothing === 0
          ? wanted
          : add(mul(wanted, scalarLike(1 - labelSmoothing, output)), scalarLike(labelSmoothing / classes, output))
      return neg(reduceSum(mul(smooth, logOfDistribution(output, fromLogits)), ints([-1]), { keepdims: 0 }))
    },
  }
}

/** Cross-entropy of independent yes/no outputs, averaged over the last axis. */
export function binaryCrossentropy({
  fromLogits = false,
  labelSmoothing = 0,
}: CrossentropyOptions & { readonly labelSmoothing?: number } = {}): Loss {
  return {
    name: 'binaryCrossentropy',
    config: { fromLogits, labelSmoothing },
    call(target, output) {
      requireSameShape('binaryCrossentropy', target, output)
      const wanted = cast(target, { to: output.dtype })
      const t =
        labelSmoothing === 0
          ? wanted
          : add(mul(wanted, scalarLike(1 - labelSmoothing, output)), scalarLike(labelSmoothing / 2, output))
      const logits = fromLogits ? output : inputOf(output, sigmoid)
      if (logits) {
        // −t·log σ(z) − (1−t)·log(1−σ(z)) = softplus(z) − t·z
        return reduceMean(sub(softplus(logits), mul(t, logits)), ints([-1]), { keepdims: 0 })
      }
      const p = clipped(output)
      const one = scalarLike(1, output)
      const likelihood = add(mul(t, log(p)), mul(sub(one, t), log(sub(one, p))))
      return neg(reduceMean(likelihood, ints([-1]), { keepdims: 0 }))
    },
  }
}

/** Mean over the last axis of (target − output)². */
export const meanSquaredError = (): Loss =>
  elementwiseLoss('meanSquaredError', difference => mul(difference, difference))

/** Mean over the last axis of |target − output|. */
export const meanAbsoluteError = (): Loss => elementwiseLoss('meanAbsoluteError', abs)

function elementwiseLoss(name: string, f: (difference: Value) => Value): Loss {
  return {
    name,
    config: {},
    call(target, output) {
      requireSameShape(name, target, output)
      return reduceMean(f(sub(output, cast(target, { to: output.dtype }))), ints([-1]), { keepdims: 0 })
    },
  }
}

function logProbabilities(output: Value, fromLogits: boolean): Value {
  const logits = fromLogits ? output : inputOf(output, softmax)
  return logSoftmax(logits ?? log(clipped(output)), { axis: -1 })
}

/** As Keras: against distributions, probabilities are made to sum to 1 before they are clipped, and not once more after it. */
function logOfDistribution(output: Value, fromLogits: boolean): Value {
  const logits = fromLogits ? output : inputOf(output, softmax)
  if (logits) return logSoftmax(logits, { axis: -1 })
  return log(clipped(div(output, reduceSum(output, ints([-1]), { keepdims: 1 }))))
}

const clipped = (p: Value): Value => clip(p, scalar(epsilon), scalar(1 - epsilon))

/** What an activation was applied to, if `y` is its direct output (over the last axis). */
function inputOf(y: Value, activation: typeof softmax | typeof sigmoid): Value | undefined {
  const axis = y.node?.attributes['axis']
  const last = axis === undefined || (axis.kind === 'int' && (axis.value === -1 || axis.value === y.shape.length - 1))
  return y.node && y.node.operator === activation && last ? y.node.inputs[0] : undefined
}

/** Class numbers as int64 with the output's batch axes: a trailing axis of size 1 is dropped, as in Keras. */
export function classNumbers(where: string, target: Value, output: Value): Value {
  const rank = output.shape.length - 1
  if (!isInt(target.dtype)) {
    throw new DTypeError({
      where,
      expected: 'integer class numbers',
      received: target.dtype,
      remedy: 'For one-hot targets use categoricalCrossentropy.',
    })
  }
  const squeezed = target.shape.length === rank + 1 && target.shape.at(-1) === 1 ? squeeze(target, ints([-1])) : target
  if (squeezed.shape.length !== rank) {
    throw new ShapeError({
      where,
      expected: `class numbers of shape ${formatShape(output.shape.slice(0, -1))} for outputs of shape ${formatShape(output.shape)}`,
      received: formatShape(target.shape),
    })
  }
  return cast(squeezed, { to: 'int64' })
}

/** [batch, …] → [batch, …, classes]: 1 at the label, 0 elsewhere. */
function oneHotOf(labels: Value, classes: number, dtype: DType): Value {
  const numbers = constant(
    Array.from({ length: classes }, (_, i) => i),
    [classes],
    'int64',
  )
  return cast(equal(unsqueeze(labels, ints([-1])), numbers), { to: dtype })
}

function requireSameShape(where: string, target: Value, output: Value): void {
  if (target.shape.length === output.shape.length && target.shape.every((dim, i) => dim === output.shape[i])) return
  throw new ShapeError({
    where,
    expected: `targets of the outputs' shape ${formatShape(output.shape)}`,
    received: formatShape(target.shape),
  })
}

const byName = {
  sparseCategoricalCrossentropy,
  categoricalCrossentropy,
  binaryCrossentropy,
  meanSquaredError,
  meanAbsoluteError,
}
export type LossName = keyof typeof byName

export function resolveLoss(given: LossName | Loss): Loss {
  if (typeof given !== 'string') return given
  const make = byName[given]
  if (make) return make()
  throw new ArgumentError({
    where: 'compile',
    expected: `a loss among ${Object.keys(byName).join(', ')}`,
    received: `'${String(given)}'`,
  })
}
