import { ArgumentError } from '../../core/errors.ts'

/** Checks of the options of losses and metrics, made when they are made. */

/** A finite number between two bounds, which are allowed unless the bound is marked open. */
export function numberIn(
  where: string,
  name: string,
  value: number,
  { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, open = false } = {},
): number {
  const inside = open ? value > min && value < max : value >= min && value <= max
  if (inside && Number.isFinite(value)) return value
  const low = min === Number.NEGATIVE_INFINITY ? '' : ` ${open ? 'above' : 'from'} ${min}`
  const high = max === Number.POSITIVE_INFINITY ? '' : ` ${open ? 'below' : 'to'} ${max}`
  throw new ArgumentError({ where, expected: `'${name}' to be a finite number${low}${high}`, received: String(value) })
}

export function integerIn(
  where: string,
  name: string,
  value: number,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value
  const range =
    min === Number.MIN_SAFE_INTEGER
      ? ''
      : max === Number.MAX_SAFE_INTEGER
        ? ` of at least ${min}`
        : ` from ${min} to ${max}`
  throw new ArgumentError({ where, expected: `'${name}' to be an integer${range}`, received: String(value) })
}

export const axisNumber = (where: string, value: number): number =>
  integerIn(where, 'axis', value, Number.MIN_SAFE_INTEGER)

export function boolean(where: string, name: string, value: boolean): boolean {
  if (typeof value === 'boolean') return value
  throw new ArgumentError({ where, expected: `'${name}' to be true or false`, received: String(value) })
}

export function oneOf<const T>(where: string, name: string, value: unknown, allowed: readonly T[]): T {
  const found = allowed.find(item => item === value)
  if (found !== undefined) return found
  const show = (item: unknown) => (typeof item === 'string' ? `'${item}'` : String(item))
  throw new ArgumentError({
    where,
    expected: `'${name}' to be one of ${allowed.map(show).join(', ')}`,
    received: show(value),
  })
}
