import { sizeOf, staticShape } from '../../core/shape.ts'
import type { Batched } from '../../graph/operator.ts'
import type { Value } from '../../graph/value.ts'
import { ensureBatched, logicalRank } from '../batching.ts'
import { add } from '../math/add.ts'
import { reshapeTo } from '../shape/reshape.ts'
import { transpose } from '../shape/transpose.ts'

interface ConvInputs<V> {
  readonly x: V
  readonly w: V
  readonly b: V | undefined
}
interface ConvCall<A> {
  readonly size: number
  readonly attributes: A
  readonly call: (inputs: ConvInputs<Value>, attributes: A) => Value
}

/** [B, N, …] → [B·N, …]. */
export function foldBatch(x: Value): Value {
  const [size = 0, n = 0, ...rest] = staticShape(x.shape, 'vmap')
  return reshapeTo(x, [size * n, ...rest])
}
/** [B·N, …] → [B, N, …]. */
export function unfoldBatch(y: Value, size: number): Value {
  const [n = 0, ...rest] = staticShape(y.shape, 'vmap')
  return reshapeTo(y, [size, n / size, ...rest])
}

/**
 * vmap of Conv and ConvTranspose. With one kernel for all, the batch axis joins the examples. With a kernel per entry
 * (per-example gradients), it becomes groups: B independent convolutions side by side in the channels.
 */
export function batchConv<A extends { readonly group: number }>(
  { x, w, b }: ConvInputs<Batched | undefined> & { x: Batched; w: Batched },
  { size, attributes, call }: ConvCall<A>,
): Value {
  if (!w.batched && !b?.batched) {
    return unfoldBatch(call({ x: foldBatch(x.value), w: w.value, b: b?.value }, attributes), size)
  }
  if (!w.batched && b) {
    // Only the bias differs between entries (and perhaps x): it is added afterwards.
    const y = x.batched
      ? batchConv({ x, w, b: undefined }, { size, attributes, call })
      : call({ x: x.value, w: w.value, b: undefined }, attributes)
    return add(y, perChannel(b.value, size, logicalRank(x) - 2))
  }
  const all = ensureBatched(x, size)
  const [, n = 0, c = 0, ...spatial] = staticShape(all.shape, 'vmap of a convolution')
  const swap = [1, 0, ...all.shape.slice(2).map((_, i) => i + 2)]
  const y = call(
    {
      x: reshapeTo(transpose(all, { perm: swap }), [n, size * c, ...spatial]), // [N, B·C, …]
      w: foldBatch(w.value), // [B·M, C/g, …]
      b: b && reshapeTo(ensureBatched(b, size), [-1]),
    },
    { ...attributes, group: size * attributes.group },
  ) // [N, B·M, …]
  const [, filters = 0, ...out] = staticShape(y.shape, 'vmap of a convolution')
  return transpose(reshapeTo(y, [n, size, filters / size, ...out]), { perm: swap })
}

/** A bias per entry [B, M] so that it broadcasts against [B, N, M, …spatial]. */
const perChannel = (b: Value, size: number, spatialRank: number): Value =>
  reshapeTo(b, [size, 1, sizeOf(b.shape) / size, ...new Array<number>(spatialRank).fill(1)])
