import type { Weight } from '../nn/variable.ts'
import type { StateMemory } from './runner.ts'

/** The numbers of one optimizer. */
export interface OptimizerNumbers {
  /** The present rate; undefined where a schedule computes it. */
  readonly learningRate: number | undefined
  /** Numbers that all weights share. */
  readonly shared: readonly number[]
}

/** What an optimizer remembers, weight by weight, however a step lays it out in memory. */
export interface OptimizerMemory extends OptimizerNumbers {
  /** Finished steps. */
  readonly steps: number
  /**
   * Of dynamic loss scaling: the scale, how many good steps it has seen in a row, and how many in all. Those are what the optimizer
   * inside counts; `steps` has the skipped ones too.
   */
  readonly lossScale?: { readonly scale: number; readonly streak: number; readonly finished: number }
  /** Of several optimizers, the numbers of those that train weights, by their place. */
  readonly members?: ReadonlyMap<number, OptimizerNumbers>
  /** For each weight that is trained its slots, by their names; `average` and `gradients` where the optimizer keeps them. */
  readonly weights: ReadonlyMap<Weight, ReadonlyMap<string, Float32Array>>
}

/** A copy of what the state of a training run remembers. */
export function readMemory(state: StateMemory): OptimizerMemory {
  const weights = new Map<Weight, Map<string, Float32Array>>()
  eachSlot(state, (weight, slot, values) => {
    const own = weights.get(weight) ?? new Map<string, Float32Array>()
    weights.set(weight, own.set(slot, values.slice()))
  })
  const steps = Number(state.find('counter')?.current[0] ?? 0)
  const places = membersOf(state)
  const scale = state.find('lossScale')?.current[0]
  const counts = state.find('lossScale:steps')?.current
  return {
    steps,
    ...numbersOf(state, ''),
    weights,
    ...(scale === undefined || !counts
      ? {}
      : { lossScale: { scale: Number(scale), streak: Number(counts[0]), finished: Number(counts[1]) } }),
    ...(places.length === 0 ? {} : { members: new Map(places.map(i => [i, numbersOf(state, `:${i}`)])) }),
  }
}

/** The places of several optimizers, which their slabs' names tell. */
const membersOf = (state: StateMemory): readonly number[] => [
  ...new Set(
    state.memories.flatMap(({ slab }) => {
      const place = /^(?:learningRate|shared):(\d+)$/.exec(slab.name)?.[1]
      return place === undefined ? [] : [Number(place)]
    }),
  ),
]

function numbersOf(state: StateMemory, suffix: string): OptimizerNumbers {
  const rate = state.find(`learningRate${suffix}`)?.current[0]
  return {
    learningRate: rate === undefined ? undefined : Number(rate),
    shared: Array.from(state.find(`shared${suffix}`)?.current ?? [], Number),
  }
}

/** Puts a memory into the state of a training run that is about to begin. */
export function restoreMemory(state: StateMemory, memory: OptimizerMemory): void {
  eachSlot(state, (weight, slot, values) => {
    const own = memory.weights.get(weight)?.get(slot)
    if (own?.length === values.length) values.set(own)
  })
  const counter = state.find('counter')?.current
  if (counter instanceof BigInt64Array) counter[0] = BigInt(memory.steps)
  setNumbers(state, '', memory)
  for (const [i, numbers] of memory.members ?? []) setNumbers(state, `:${i}`, numbers)
  const scale = state.find('lossScale')?.current
  const counts = state.find('lossScale:steps')?.current
  if (memory.lossScale && scale instanceof Float32Array) scale[0] = memory.lossScale.scale
  if (counts instanceof BigInt64Array) {
    counts[0] = BigInt(memory.lossScale?.streak ?? 0)
    // An optimizer that goes on under loss scaling, though it began without, counts on.
    counts[1] = BigInt(memory.lossScale?.finished ?? memory.steps)
  }
}

function setNumbers(state: StateMemory, suffix: string, { learningRate, shared: numbers }: OptimizerNumbers): void {
  const rate = state.find(`learningRate${suffix}`)?.current
  if (rate instanceof Float32Array && learningRate !== undefined) rate[0] = learningRate
  const shared = state.find(`shared${suffix}`)?.current
  if (shared instanceof Float32Array && shared.length === numbers.length) shared.set(numbers)
}

/** Visits the part of each slab that belongs to one weight. Slabs are named `slot:group`, and a group's weights `weights:group`. */
function eachSlot(state: StateMemory, visit: (weight: Weight, slot: string, values: Float32Array) => void): void {
  for (const { slab } of state.memories) {
    if (!slab.name.startsWith('weights:')) continue
    const group = slab.name.slice('weights'.length)
    for (const { slab: other, current } of state.memories) {
      const slot = other.name.slice(0, -group.length)
      if (!other.name.endsWith(group) || slot.includes(':') || slot === 'weights' || !(current instanceof Float32Array))
        continue
      // A slot with a shape of its own belongs to a weight on its own.
      for (const { variable, offset } of slab.views)
        if (variable)
          visit(
            variable.weight,
            slot,
            other.length === slab.length ? current.subarray(offset, offset + variable.size) : current,
          )
    }
  }
}
