import { withScope } from '../graph/scope.ts'
import { Value } from '../graph/value.ts'
import { ints, scalar } from '../ops/constants.ts'
import { cast } from '../ops/math/cast.ts'
import { div } from '../ops/math/div.ts'
import { mul } from '../ops/math/mul.ts'
import { reshape } from '../ops/shape/reshape.ts'
import { slice } from '../ops/shape/slice.ts'
import { advance } from './advance.ts'
import { allFinite, lossScale } from './loss-scaling.ts'
import { choose, firstState, type Replaced, type State, slabsOf } from './optimizer-state.ts'
import { matches } from './optimizers/match.ts'
import type { Optimizer } from './optimizers/optimizer.ts'
import { rateAt } from './schedules/schedule.ts'
import type { Slab } from './state.ts'
import { type Group, layOut, type Trained } from './update.ts'

/** An optimizer's part of a step graph. */
export interface OptimizerStep {
  /** What gradients are to be taken of: the loss, scaled up where the optimizer asks for it. */
  scaled(loss: Value): Value
  /** The weights' gradients, where the loss depends on them → the slabs of weights and optimizer, with their next values. */
  apply(gradients: readonly (Value | undefined)[]): Slab[]
}

/** `counter`: [finished steps, seed]. `replaced`: what layers made of weights before the optimizer sees them. */
export function optimizerStep(
  optimizer: Optimizer,
  trained: readonly Trained[],
  counter: Value,
  replaced: Replaced = new Map(),
): OptimizerStep {
  const { lossScaleFactor, lossScaling } = optimizer
  const dynamic = lossScaling && lossScale(lossScaling)
  const scale = dynamic?.scale ?? (lossScaleFactor === undefined ? undefined : scalar(lossScaleFactor))
  return {
    scaled: loss => (scale ? mul(loss, scale) : loss),
    apply: given =>
      withScope('optimizer', () => {
        const finished = dynamic?.finished ?? reshape(slice(counter, ints([0]), ints([1])), ints([]))
        const gradients = given.filter(gradient => gradient !== undefined)
        const all = trained.map((one, i): Trained => ({ ...one, idle: given[i] === undefined }))
        const parts = partsOf(optimizer, all, finished, replaced)
        const before = joined(parts.map(part => part.before))
        const step = (): State => {
          const own = new Map<Value, Value>()
          for (const [i, { input }] of trained.entries()) {
            const g = given[i]
            if (g) own.set(input, scale ? div(g, scale) : g)
          }
          return joined(
            parts.map(part => {
              const inputs = new Set(part.groups.flatMap(group => group.members.map(({ input }) => input)))
              const some = new Map([...own].filter(([input]) => inputs.has(input)))
              return advance({ ...part, finished, gradients: some }, part.before)
            }),
          )
        }
        const finite = dynamic && allFinite(gradients)
        const outside = [...gradients, finished, ...parts.map(part => part.rate)]
        const after = finite ? choose(finite, [...outside, dynamic.scale], before, step) : step()
        return [...(dynamic && finite ? dynamic.slabs(finite) : []), ...partSlabs(parts, after)]
      }),
  }
}

/** The weights that one optimizer trains. */
interface Part {
  readonly optimizer: Optimizer
  readonly groups: readonly Group[]
  readonly before: State
  readonly rate: Value
  /** Sets its names apart from the others'. */
  readonly suffix: string
}

/** Several optimizers each train their own weights; otherwise there is one part. */
function partsOf(optimizer: Optimizer, trained: readonly Trained[], finished: Value, replaced: Replaced): Part[] {
  const { members } = optimizer
  if (!members) return [partOf(optimizer, trained, finished, replaced, '')]
  const first = (path: string): number => members.findIndex(({ match }) => match === undefined || matches(match, path))
  return members.flatMap((member, i) => {
    const own = trained.filter(({ variable }) => first(variable.path) === i)
    return own.length > 0 ? [partOf(member.optimizer, own, finished, replaced, `:${i}`)] : []
  })
}

function partOf(
  optimizer: Optimizer,
  trained: readonly Trained[],
  finished: Value,
  replaced: Replaced,
  suffix: string,
): Part {
  const { learningRate } = optimizer
  const groups = layOut(optimizer, trained, suffix)
  // A rate that is a number is part of the state, so that it can be changed while training runs.
  const rate =
    typeof learningRate === 'number'
      ? Value.input({ dtype: 'float32', shape: [] }, `learning_rate${suffix}`)
      : rateAt(learningRate, cast(finished, { to: 'float32' }))
  return { optimizer, groups, before: firstState(optimizer, groups, replaced), rate, suffix }
}

const joined = (states: readonly State[]): State => ({
  groups: states.flatMap(state => state.groups),
  shared: states.flatMap(state => state.shared),
})

function partSlabs(parts: readonly Part[], after: State): Slab[] {
  let [group, shared] = [0, 0]
  return parts.flatMap(({ optimizer, groups, before, rate, suffix }) => {
    const next: State = {
      groups: after.groups.slice(group, group + groups.length),
      shared: after.shared.slice(shared, shared + before.shared.length),
    }
    group += groups.length
    shared += before.shared.length
    const { learningRate } = optimizer
    return [
      ...(typeof learningRate === 'number' ? [rateSlab(rate, learningRate, suffix)] : []),
      ...slabsOf(optimizer, groups, before, next, suffix),
    ]
  })
}

const rateSlab = (input: Value, rate: number, suffix: string): Slab => ({
  name: `learningRate${suffix}`,
  dtype: 'float32',
  length: 1,
  views: [{ input, offset: 0, shape: [] }],
  output: undefined,
  inPlace: false,
  initialize: data => void data.fill(rate),
})
