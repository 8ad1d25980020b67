import type { Value } from '../graph/value.ts'
import { transpose } from '../ops/shape/transpose.ts'

/**
 * Layers speak Keras's layout, channels last; the engine's kernels want channels first. These two move between them, and undo
 * each other: a layer that follows another spatial layer meets its channels-first value again, with no transpose in between.
 */
export function channelsFirst(x: Value): Value {
  const rank = x.shape.length
  const perm = [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1)]
  return undo(x, perm) ?? transpose(x, { perm })
}

export function channelsLast(x: Value): Value {
  const rank = x.shape.length
  const perm = [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1]
  return undo(x, perm) ?? transpose(x, { perm })
}

/** The value before a transpose that `perm` would undo. */
function undo(x: Value, perm: readonly number[]): Value | undefined {
  const node = x.node
  const before = node?.inputs[0]
  const done = node?.attributes['perm']
  if (node?.operator !== transpose || !before || done?.kind !== 'ints') return undefined
  return perm.every((axis, i) => done.value[axis] === i) ? before : undefined
}
