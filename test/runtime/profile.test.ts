import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { FormatError } from '../../src/core/errors.ts'
import { fromNumbers } from '../../src/core/tensor-data.ts'
import { Graph } from '../../src/graph/graph.ts'
import { withScope } from '../../src/graph/scope.ts'
import { Value } from '../../src/graph/value.ts'
import { matMul } from '../../src/ops/math/mat-mul.ts'
import { tanh } from '../../src/ops/math/tanh.ts'
import { Executable } from '../../src/runtime/executable.ts'
import { cpu } from '../../src/runtime/ort-node/index.ts'
import { parseProfile } from '../../src/runtime/profile.ts'

describe('profile', () => {
  test('times by operator and by scope', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tenon-profile-'))
    try {
      const x = Value.input({ dtype: 'float32', shape: [128, 128] }, 'x')
      const layer = (name: string, h: Value) => withScope(name, () => withScope('dense', () => tanh(matMul(h, x))))
      const graph = new Graph({ inputs: [x], outputs: [layer('second', layer('first', x))] })
      const executable = await Executable.create(graph, cpu({ threads: 1 }), { profile: join(folder, 'p') })
      for (let i = 0; i < 5; i++)
        await executable.run([fromNumbers('float32', [128, 128], new Float32Array(128 * 128))])
      await executable.release()
      const [file] = readdirSync(folder)
      const json = readFileSync(join(folder, file ?? ''), 'utf8')

      const profile = parseProfile(json)
      expect(profile.runs).toBe(4)
      expect(profile.runMs).toBeGreaterThan(0)
      const products = profile.operators.find(({ name }) => name === 'MatMul')
      expect(products).toMatchObject({ calls: 2 })
      expect(profile.operators.reduce((sum, { ms }) => sum + ms, 0)).toBeCloseTo(profile.kernelMs, 6)
      expect(profile.scopes.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6)
      expect(profile.scopes.map(({ name }) => name)).toEqual(expect.arrayContaining(['first/dense', 'second/dense']))
      expect(parseProfile(json, { depth: 1 }).scopes.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['first', 'second']),
      )
      // Two intermediate matrices at least.
      expect(profile.peakBytes).toBeGreaterThanOrEqual(2 * 128 * 128 * 4)
      expect(parseProfile(json, { skip: 0 }).runs).toBe(5)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
  test('refuses what is no profile', () => {
    expect(() => parseProfile('{"a": 1')).toThrow(FormatError)
    expect(() => parseProfile('{}')).toThrow(FormatError)
    expect(() => parseProfile('[]')).toThrow('no run')
  })
})
