import { beforeAll, describe, expect, test } from 'vitest'
import { gradientsOf } from '../../src/autodiff/backward.ts'
import { ChannelBlocks } from '../../src/compile/passes/convolutions/channel-blocks-forms.ts'
import { lowerConvolutions } from '../../src/compile/passes/lower-convolutions.ts'
import { Value } from '../../src/graph/value.ts'
import { verify } from '../../src/graph/verify.ts'
import { constantLike, scalarLike } from '../../src/ops/constants.ts'
import { add } from '../../src/ops/math/add.ts'
import { mul } from '../../src/ops/math/mul.ts'
import { sub } from '../../src/ops/math/sub.ts'
import { tanh } from '../../src/ops/math/tanh.ts'
import { batchNormalization } from '../../src/ops/nn/batch-normalization.ts'
import { alongChannels } from '../../src/ops/nn/channels.ts'
import { conv } from '../../src/ops/nn/conv.ts'
import { relu } from '../../src/ops/nn/relu.ts'
import { reduceSum } from '../../src/ops/reduce/reduce-sum.ts'
import { channelBlock } from '../../src/runtime/ort-node/engine.ts'
import { drawn, sameInBothForms } from '../support/lowering.ts'

/** What lies between convolutions, in blocks, against the same operators as they stand. */

let block: number | undefined
beforeAll(async () => {
  block = await channelBlock()
})

const vector = (size: number, value: number, like: Value) =>
  constantLike(new Array<number>(size).fill(value), [size], like)
const same = { pads: [1, 1, 1, 1] }

/** Batch normalisation in training, momentum as given, and its running statistics. */
function normalized(x: Value, scale: Value, shift: Value, momentum = 0) {
  const [, c = 0] = x.shape.map(Number)
  const given = [vector(c, 0.5, x), vector(c, 2, x)] as const
  return batchNormalization(x, scale, shift, ...given, { training_mode: 1, momentum, epsilon: 1e-3 })
}

const sumOfSquares = (y: Value) => reduceSum(mul(y, y), undefined, { keepdims: 0 })

/** How often each of the engine's own operators occurs in the lowered graph; the results of both forms must agree. */
async function compare(...args: Parameters<typeof sameInBothForms>): Promise<Record<string, number>> {
  const graph = await sameInBothForms(...args)
  const counts: Record<string, number> = {}
  const size = block
  if (size === undefined) return counts
  const lowered = lowerConvolutions(graph, uses => new ChannelBlocks(size, uses))
  verify(lowered)
  for (const { type, domain, attributes, inputs } of lowered.nodes) {
    const names = domain === '' ? [type] : [`blocked ${type}`]
    if ('activation' in attributes) names.push('with activation')
    if (domain !== '' && inputs[3]) names.push('with sum')
    for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

const given = (values: readonly Value[], at: number): Value => {
  const value = values[at]
  if (!value) throw new Error(`value ${at} is missing`)
  return value
}

describe('between convolutions', () => {
  test('normalisation, activation and a residual connection, with all gradients', async () => {
    const counts = await compare([[8, 16, 12, 12], [16, 16, 3, 3], [16, 16, 3, 3], [16], [16], [16], [16]], values => {
      const [x, first, second] = [given(values, 0), given(values, 1), given(values, 2)]
      const one = relu(normalized(conv(x, first, undefined, same), given(values, 3), given(values, 4)).y)
      const two = normalized(conv(one, second, undefined, same), given(values, 5), given(values, 6)).y
      return [...gradientsOf(sumOfSquares(relu(add(two, one))), values)]
    })
    if (block !== 8 && block !== 16) return
    expect(counts).toMatchObject({ 'with activation': 2 })
    expect(counts).not.toHaveProperty('BatchNormalization')
    expect(counts).not.toHaveProperty('Relu')
    // The sum of the two ways back to x, by the convolution of one of them.
    expect(counts['with sum']).toBeGreaterThanOrEqual(3)
  })

  test('running statistics, where the batch’s own are only a part of them', async () => {
    await compare([[8, 16, 9, 10], [16, 16, 3, 3], [16], [16]], values => {
      const x = conv(given(values, 0), given(values, 1), undefined, same)
      const { y, running_mean, running_var } = normalized(x, given(values, 2), given(values, 3), 0.7)
      return [y, running_mean, running_var]
    })
  })

  test('a channel far from 0 keeps the digits of its variance', async () => {
    await compare([[8, 16, 9, 10], [16, 16, 3, 3], [16], [16]], values => {
      const x = conv(given(values, 0), given(values, 1), vector(16, 300, given(values, 0)), same)
      return [normalized(x, given(values, 2), given(values, 3)).running_var]
    })
  })

  test('images of more positions than are summed in one go', async () => {
    const counts = await compare([[2, 16, 80, 72], [16, 16, 3, 3], [16], [16]], values => {
      const x = conv(given(values, 0), given(values, 1), undefined, same)
      const y = tanh(normalized(x, given(values, 2), given(values, 3)).y)
      return [...gradientsOf(sumOfSquares(y), values)]
    })
    if (block === 8) expect(counts).not.toHaveProperty('BatchNormalization')
  })

  test('long signals, also of a length that parts of no fair size divide', async () => {
    for (const length of [6000, 6007])
      await compare([[2, 16, length], [16, 16, 3], [16], [16]], values => {
        const x = conv(given(values, 0), given(values, 1), undefined, { pads: [1, 1] })
        const y = tanh(normalized(x, given(values, 2), given(values, 3)).y)
        return [...gradientsOf(sumOfSquares(y), values)]
      })
  })

  test('statistics that were given, as in inference', async () => {
    const counts = await compare([[8, 16, 12, 12], [16, 16, 3, 3], [16], [16]], values => {
      const x = conv(given(values, 0), given(values, 1), undefined, same)
      const statistics = [vector(16, 0.1, x), vector(16, 0.4, x)] as const
      return [relu(batchNormalization(x, given(values, 2), given(values, 3), ...statistics).y)]
    })
    if (block === 8)
      expect(counts).toMatchObject({ 'blocked Conv': 2, 'with activation': 1, 'blocked ReorderOutput': 1 })
  })

  test('signals', async () => {
    const counts = await compare([[8, 16, 200], [16, 16, 3], [16], [16]], values => {
      const x = conv(given(values, 0), given(values, 1), undefined, { pads: [1, 1] })
      const y = relu(normalized(x, given(values, 2), given(values, 3)).y)
      return [...gradientsOf(sumOfSquares(y), values)]
    })
    if (block === 8) expect(counts).not.toHaveProperty('BatchNormalization')
  })

  test('1×1 windows behind a convolution, and examples that fill no block', async () => {
    const counts = await compare(
      [
        [7, 16, 12, 12],
        [16, 16, 3, 3],
        [24, 16, 1, 1],
        [32, 24, 3, 3],
      ],
      values => {
        const one = relu(conv(given(values, 0), given(values, 1), undefined, same))
        const two = tanh(conv(one, given(values, 2)))
        return [...gradientsOf(sumOfSquares(conv(two, given(values, 3), undefined, same)), values)]
      },
    )
    if (block === 8) expect(counts).toHaveProperty('with activation')
  })

  test('a value that is read both ways, factors per channel and per position, and constants', async () => {
    await compare([[8, 16, 12, 12], [16, 16, 3, 3], [16], [12, 12]], values => {
      const x = conv(given(values, 0), given(values, 1), undefined, same)
      const scaled = mul(alongChannels(given(values, 2), 4), x)
      const placed = mul(scaled, given(values, 3))
      const shifted = add(sub(scalarLike(1, x), scaled), Value.constant(drawn([8, 16, 12, 12], 9)))
      return [scaled, placed, relu(add(shifted, x)), reduceSum(shifted, undefined), x]
    })
  })
})
