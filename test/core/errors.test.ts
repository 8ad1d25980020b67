import { expect, test } from 'vitest'
import * as errors from '../../src/core/errors.ts'

// Made from codes, so that they outlive a bundle's minifier; they must be what the classes are called here.
const { TenonError, ...kinds } = errors
test.each(Object.entries(kinds))('an error of %s bears its name and is a TenonError', (name, Kind) => {
  const error = new Kind({ where: 'here', expected: 'this', received: 'that' })
  expect(error.name).toBe(name)
  expect(error).toBeInstanceOf(TenonError)
})
