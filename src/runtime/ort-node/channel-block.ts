import { encodeModel } from '../../compile/onnx/encode.ts'
import { toBlocks } from '../../compile/passes/convolutions/channel-blocks.ts'
import { EngineError } from '../../core/errors.ts'
import { fromNumbers, toNumbers } from '../../core/tensor-data.ts'
import { Graph } from '../../graph/graph.ts'
import { Value } from '../../graph/value.ts'
import type { Session } from '../engine.ts'

const channels = 64

/**
 * How many channels lie together in the engine's layout for convolutions: 8 with AVX2, 16 with AVX-512, none on processors that it has no such
 * kernels for. The binding does not tell, so two positions of many channels are reordered, and the place of the second one says it.
 */
export async function measureChannelBlock(load: (model: Uint8Array) => Promise<Session>): Promise<number | undefined> {
  const x = Value.input({ dtype: 'float32', shape: [1, channels, 1, 2] }, 'x')
  const graph = new Graph({ name: 'channel block', inputs: [x], outputs: [toBlocks(x).value] })
  const numbers = Array.from({ length: 2 * channels }, (_, i) => i)
  try {
    const session = await load(encodeModel(graph))
    const [y] = await session.run([fromNumbers('float32', [1, channels, 1, 2], numbers)])
    await session.release()
    const second = y ? Array.from(toNumbers(y)).indexOf(1) : -1
    return second > 1 ? second : undefined
  } catch (error) {
    if (error instanceof EngineError) return undefined
    throw error
  }
}
