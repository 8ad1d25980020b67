import type { TensorData } from '../core/tensor-data.ts'
import type { DataSource } from './data-source.ts'
import type { BatchTypes, ColumnType } from './step.ts'

/** The types of a source's batches of `size` samples. */
export const batchTypes = (source: DataSource, size: number): BatchTypes => {
  const column = ({ dtype, shape }: TensorData) => ({ dtype, shape: shape.slice(1) })
  return {
    size,
    inputs: source.inputs.map((tensor, i) => ({
      ...column(tensor),
      format: source.formats[i] ?? { dtype: tensor.dtype, scale: 1, offset: 0 },
    })),
    targets: source.targets.map(tensor => tensor && column(tensor)),
    sampleWeights: source.sampleWeights.map(tensor => tensor && column(tensor)),
  }
}

/** Whether these are the types of a source's batches of `size` samples. */
export function areTypesOf(types: BatchTypes, source: DataSource, size: number): boolean {
  const { inputs, formats, targets, sampleWeights } = source
  return (
    types.size === size &&
    inputs.every((tensor, i) => {
      const type = types.inputs[i]
      const format = formats[i]
      return sameColumn(type, tensor) && type?.format.scale === format?.scale && type?.format.offset === format?.offset
    }) &&
    targets.every((tensor, i) => sameColumn(types.targets[i], tensor)) &&
    sampleWeights.every((tensor, i) => sameColumn(types.sampleWeights[i], tensor))
  )
}

function sameColumn(type: ColumnType | undefined, tensor: TensorData | undefined): boolean {
  if (!type || !tensor) return !type && !tensor
  return (
    type.dtype === tensor.dtype &&
    type.shape.length === tensor.shape.length - 1 &&
    type.shape.every((dim, i) => dim === tensor.shape[i + 1])
  )
}
