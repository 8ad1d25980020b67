import { GraphError, ShapeError } from '../../core/errors.ts'
import { formatShape, staticDim, staticShape } from '../../core/shape.ts'
import { Graph } from '../../graph/graph.ts'
import { Value } from '../../graph/value.ts'
import { constant, ints, scalar, scalarLike } from '../../ops/constants.ts'
import { scan } from '../../ops/control/scan.ts'
import { equal } from '../../ops/logic/equal.ts'
import { not } from '../../ops/logic/not.ts'
import { or } from '../../ops/logic/or.ts'
import { where } from '../../ops/logic/where.ts'
import { add } from '../../ops/math/add.ts'
import { cast } from '../../ops/math/cast.ts'
import { matMul } from '../../ops/math/mat-mul.ts'
import { mul } from '../../ops/math/mul.ts'
import { neg } from '../../ops/math/neg.ts'
import { sub } from '../../ops/math/sub.ts'
import { logSoftmax } from '../../ops/nn/log-softmax.ts'
import { reduceLogSumExp } from '../../ops/reduce/reduce-log-sum-exp.ts'
import { reduceMax } from '../../ops/reduce/reduce-max.ts'
import { reduceSum } from '../../ops/reduce/reduce-sum.ts'
import { concat } from '../../ops/shape/concat.ts'
import { expand } from '../../ops/shape/expand.ts'
import { reshape } from '../../ops/shape/reshape.ts'
import { slice } from '../../ops/shape/slice.ts'
import { transpose } from '../../ops/shape/transpose.ts'
import { unsqueeze } from '../../ops/shape/unsqueeze.ts'
import { defineLoss, type Loss, type ReductionOptions } from './loss.ts'
import { oneHotOf } from './targets.ts'

/** Log-probability of what an alignment must not do: finite, so that a target too long for its frames gives a large loss, not NaN. */
const never = -1e5

/**
 * Connectionist temporal classification (Graves et al. 2006): −log of the probability that the frames spell the target, blanks and
 * repetitions removed. Targets are class numbers [batch, length], filled up with 0, the blank, at the end; outputs are logits
 * [batch, frames, classes]. A target that does not fit its frames costs about 10⁵ for each frame that is missing. The
 * recursion over the frames is a loop of the graph, whose size does not depend on their number.
 */
export const ctc = (options: ReductionOptions = {}): Loss =>
  defineLoss('ctc', options, negativeLogLikelihood, { classes: output => staticDim(output.shape.at(-1), output.shape) })

function negativeLogLikelihood(target: Value, output: Value): Value {
  if (target.shape.length !== 2 || output.shape.length !== 3) {
    throw new ShapeError({
      where: 'ctc',
      expected: 'class numbers [batch, length] for logits [batch, frames, classes]',
      received: `${formatShape(target.shape)} for ${formatShape(output.shape)}`,
    })
  }
  const classes = staticDim(output.shape[2], output.shape)
  const { states, skips, ends } = alignment(cast(target, { to: 'int64' }))
  const logp = logSoftmax(cast(output, { to: 'float32' }), { axis: -1 })
  // [batch, frames, states]: the log-probability of each state's class
  const observed = matMul(logp, transpose(oneHotOf(states, classes, 'float32'), { perm: [0, 2, 1] }))
  const { states: last, scales } = forwards(transpose(observed, { perm: [1, 0, 2] }), skips)
  const likelihood = add(
    reduceLogSumExp(add(last, ends), ints([1]), { keepdims: 0 }),
    reduceSum(scales, ints([0, 2]), { keepdims: 0 }),
  )
  return cast(neg(likelihood), { to: output.dtype })
}

/**
 * The states of an alignment: blank, label, blank, label, …, blank. `skips` is 0 where a state may follow the one before the last
 * (a label that differs from the label before it), `ends` where an alignment may end; elsewhere both are `never`.
 */
function alignment(labels: Value): { states: Value; skips: Value; ends: Value } {
  const length = staticDim(labels.shape[1], labels.shape)
  const count = 2 * length + 1
  const blank = mul(labels, scalar(0, 'int64'))
  const pairs = concat([unsqueeze(blank, ints([2])), unsqueeze(labels, ints([2]))], { axis: 2 })
  const first = slice(blank, ints([0]), ints([1]), ints([1]))
  const states = concat([reshape(pairs, ints([0, 2 * length])), first], { axis: 1 })
  // A label after itself needs a blank between. So does a blank: it equals the one before.
  const repeated = equal(states, shifted(states, 2, -1))
  const unlike = not(or(repeated, equal(states, scalar(0, 'int64'))))
  const lengths = reduceSum(cast(not(equal(labels, scalar(0, 'int64'))), { to: 'int64' }), ints([1]), { keepdims: 1 })
  const places = constant(
    Array.from({ length: count }, (_, i) => i),
    [count],
    'int64',
  )
  const end = mul(lengths, scalar(2, 'int64'))
  return {
    states,
    skips: allowing(unlike),
    ends: allowing(or(equal(places, end), equal(places, sub(end, scalar(1, 'int64'))))),
  }
}

const allowing = (allowed: Value): Value => where(allowed, scalar(0), scalar(never))

/** The values `by` places before along axis 1, and `fill` where there are none. */
function shifted(x: Value, by: number, fill: number): Value {
  const [batch, count] = staticShape(x.shape, 'ctc')
  const wide = Math.min(by, count ?? 0)
  const edge = expand(scalarLike(fill, x), ints([batch ?? 0, wide]))
  return concat([edge, slice(x, ints([0]), ints([(count ?? 0) - wide]), ints([1]))], { axis: 1 })
}

/** log Σ exp over several values of one shape. */
const logSum = (values: readonly Value[]): Value =>
  reduceLogSumExp(
    concat(
      values.map(value => unsqueeze(value, ints([0]))),
      { axis: 0 },
    ),
    ints([0]),
    { keepdims: 0 },
  )

/**
 * Log-probability of being in each state after all frames [batch, states], less the sum of `scales` [frames, batch, 1], which are
 * the largest of each frame: values that stay small stay exact over many frames.
 */
function forwards(frames: Value, skips: Value): { states: Value; scales: Value } {
  const [batch = 0, count = 0] = staticShape(skips.shape, 'ctc')
  const before = Value.input({ dtype: 'float32', shape: [batch, count] }, 'states')
  const frame = Value.input({ dtype: 'float32', shape: [batch, count] }, 'frame')
  const reached = logSum([before, shifted(before, 1, never), add(shifted(before, 2, never), skips)])
  const now = add(reached, frame)
  const scale = reduceMax(now, ints([1]), { keepdims: 1 })
  const body = new Graph({ name: 'ctc', inputs: [before, frame], outputs: [sub(now, scale), scale], captures: [skips] })
  // Before the first frame: in the first blank, which has not been heard yet.
  const start = constant([0, ...new Array<number>(count - 1).fill(never)], [1, count])
  const [states, scales] = scan([expand(start, ints([batch, count])), frames], { body, num_scan_inputs: 1 })
  if (states && scales) return { states, scales }
  throw new GraphError({ where: 'ctc', expected: 'two outputs of Scan', received: 'fewer' })
}
