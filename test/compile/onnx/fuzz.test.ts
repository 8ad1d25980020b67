import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { decodeModel } from '../../../src/compile/onnx/decode.ts'
import { encodeModel } from '../../../src/compile/onnx/encode.ts'
import { TenonError } from '../../../src/core/errors.ts'
import { Rng } from '../../../src/core/rng.ts'
import { verify } from '../../../src/graph/verify.ts'
import { findCases } from '../../conformance/onnx/find-cases.ts'

/** Real models cut off and with flipped bits: a typed error, or a model that verifies and encodes; never another exception. */

const root = fileURLToPath(new URL('../../conformance/onnx/cases', import.meta.url))
const files = findCases(root).map(folder => ({
  name: relative(root, folder),
  bytes: new Uint8Array(readFileSync(join(folder, 'model.onnx'))),
}))

/** Whether it was accepted; throws what must not happen. */
function survives(bytes: Uint8Array, what: string): boolean {
  try {
    const { graph } = decodeModel(bytes)
    verify(graph)
    encodeModel(graph)
    return true
  } catch (error) {
    if (error instanceof TenonError) return false
    throw new Error(`${what}: ${error instanceof Error ? error.stack : String(error)}`)
  }
}

describe('damaged models', () => {
  test('cut off anywhere', () => {
    for (const { name, bytes } of files) {
      const step = Math.max(1, Math.floor(bytes.length / 40))
      for (let length = 0; length < bytes.length; length += step)
        survives(bytes.subarray(0, length), `${name} cut to ${length}`)
    }
  })

  test('with flipped bits and replaced bytes', () => {
    let accepted = 0
    let refused = 0
    for (const { name, bytes } of files) {
      const rng = new Rng(11).fork(name)
      for (let trial = 0; trial < 60; trial++) {
        const damaged = bytes.slice()
        for (let flips = 1 + rng.below(3); flips > 0; flips--) {
          const at = rng.below(damaged.length)
          damaged[at] = rng.below(2) === 0 ? (damaged[at] ?? 0) ^ (1 << rng.below(8)) : rng.below(256)
        }
        if (survives(damaged, `${name}, trial ${trial}`)) accepted++
        else refused++
      }
    }
    // Both happen, or the test would prove nothing.
    expect(accepted).toBeGreaterThan(1000)
    expect(refused).toBeGreaterThan(1000)
  })
})
