import { ArgumentError } from '../../../core/errors.ts'
import type { Value } from '../../../graph/value.ts'
import { ints, scalarLike } from '../../../ops/constants.ts'
import { add } from '../../../ops/math/add.ts'
import { mul } from '../../../ops/math/mul.ts'
import { concat } from '../../../ops/shape/concat.ts'
import { slice } from '../../../ops/shape/slice.ts'
import type { Layer, LayerInputs } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { Option } from '../../shapes/functions.ts'
import type { AnyShape, ShapeFunction, ShapeOf } from '../../shapes/shape-function.ts'
import type { BothWays } from '../../shapes/wrapping.ts'
import { oneOf } from '../arguments.ts'
import { type CommonOptions, common } from '../options.ts'
import { inputOrderOption, type Recurrent } from './rnn.ts'

const modes = ['concat', 'sum', 'mul', 'ave'] as const
export type MergeMode = (typeof modes)[number]

export interface BidirectionalOptions extends CommonOptions {
  /** Runs forwards, and a copy of it backwards. Neither shares weights with it. */
  readonly layer: Recurrent
  /** How the two outputs become one; null leaves them two. Default concat. */
  readonly mergeMode?: MergeMode | null
  /** Runs backwards in place of a copy. */
  readonly backwardLayer?: Recurrent
}

export interface BidirectionalLayer<F extends ShapeFunction = AnyShape> extends Layer<F> {
  readonly forwardLayer: Recurrent
  readonly backwardLayer: Recurrent
  resetState(): void
}

/** What the options say of shapes; `mergeMode: null` is a mode, not a default. */
type InBothDirections<O extends BidirectionalOptions> = BothWays<
  ShapeOf<O['layer']>,
  ShapeOf<Option<O, 'backwardLayer', O['layer']>>,
  O extends { readonly mergeMode: infer Mode } ? (undefined extends Mode ? MergeMode | null : Mode) : 'concat'
>

/** Schuster & Paliwal, "Bidirectional Recurrent Neural Networks", 1997: a recurrent layer in both directions, steps aligned. */
export function bidirectional<const O extends BidirectionalOptions>(given: O): BidirectionalLayer<InBothDirections<O>> {
  const where = 'bidirectional'
  const options: BidirectionalOptions = given
  const { layer, backwardLayer } = options
  const mergeMode = options.mergeMode === null ? null : oneOf(where, 'mergeMode', options.mergeMode ?? 'concat', modes)
  if (typeof layer?.remake !== 'function') {
    throw new ArgumentError({ where, expected: "a recurrent 'layer', such as lstm({ units })", received: typeof layer })
  }
  const { returnSequences, returnState, goBackwards, stateful } = layer.options
  if (backwardLayer) checkTwins(layer, backwardLayer)
  // As in Keras: masked steps of sequences are zero, in both directions.
  const zeroOutputForMask = returnSequences
  const forward = layer.remake({ zeroOutputForMask })
  const backward = (backwardLayer ?? layer).remake({
    zeroOutputForMask,
    goBackwards: backwardLayer ? backwardLayer.options.goBackwards : !goBackwards,
  })
  const wrapper = makeLayer<InBothDirections<O>>({
    type: 'Bidirectional',
    ...common(where, options),
    config: { layer, mergeMode, ...(backwardLayer ? { backwardLayer } : {}) },
    arity: { min: 1, max: 1 + 2 * layer.cell.stateSize.length },
    masking: (_, scope) => (returnSequences ? scope.masks[0] : undefined),
    call([x, ...states], scope) {
      const half = states.length / 2
      const run = (path: string, inner: Recurrent, initial: readonly Value[]) => {
        const inputs: LayerInputs = [x, ...initial]
        // What one is told to do backwards, the other does forwards: both keep the order of the inputs, so that steps meet.
        // In that of a `layer` that goes backwards itself they are left afterwards.
        return scope.run(path, inner, inputs, { options: { [inputOrderOption]: true } })
      }
      const [a, ...aStates] = run('forward_layer', forward, states.slice(0, half))
      const [b, ...bStates] = run('backward_layer', backward, states.slice(half))
      const after = returnState ? [...aStates, ...bStates] : []
      const left = (y: Value) => (returnSequences && goBackwards ? reversed(y) : y)
      return mergeMode === null ? [left(a), left(b), ...after] : [left(merged(mergeMode, a, b)), ...after]
    },
  })
  return Object.assign(wrapper, {
    forwardLayer: forward,
    backwardLayer: backward,
    resetState() {
      if (!stateful) return
      forward.resetState()
      backward.resetState()
    },
  })
}

/** [batch, steps, …] from the last step to the first. */
const reversed = (y: Value): Value => slice(y, ints([-1]), ints([-(2 ** 31)]), ints([1]), ints([-1]))

function merged(mode: MergeMode, a: Value, b: Value): Value {
  if (mode === 'concat') return concat([a, b], { axis: -1 })
  if (mode === 'mul') return mul(a, b)
  const sum = add(a, b)
  return mode === 'sum' ? sum : mul(sum, scalarLike(0.5, sum))
}

function checkTwins({ options: a }: Recurrent, { options: b }: Recurrent): void {
  if (a.goBackwards === b.goBackwards) {
    throw new ArgumentError({
      where: 'bidirectional',
      expected: "'layer' and 'backwardLayer' with different 'goBackwards'",
      received: `${a.goBackwards} for both`,
    })
  }
  for (const key of ['stateful', 'returnSequences', 'returnState'] as const) {
    if (a[key] !== b[key]) {
      throw new ArgumentError({
        where: 'bidirectional',
        expected: `'layer' and 'backwardLayer' with the same '${key}'`,
        received: `${a[key]} and ${b[key]}`,
      })
    }
  }
}
