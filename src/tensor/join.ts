import type { DType } from '../core/dtype.ts'
import { normalizeAxis } from '../core/shape.ts'
import { ints } from '../ops/constants.ts'
import { where as select } from '../ops/logic/where.ts'
import { concat as join } from '../ops/shape/concat.ts'
import { split as cut } from '../ops/shape/split.ts'
import { unsqueeze } from '../ops/shape/unsqueeze.ts'
import { scalarOperand } from './operand.ts'
import { type Operand, Tensor } from './tensor.ts'

interface AxisOption {
  /** Default 0. */
  readonly axis?: number
}

/** Joins tensors along an axis they have. */
export const concat = <D extends DType>(tensors: readonly Tensor<D>[], { axis = 0 }: AxisOption = {}): Tensor<D> =>
  new Tensor(
    join(
      tensors.map(tensor => tensor.value),
      { axis },
    ),
  )

/** Joins tensors of one shape along a new axis. */
export const stack = <D extends DType>(tensors: readonly Tensor<D>[], { axis = 0 }: AxisOption = {}): Tensor<D> => {
  const at = normalizeAxis(axis, (tensors[0]?.rank ?? 0) + 1, 'stack')
  return new Tensor(
    join(
      tensors.map(tensor => unsqueeze(tensor.value, ints([at]))),
      { axis: at },
    ),
  )
}

/** Cuts a tensor along an axis into parts of the given sizes. */
export const split = <D extends DType>(
  tensor: Tensor<D>,
  sizes: readonly number[],
  { axis = 0 }: AxisOption = {},
): Tensor<D>[] => cut(tensor.value, ints(sizes), { axis }).map(part => new Tensor(part))

/** Elements of `x` where the condition holds, of `y` elsewhere, with broadcasting. Gradients flow to the chosen side only. */
export function where<D extends DType>(condition: Tensor<'bool'>, x: Tensor<D>, y: Operand<D>): Tensor<D>
export function where<D extends DType>(condition: Tensor<'bool'>, x: Operand<D>, y: Tensor<D>): Tensor<D>
export function where<D extends DType>(condition: Tensor<'bool'>, x: Operand<D>, y: Operand<D>): Tensor<D> {
  const dtype = x instanceof Tensor ? x.dtype : y instanceof Tensor ? y.dtype : 'float32'
  const sideOf = (side: Operand<D>) => (side instanceof Tensor ? side.value : scalarOperand(side, dtype, 'where'))
  return new Tensor(select(condition.value, sideOf(x), sideOf(y)))
}
