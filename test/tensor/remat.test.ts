import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cpu } from '../../src/runtime/ort-node/index.ts'
import { parseProfile } from '../../src/runtime/profile.ts'
import { grad, jit, random, remat, type Tensor, tensor, vmap } from '../../src/tensor/index.ts'

type F32 = Tensor<'float32'>

const weights = random.normal([256], { seed: 1 })
const input = random.normal([256, 256], { seed: 2 })
const block = (x: F32, w: F32): F32 => x.add(w).tanh().mul(1.1).sin().mul(0.9).sigmoid().sub(0.5).tanh()

/** The gradient of twelve blocks, and the most memory that the runtime had in use for it. */
async function gradientOf(
  layer: (x: F32, w: F32) => F32,
): Promise<{ gradient: Float32Array; peakBytes: number; sines: number }> {
  const deep = (w: F32): Tensor => {
    let h: F32 = input
    for (let i = 0; i < 12; i++) h = layer(h, w)
    return h.mean()
  }
  const folder = mkdtempSync(join(tmpdir(), 'tenon-remat-'))
  try {
    const engine = cpu({ threads: 1 })
    const loads: { release(): Promise<void> }[] = []
    const profiling: typeof engine = {
      ...engine,
      load: async model => {
        const session = await engine.load(model, { profile: join(folder, 'p') })
        loads.push(session)
        return session
      },
    }
    const gradient = await jit(grad(deep), { engine: profiling })(weights).data()
    for (const session of loads) await session.release()
    const [file] = readdirSync(folder)
    const { peakBytes, operators } = parseProfile(readFileSync(join(folder, file ?? ''), 'utf8'))
    return { gradient, peakBytes, sines: operators.find(({ name }) => name === 'Sin')?.calls ?? 0 }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('remat', () => {
  test('the same gradient, the forward pass computed twice, less memory', async () => {
    const plain = await gradientOf(block)
    const saving = await gradientOf(remat(block))
    expect(saving.gradient).toEqual(plain.gradient)
    // The runtime must not have merged the recomputation with the original (the last block's first pass is dead: nobody reads the loss) …
    expect([plain.sines, saving.sines]).toEqual([12, 23])
    // … nor run it early, which would keep everything in memory all the same.
    expect(saving.peakBytes).toBeLessThan(0.5 * plain.peakBytes)
  })

  test('per-example gradients, with weights that all examples share', async () => {
    const layer = (x: F32, w: F32): F32 => x.mul(w).tanh().mul(w)
    const loss = (f: typeof layer) => (x: F32, w: F32) => f(f(x, w), w).sum()
    const x = tensor([0.5, -1, 2])
    const w = tensor([0.3, 1.5])
    const each = (f: typeof layer) => vmap(grad(loss(f), { argnums: [0, 1] }), { inAxes: [0, null] })(x, w)
    const [plain, saving] = [each(layer), each(remat(layer))]
    for (const i of [0, 1] as const) expect(await saving[i].data()).toEqual(await plain[i].data())
  })
})
