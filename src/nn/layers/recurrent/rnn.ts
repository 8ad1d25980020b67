import { ArgumentError, ShapeError } from '../../../core/errors.ts'
import { formatShape } from '../../../core/shape.ts'
import { fromNumbers } from '../../../core/tensor-data.ts'
import type { Value } from '../../../graph/value.ts'
import { turned } from '../../../ops/control/scan-plan.ts'
import { zeros } from '../../initializers.ts'
import type { AnyLayer, Layer, LayerInputs, LayerScope } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { AnyShape, ShapeFunction } from '../../shapes/shape-function.ts'
import { activityPenalty, type CommonOptions, common, type RegularizerOption } from '../options.ts'
import { type AnyCell, isCell, sequenceOption } from './cell.ts'
import { runSteps, swapSteps } from './run.ts'
import type { RnnShape } from './shapes.ts'
import { stackedRnnCells } from './stacked-rnn-cells.ts'

export interface RnnOptions extends CommonOptions {
  /** Outputs of all steps [batch, steps, …] in place of the last one's. */
  readonly returnSequences?: boolean
  /** The last states too, as further outputs. */
  readonly returnState?: boolean
  /** From the last step to the first; outputs of all steps then come in that order. */
  readonly goBackwards?: boolean
  /** The last states of a batch are the first ones of the next, also when predicting. Give the input a `batchSize`. */
  readonly stateful?: boolean
  /** Steps one after the other instead of a loop: a larger graph, for short sequences. */
  readonly unroll?: boolean
  /** Masked steps give zeros in place of the output before them. */
  readonly zeroOutputForMask?: boolean
  /** A penalty on the outputs, states among them where these are returned. */
  readonly activityRegularizer?: RegularizerOption
}

/** A recurrent layer, whatever it does to shapes. */
export interface Recurrent extends AnyLayer {
  readonly cell: AnyCell
  readonly options: ReturnType<typeof rnnConfig>
  /** Sets the states of a `stateful` layer to zero. */
  resetState(): void
  /** The same layer, but for some options, with weights of its own. */
  remake(changes: RnnOptions): Recurrent
}

/** A recurrent layer. Inputs: sequences [batch, steps, …], then initial states if wanted. Outputs: see `RnnOptions`. */
export type RnnLayer<F extends ShapeFunction = AnyShape> = Layer<F> & Recurrent

export const rnnConfig = (options: RnnOptions) => ({
  returnSequences: options.returnSequences ?? false,
  returnState: options.returnState ?? false,
  goBackwards: options.goBackwards ?? false,
  stateful: options.stateful ?? false,
  unroll: options.unroll ?? false,
  zeroOutputForMask: options.zeroOutputForMask ?? false,
  activityRegularizer: options.activityRegularizer ?? null,
})

/**
 * Runs a cell over sequences: one of the library's, `stackedRnnCells` of them, or a cell of one's own (`makeCell`). A step that is
 * masked keeps the states, and gives the output of the step before. (Keras 3.15 forgets a mask that comes along with the sequences
 * where initial states are given: there, masked steps count.) A list of cells is stacked.
 */
export function rnn<const O extends RnnOptions & { readonly cell: AnyCell | readonly AnyCell[] }>(
  own: O,
): RnnLayer<RnnShape<O>> {
  const { cell: given, ...options }: RnnOptions & { readonly cell: AnyCell | readonly AnyCell[] } = own
  const cell = isCell(given) ? given : stackedRnnCells({ cells: Array.isArray(given) ? given : [] })
  return recurrentLayer({ type: 'RNN', config: { cell, ...rnnConfig(options) } }, cell, options, changes =>
    rnn({ ...options, ...changes, cell: cell.remake() }),
  )
}

/** Leaves outputs in the order of the inputs, whatever the direction: for `bidirectional`. */
export const inputOrderOption = 'inputOrder'

/** Between the layer's layout and the cell's. `leading`: how many axes stand in front, batch and steps or batch alone. */
export interface CellLayout {
  enter(value: Value, leading: number): Value
  leave(value: Value, leading: number): Value
}

const sameLayout: CellLayout = { enter: value => value, leave: value => value }

/** A layer that runs `cell`. `remake` makes it once more. */
export function recurrentLayer<F extends ShapeFunction = AnyShape>(
  serial: { readonly type: string; readonly config: object },
  cell: AnyCell,
  given: RnnOptions,
  remake: (changes: RnnOptions) => Recurrent,
  layout: CellLayout = sameLayout,
): RnnLayer<F> {
  const options = rnnConfig(given)
  const penalized = activityPenalty(serial.type, options.activityRegularizer)
  const layer = makeLayer<F>({
    ...serial,
    ...common(serial.type, given),
    arity: { min: 1, max: 1 + cell.stateSize.length },
    masking: (_, scope) => (options.returnSequences ? scope.masks[0] : undefined),
    call([x, ...initial], scope) {
      requireSequences(serial.type, x)
      const entering: LayerInputs = [layout.enter(x, 2), ...initial.map(state => layout.enter(state, 1))]
      const { outputs, last, states } = run(cell, options, entering, scope)
      states.forEach((state, i) => {
        if (options.stateful) scope.update(stateName(i), state)
      })
      const backwards = options.goBackwards && scope.options[inputOrderOption] !== true
      const y = outputs ? swapSteps(backwards ? turned(outputs) : outputs) : (last ?? x)
      const left = penalized(scope, layout.leave(y, outputs ? 2 : 1))
      return options.returnState ? [left, ...states.map(state => penalized(scope, layout.leave(state, 1)))] : left
    },
  })
  return Object.assign(layer, {
    cell,
    options,
    resetState() {
      cell.stateSize.forEach((_, i) => {
        const weight = layer.ownWeights.get(stateName(i))
        if (weight) weight.value = fromNumbers('float32', weight.shape, new Array<number>(weight.size).fill(0))
      })
    },
    remake,
  })
}

const stateName = (i: number): string => `state_${i}`

function requireSequences(where: string, x: Value): void {
  if (x.shape.length >= 3) return
  throw new ShapeError({
    where,
    expected: 'sequences of shape [batch, steps, …]',
    received: `shape ${formatShape(x.shape)}`,
    remedy: 'One number a step needs an axis of size 1: [steps] becomes [steps, 1].',
  })
}

function run(cell: AnyCell, options: Recurrent['options'], inputs: LayerInputs, scope: LayerScope) {
  const [x, ...states] = inputs
  const where = cell.type
  const stateShapes = cell.stateShapes([x.shape[0] ?? 'batch', ...x.shape.slice(2)])
  if (states.length > 0 && states.length !== stateShapes.length) {
    throw new ArgumentError({
      where,
      expected: `no initial states, or all ${stateShapes.length}`,
      received: `${states.length}`,
    })
  }
  const initial = states.length > 0 ? states : options.stateful ? kept(where, x, stateShapes, scope) : undefined
  const [mask] = scope.masks
  if (cell.runsSequences && !scope.training && !mask && !options.unroll) {
    const direction = options.goBackwards ? 'backward' : 'forward'
    const entries = swapSteps(x)
    const [all, ...ends] = scope.run('cell', cell, [entries, ...(initial ?? [])], {
      options: { [sequenceOption]: direction },
    })
    return { outputs: options.returnSequences ? all : undefined, last: ends[0] ?? all, states: ends }
  }
  return runSteps({
    name: where,
    x,
    mask,
    initial,
    stateShapes,
    backwards: options.goBackwards,
    zeroOutputForMask: options.zeroOutputForMask,
    unroll: options.unroll,
    sequences: options.returnSequences,
    training: scope.training,
    step: (entry, before) => {
      const [output, ...after] = scope.run('cell', cell, [entry, ...before])
      return { output, states: after }
    },
  })
}

/** The states that a stateful layer keeps from batch to batch, as weights that are not trained. */
function kept(where: string, x: Value, shapes: readonly (readonly number[])[], scope: LayerScope): readonly Value[] {
  const [batch] = x.shape
  if (typeof batch !== 'number') {
    throw new ShapeError({
      where,
      expected: 'a fixed number of samples in a batch, since the layer is stateful',
      received: `shape ${formatShape(x.shape)}`,
      remedy: 'Declare it: input({ shape, batchSize }).',
    })
  }
  return shapes.map((shape, i) =>
    scope.weight(stateName(i), { shape: [batch, ...shape], initializer: zeros(), trainable: false, transient: true }),
  )
}
