import { ArgumentError } from '../core/errors.ts'
import type { Attribute, Attributes } from '../graph/attribute.ts'
import type { InputSpec } from '../graph/operator.ts'

/** `'x'`, `'bias?'`, `'...inputs'`. */
export function parseSpec(text: string): InputSpec {
  if (text.startsWith('...')) return { name: text.slice(3), kind: 'variadic' }
  return text.endsWith('?') ? { name: text.slice(0, -1), kind: 'optional' } : { name: text, kind: 'required' }
}

/** Throws when required inputs are missing or there are too many. */
export function checkArity(type: string, specs: readonly InputSpec[], values: readonly unknown[]): void {
  const variadic = specs.some(spec => spec.kind === 'variadic')
  const missing = specs.find((spec, i) => spec.kind === 'required' && values[i] === undefined)
  if (!missing && (variadic || values.length <= specs.length)) return
  throw new ArgumentError({
    where: type,
    expected: `inputs (${specs.map(spec => (spec.kind === 'variadic' ? `…${spec.name}` : spec.kind === 'optional' ? `${spec.name}?` : spec.name)).join(', ')})`,
    received: missing ? `no '${missing.name}'` : `${values.length} inputs`,
  })
}

/** List → record by name; a variadic name takes all that remains. */
export function namesOf<V>(
  list: readonly (V | undefined)[],
  specs: readonly InputSpec[],
): Record<string, V | readonly (V | undefined)[] | undefined> {
  const record: Record<string, V | readonly (V | undefined)[] | undefined> = {}
  specs.forEach((spec, i) => {
    record[spec.name] = spec.kind === 'variadic' ? list.slice(i) : list[i]
  })
  return record
}

type Spec = { readonly kind: Attribute['kind']; readonly default: unknown; readonly required: boolean }

/** ONNX attributes → plain values with defaults; throws on a wrong kind or a missing required one. */
export function plainAttributes(
  type: string,
  specs: Readonly<Record<string, Spec>>,
  attributes: Attributes,
): Record<string, unknown> {
  const plain: Record<string, unknown> = {}
  for (const [key, spec] of Object.entries(specs)) {
    const attribute = attributes[key]
    if (attribute === undefined) {
      if (spec.required)
        throw new ArgumentError({ where: type, expected: `the attribute '${key}'`, received: 'nothing' })
      plain[key] = spec.default
    } else if (attribute.kind !== spec.kind) {
      throw new ArgumentError({
        where: type,
        expected: `attribute '${key}' of type ${spec.kind}`,
        received: attribute.kind,
      })
    } else plain[key] = attribute.value
  }
  return plain
}
