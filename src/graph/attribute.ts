import type { TensorData } from '../core/tensor-data.ts'
import type { Graph } from './graph.ts'

/** An attribute with ONNX's type spelled out: 1 the integer is not 1 the float. */
export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'tensor'; readonly value: TensorData }
  | { readonly kind: 'graph'; readonly value: Graph }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'tensors'; readonly value: readonly TensorData[] }
  | { readonly kind: 'graphs'; readonly value: readonly Graph[] }
  /** Kinds Tenon does not read (sparse tensors, type protos): kept as encoded bytes, so that they survive a round trip. */
  | { readonly kind: 'raw'; readonly value: Uint8Array }

export type Attributes = Readonly<Record<string, Attribute>>
