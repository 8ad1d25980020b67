import type { Value } from '../graph/value.ts'
import { constant } from '../ops/constants.ts'
import { add } from '../ops/math/add.ts'

/** A layer's random key: its own number and the step's, so that every layer and step draws anew, and a repeated step the same. */
export function layerKey(counter: Value, path: string): Value {
  let hash = 0x811c9dc5 // FNV-1a
  for (let i = 0; i < path.length; i++) hash = Math.imul(hash ^ path.charCodeAt(i), 0x01000193)
  return add(counter, constant([0, hash >>> 1], [2], 'int64'))
}
