import { describe, test } from 'vitest'
import { operators } from '../../src/ops/index.ts'
import { checkBatching, checkGradients, checkInference } from '../support/operator-checks.ts'

/** Every operator of the table, on every one of its samples. One operator alone: `npx vitest run test/ops -t "MatMul "`. */
describe.each(
  operators.map(operator => ({ operator, name: `${operator.domain ? `${operator.domain}.` : ''}${operator.type} ` })),
)('$name', ({ operator }) => {
  test('has samples', ({ expect }) => expect(operator.samples.length).toBeGreaterThan(0))
  for (const [index, sample] of operator.samples.entries()) {
    const { skip } = sample
    test.skipIf(skip.cpu)(`sample ${index}: inferred types are the runtime's`, () =>
      checkInference(operator, sample, index),
    )
    if (!operator.nondifferentiable) {
      test.skipIf(skip.gradient ?? skip.cpu)(`sample ${index}: gradient`, () =>
        checkGradients(operator, sample, index, 1),
      )
      test.skipIf(skip.secondOrder ?? skip.gradient ?? skip.cpu)(`sample ${index}: gradient of the gradient`, () =>
        checkGradients(operator, sample, index, 2),
      )
    }
    if (operator.batchRule !== 'none')
      test.skipIf(skip.vmap ?? skip.cpu)(`sample ${index}: vmap`, () => checkBatching(operator, sample, index))
  }
})
