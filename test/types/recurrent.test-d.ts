import { layers } from 'tenon'
import { expectTypeOf } from 'vitest'

/** Checked by `npm run typecheck`; nothing here runs. */

const sequences = layers.input({ shape: [128, 16] })

export function shapesFlowThroughRecurrentLayers(): void {
  expectTypeOf(layers.lstm({ units: 8 })(sequences).shape).toEqualTypeOf<readonly [8]>()
  expectTypeOf(layers.gru({ units: 8, returnSequences: true })(sequences).shape).toEqualTypeOf<readonly [128, 8]>()
  const [y, h, c] = layers.lstm({ units: 8, returnSequences: true, returnState: true })(sequences)
  expectTypeOf(y.shape).toEqualTypeOf<readonly [128, 8]>()
  expectTypeOf(h.shape).toEqualTypeOf<readonly [8]>()
  expectTypeOf(layers.lstm({ units: 8 })([sequences, h, c]).shape).toEqualTypeOf<readonly [8]>()
  const [, state] = layers.simpleRnn({ units: 3, returnState: true })(sequences)
  expectTypeOf(state.shape).toEqualTypeOf<readonly [3]>()
  const any = layers.input({ shape: [null, 16] })
  expectTypeOf(layers.gru({ units: 8, returnSequences: true })(any).shape).toEqualTypeOf<readonly [null, 8]>()
}

export function wrongRanksDoNotCompile(): void {
  // @ts-expect-error lstm needs sequences of shape [steps, features]
  layers.lstm({ units: 8 })(layers.input({ shape: [16] }))
}
