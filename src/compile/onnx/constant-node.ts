import { fromNumbers, type TensorData } from '../../core/tensor-data.ts'
import type { Attribute } from '../../graph/attribute.ts'
import { Value } from '../../graph/value.ts'
import { badFormat } from './failure.ts'
import { int64s } from './int64.ts'
import type { NodeDraft } from './node-maker.ts'

/** A Constant node as a constant; `undefined` when it holds a tensor that Tenon has no type for, and stays a node. */
export function constantOf({ attributes, outputs }: NodeDraft, where: string): Value | undefined {
  const given = Object.entries(attributes)
  const [only] = given
  if (given.length !== 1 || !only) throw badFormat(where, 'one attribute with the value', `${given.length}`)
  const [key, attribute] = only
  if (attribute.kind === 'raw') return undefined
  const data = dataOf(key, attribute)
  if (!data) throw badFormat(where, 'a value', `the attribute '${key}' of type ${attribute.kind}`)
  return Value.constant(data, outputs[0])
}

function dataOf(key: string, attribute: Attribute): TensorData | undefined {
  switch (attribute.kind) {
    case 'tensor':
      return key === 'value' ? attribute.value : undefined
    case 'float':
      return key === 'value_float' ? fromNumbers('float32', [], [attribute.value]) : undefined
    case 'floats':
      return key === 'value_floats' ? fromNumbers('float32', [attribute.value.length], attribute.value) : undefined
    case 'int':
      return key === 'value_int' ? int64s([attribute.value], []) : undefined
    case 'ints':
      return key === 'value_ints' ? int64s(attribute.value) : undefined
    case 'string':
      return key === 'value_string' ? { dtype: 'string', shape: [], data: [attribute.value] } : undefined
    case 'strings':
      return key === 'value_strings'
        ? { dtype: 'string', shape: [attribute.value.length], data: [...attribute.value] }
        : undefined
    default:
      return undefined
  }
}
