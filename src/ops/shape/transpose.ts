import { ArgumentError } from '../../core/errors.ts'
import type { Value } from '../../graph/value.ts'
import { attr, defineOp, type Op } from '../define.ts'

const reversed = (rank: number): number[] => Array.from({ length: rank }, (_, i) => rank - 1 - i)
const inverse = (perm: readonly number[]): number[] => perm.map((_, i) => perm.indexOf(i))

const attrs = { perm: attr.ints() }

/** Axes in another order: axis i of the output is axis `perm[i]` of the input. Default: reversed. */
export const transpose: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'Transpose',
  since: 21,
  inputs: ['x'],
  attrs,
  infer: ({ x }, { perm = reversed(x.shape.length) }) => {
    const seen = new Set(perm)
    if (perm.length !== x.shape.length || seen.size !== perm.length || perm.some(axis => x.shape[axis] === undefined)) {
      throw new ArgumentError({
        where: 'Transpose',
        expected: `a permutation of the axes 0 … ${x.shape.length - 1}`,
        received: `[${perm.join(', ')}]`,
      })
    }
    return { dtype: x.dtype, shape: perm.map(axis => x.shape[axis] ?? 0) }
  },
  vjp: ({ x }, _y, dy, { perm = reversed(x.shape.length) }) => ({ x: transpose(dy, { perm: inverse(perm) }) }),
  batch: ({ x }, { call, attributes: { perm = reversed(x.value.shape.length - 1) } }) =>
    call({ x: x.value }, { perm: [0, ...perm.map(axis => axis + 1)] }),
  samples: [{ x: [2, 3, 4] }, { x: [2, 3, 4], attrs: { perm: [1, 2, 0] } }],
})

/** Transposes the last two axes. */
export function swapLast(x: Value): Value {
  const perm = x.shape.map((_, i) => i)
  return transpose(x, { perm: [...perm.slice(0, -2), perm.length - 1, perm.length - 2] })
}
