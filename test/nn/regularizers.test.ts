import { expect, test } from 'vitest'
import { Value } from '../../src/graph/value.ts'
import { maxNorm, minMaxNorm, resolveConstraint, unitNorm } from '../../src/nn/constraints.ts'
import { l1, l1L2, l2, orthogonalRegularizer, resolveRegularizer } from '../../src/nn/regularizers.ts'
import { scalar } from '../../src/ops/constants.ts'
import { mul } from '../../src/ops/math/mul.ts'

const w = Value.input({ dtype: 'float32', shape: [2, 3, 4] }, 'w')

test('names, objects, functions and nothing are all taken', () => {
  expect(resolveRegularizer('l2', 'dense')?.config).toEqual({ l2: 0.01 })
  expect(resolveRegularizer('l1L2', 'dense')?.config).toEqual({ l1: 0, l2: 0 })
  const own = l2({ l2: 0.5 })
  expect(resolveRegularizer(own, 'dense')).toBe(own)
  expect(resolveRegularizer(x => mul(x, x), 'dense')?.name).toBe('custom')
  expect(resolveRegularizer(undefined, 'dense')).toBeUndefined()
  expect(resolveRegularizer(null, 'dense')).toBeUndefined()
  expect(resolveConstraint('nonNeg', 'dense')?.name).toBe('nonNeg')
  const norm = maxNorm()
  expect(resolveConstraint(norm, 'dense')).toBe(norm)
  expect(resolveConstraint(x => mul(x, scalar(0.5)), 'dense')?.call(w).shape).toEqual([2, 3, 4])
  expect(resolveConstraint(null, 'dense')).toBeUndefined()
})

test.each([
  ['l1', () => l1({ l1: -0.1 }), /l1: expected 'l1' to be a finite number, 0 or above, received -0.1/],
  ['l2', () => l2({ l2: Number.NaN }), /'l2'/],
  ['l1L2', () => l1L2({ l2: Number.POSITIVE_INFINITY }), /l1L2: expected 'l2'/],
  ['mode', () => orthogonalRegularizer({ mode: 'diagonal' as 'rows' }), /'rows' or 'columns', received 'diagonal'/],
  ['rank', () => orthogonalRegularizer().call(w), /a matrix, received shape \[2, 3, 4\]/],
  ['maxNorm', () => maxNorm({ maxValue: -1 }), /'maxValue'/],
  ['axis', () => unitNorm({ axis: [] }), /'axis' to be an axis or a list of axes/],
  ['axis of the weight', () => unitNorm({ axis: 3 }).call(w), /an axis from -3 to 2, received 3/],
  ['bounds', () => minMaxNorm({ minValue: 2, maxValue: 1 }), /'minValue' no larger/],
  ['rate', () => minMaxNorm({ rate: 2 }), /'rate' from 0 to 1/],
  ['name', () => resolveRegularizer('l3' as 'l1', "layer 'a'"), /layer 'a': expected a regularizer among l1, l2/],
  ['constraint', () => resolveConstraint({ type: 'X', config: {} }, "layer 'a'"), /a constraint among maxNorm/],
])('bad %s', (_, make, message) => {
  expect(make).toThrow(message)
})
