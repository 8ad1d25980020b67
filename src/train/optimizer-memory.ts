import type { Weight } from '../nn/variable.ts'
import type { StateMemory } from './runner.ts'

/** What an optimizer remembers, weight by weight, however a step lays it out in memory. */
export interface OptimizerMemory {
  /** Finished steps. */
  readonly steps: number
  /** The present rate; undefined where a schedule computes it. */
  readonly learningRate: number | undefined
  /** Numbers that all weights share. */
  readonly shared: readonly number[]
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
  const rate = state.find('learningRate')?.current[0]
  return {
    steps: Number(state.find('counter')?.current[0] ?? 0),
    learningRate: rate === undefined ? undefined : Number(rate),
    shared: Array.from(state.find('shared')?.current ?? [], Number),
    weights,
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
  const rate = state.find('learningRate')?.current
  if (rate instanceof Float32Array && memory.learningRate !== undefined) rate[0] = memory.learningRate
  const shared = state.find('shared')?.current
  if (shared instanceof Float32Array && shared.length === memory.shared.length) shared.set(memory.shared)
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
