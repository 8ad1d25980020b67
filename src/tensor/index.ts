export {
  arange,
  eye,
  full,
  linspace,
  type NestedInput,
  ones,
  random,
  type TensorOptions,
  tensor,
  zeros,
} from './create.ts'
export { evaluate } from './evaluate.ts'
export { type Argnums, type GradientOf, type GradOptions, grad, valueAndGrad, vjp } from './grad.ts'
export { type JitOptions, jit } from './jit.ts'
export { concat, split, stack, where } from './join.ts'
export type { Nested } from './nested.ts'
export type { ArgOptions, ReduceOptions } from './reducing.ts'
export { remat } from './remat.ts'
export type { SlicePart } from './shaping.ts'
export { type Operand, type ReadOptions, Tensor } from './tensor.ts'
export type { Dims } from './types.ts'
export { type AnyShape, type Axes, type VmapOptions, vmap } from './vmap.ts'
