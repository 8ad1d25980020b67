import { ArgumentError } from '../../core/errors.ts'

/** Checks of layer options, made when the layer is made: messages name the layer, the argument and what is allowed. */

export function positiveInt(layer: string, name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new ArgumentError({ where: layer, expected: `'${name}' to be a positive integer`, received: String(value) })
}

export function oneOf<const T extends string>(layer: string, name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find(item => item === value)
  if (found !== undefined) return found
  throw new ArgumentError({
    where: layer,
    expected: `'${name}' to be one of ${allowed.map(item => `'${item}'`).join(', ')}`,
    received: `'${value}'`,
  })
}

export function fraction(layer: string, name: string, value: number): number {
  if (value >= 0 && value < 1) return value
  throw new ArgumentError({ where: layer, expected: `'${name}' to be at least 0 and below 1`, received: String(value) })
}
