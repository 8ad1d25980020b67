import { sizeOf } from '../core/shape.ts'
import type { Batched } from '../graph/operator.ts'
import type { Value } from '../graph/value.ts'
import { ints } from './constants.ts'
import { expand } from './shape/expand.ts'
import { reshape } from './shape/reshape.ts'

/** The pieces that batching rules are made of. A batched value always has its batch axis in front. */

/** Rank without the batch axis. */
export const logicalRank = (input: Batched): number => input.value.shape.length - (input.batched ? 1 : 0)

/** The value with a batch axis: as it is, or repeated. */
export function ensureBatched(input: Batched, size: number): Value {
  if (input.batched) return input.value
  return expand(input.value, ints([size, ...input.value.shape.map(dim => sizeOf([dim]))]))
}

/** Inserts size-1 axes behind the batch axis until the rank without it is `rank`, so that NumPy's broadcasting aligns logical axes. */
export function padRank(input: Batched, rank: number): Value {
  const missing = rank - logicalRank(input)
  if (!input.batched || missing <= 0) return input.value
  const [size = 1, ...rest] = input.value.shape.map(dim => sizeOf([dim]))
  return reshape(input.value, ints([size, ...new Array<number>(missing).fill(1), ...rest]), { allowzero: 1 })
}

type Entry = Batched | undefined | readonly Batched[]
const isList = (entry: Entry): entry is readonly Batched[] => Array.isArray(entry)

/** Batching rule of every elementwise operator (with broadcasting): align the ranks, apply again. */
export function elementwise<R>(
  inputs: Readonly<Record<string, Entry>>,
  context: { readonly call: (inputs: never, attributes: never) => R; readonly attributes: unknown },
): R {
  const all = Object.values(inputs).flatMap(entry => (entry === undefined ? [] : isList(entry) ? entry : [entry]))
  const rank = Math.max(...all.map(logicalRank))
  const aligned = Object.fromEntries(
    Object.entries(inputs).map(([name, entry]) => [
      name,
      entry === undefined ? undefined : isList(entry) ? entry.map(item => padRank(item, rank)) : padRank(entry, rank),
    ]),
  )
  // The record has the operator's own input names, whatever they are: this rule serves all of them.
  return context.call(aligned as never, context.attributes as never)
}
