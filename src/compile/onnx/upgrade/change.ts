import { UnsupportedError } from '../../../core/errors.ts'
import { fromNumbers } from '../../../core/tensor-data.ts'
import type { Attribute, Attributes } from '../../../graph/attribute.ts'
import { Value } from '../../../graph/value.ts'
import { int64s } from '../int64.ts'
import type { NodeDraft } from '../node-maker.ts'

/**
 * One breaking change of one operator, from https://github.com/onnx/onnx/blob/main/docs/Changelog.md: how a node written
 * before version `since` of its operator is said in that version. Either a changed draft, which later changes see in turn,
 * or finished values. Versions that only allow more (types, negative axes, optional attributes) need no entry.
 */
export interface Change {
  readonly types: readonly string[]
  readonly since: number
  readonly adapt: (draft: NodeDraft, tools: Tools) => NodeDraft | readonly (Value | undefined)[]
}

export interface Tools {
  /** What errors call the node. */
  readonly where: string
  /** Makes a node of the newest version beside the one that is upgraded; its first output. */
  readonly make: (type: string, inputs: readonly (Value | undefined)[], attributes?: Attributes) => Value
}

export const int = (value: number): Attribute => ({ kind: 'int', value })
export const string = (value: string): Attribute => ({ kind: 'string', value })
export const ints = (values: readonly number[]): Value => Value.constant(int64s(values))

export function intOf(draft: NodeDraft, name: string): number | undefined {
  const attribute = draft.attributes[name]
  return attribute?.kind === 'int' ? attribute.value : undefined
}
export function intsOf(draft: NodeDraft, name: string): readonly number[] | undefined {
  const attribute = draft.attributes[name]
  return attribute?.kind === 'ints' ? attribute.value : undefined
}
export function floatOf(draft: NodeDraft, name: string): number | undefined {
  const attribute = draft.attributes[name]
  return attribute?.kind === 'float' ? attribute.value : undefined
}
export function floatsOf(draft: NodeDraft, name: string): readonly number[] | undefined {
  const attribute = draft.attributes[name]
  return attribute?.kind === 'floats' ? attribute.value : undefined
}
export function stringOf(draft: NodeDraft, name: string): string | undefined {
  const attribute = draft.attributes[name]
  return attribute?.kind === 'string' ? attribute.value : undefined
}

/** The draft without some attributes. */
export const without = (draft: NodeDraft, ...names: readonly string[]): NodeDraft => ({
  ...draft,
  attributes: Object.fromEntries(Object.entries(draft.attributes).filter(([name]) => !names.includes(name))),
})

export const withAttributes = (draft: NodeDraft, more: Attributes): NodeDraft => ({
  ...draft,
  attributes: { ...draft.attributes, ...more },
})

/** The draft with an input at a place; places before it that have none are left out. */
export function withInput(draft: NodeDraft, index: number, value: Value | undefined): NodeDraft {
  if (!value) return draft
  const inputs = Array.from({ length: Math.max(draft.inputs.length, index + 1) }, (_, i) => draft.inputs[i])
  inputs[index] = value
  return { ...draft, inputs }
}

/** A scalar of the dtype of `like`, which need not be known. */
export function scalarOf(value: number, like: Value | undefined, { make }: Tools): Value {
  const dtype = like?.type?.dtype ?? 'float32'
  const made = Value.constant(fromNumbers(dtype === 'string' ? 'float32' : dtype, [], [value]))
  return like && !like.type ? make('CastLike', [made, like]) : made
}

export const cannot = (where: string, expected: string, received: string): UnsupportedError =>
  new UnsupportedError({ where, expected, received, remedy: 'Export the model again with opset 13 or newer.' })
