import { beforeAll, describe, expect, test } from 'vitest'
import { ChannelBlocks } from '../../src/compile/passes/convolutions/channel-blocks-forms.ts'
import { lowerConvolutions } from '../../src/compile/passes/lower-convolutions.ts'
import { Value } from '../../src/graph/value.ts'
import { verify } from '../../src/graph/verify.ts'
import { conv } from '../../src/ops/nn/conv.ts'
import { convTranspose } from '../../src/ops/nn/conv-transpose.ts'
import { convWeightGradient } from '../../src/ops/nn/conv-weight-gradient.ts'
import { channelBlock } from '../../src/runtime/ort-node/engine.ts'
import { drawn, sameInBothForms } from '../support/lowering.ts'

/** Every lowered form against the operator as it stands. */

let block: number | undefined
beforeAll(async () => {
  block = await channelBlock()
})

type Shape = readonly number[]
interface Window {
  readonly pads?: readonly number[]
  readonly strides?: readonly number[]
  readonly dilations?: readonly number[]
  readonly group?: number
}

/** The types of the lowered graph's nodes; both forms' results must agree. */
async function compare(shapes: readonly Shape[], make: (values: readonly Value[]) => Value): Promise<string[]> {
  const graph = await sameInBothForms(shapes, values => [make(values)])
  const size = block
  const lowered = lowerConvolutions(graph, size === undefined ? undefined : uses => new ChannelBlocks(size, uses))
  verify(lowered)
  return lowered.nodes.map(node => (node.domain === '' ? node.type : `${node.domain}.${node.type}`))
}

const blockedConv = 'com.microsoft.nchwc.Conv'

describe('convolutions in blocks of channels', () => {
  const cases: readonly (Window & { name: string; x: Shape; w: Shape; b?: Shape })[] = [
    { name: 'same', x: [2, 32, 16, 16], w: [32, 32, 3, 3], b: [32], pads: [1, 1, 1, 1] },
    { name: 'valid, not square', x: [3, 16, 20, 13], w: [48, 16, 3, 2] },
    { name: 'strides', x: [4, 16, 17, 16], w: [32, 16, 3, 3], pads: [1, 0, 1, 1], strides: [2, 2] },
    { name: 'dilated', x: [4, 16, 16, 16], w: [32, 16, 3, 3], dilations: [2, 3] },
    { name: 'an image of three channels', x: [4, 3, 32, 32], w: [32, 3, 3, 3], b: [32], pads: [1, 1, 1, 1] },
    { name: 'an image of one channel', x: [4, 1, 28, 28], w: [64, 1, 5, 5] },
    { name: 'groups', x: [4, 32, 16, 16], w: [64, 16, 3, 3], group: 2, pads: [1, 1, 1, 1] },
    { name: 'a channel per group', x: [8, 64, 24, 24], w: [64, 1, 3, 3], b: [64], group: 64, pads: [1, 1, 1, 1] },
    { name: 'a signal', x: [8, 32, 100], w: [32, 32, 5], b: [32], pads: [4, 0] },
  ]
  test.each(cases)('$name: x $x, w $w', async ({ x, w, b, name: _, ...window }) => {
    const types = await compare(b ? [x, w, b] : [x, w], ([image, kernel, bias]) =>
      conv(given(image), given(kernel), bias, window),
    )
    if (block === 8 || block === 16) expect(types).toContain(blockedConv)
  })

  test('not where blocks do not divide the channels', async () => {
    const types = await compare(
      [
        [4, 20, 32, 32],
        [20, 20, 3, 3],
      ],
      ([x, w]) => conv(given(x), given(w)),
    )
    expect(types).not.toContain(blockedConv)
  })

  test('not where weights are constants, which the engine does itself', async () => {
    const kernel = Value.constant(drawn([32, 32, 3, 3], 5))
    const types = await compare([[4, 32, 32, 32]], ([x]) => conv(given(x), kernel))
    expect(types).toEqual(['Conv'])
  })

  test('not where the nodes would cost more than they save', async () => {
    const types = await compare(
      [
        [1, 16, 4, 4],
        [16, 16, 3, 3],
      ],
      ([x, w]) => conv(given(x), given(w)),
    )
    expect(types).not.toContain(blockedConv)
  })
})

describe('transposed convolutions in blocks of channels', () => {
  const cases: readonly (Window & { name: string; x: Shape; w: Shape; b?: Shape; output_padding?: Shape })[] = [
    { name: 'stride 1', x: [2, 32, 16, 16], w: [32, 48, 3, 3], pads: [1, 1, 1, 1] },
    { name: 'valid, with a bias', x: [4, 32, 12, 14], w: [32, 16, 3, 2], b: [16] },
    { name: 'dilated', x: [4, 32, 12, 14], w: [32, 16, 3, 3], dilations: [2, 2], pads: [1, 2, 1, 2] },
    {
      name: 'stride 2, same',
      x: [8, 32, 8, 8],
      w: [32, 16, 3, 3],
      strides: [2, 2],
      pads: [1, 1, 1, 1],
      output_padding: [1, 1],
    },
    { name: 'stride 2, padded at the end', x: [8, 32, 8, 8], w: [32, 16, 3, 3], strides: [2, 2], pads: [0, 0, 1, 1] },
    { name: 'stride 2, window 4', x: [8, 32, 8, 8], w: [32, 16, 4, 4], b: [16], strides: [2, 2], pads: [1, 1, 1, 1] },
    { name: 'stride 3 and 1', x: [8, 32, 8, 8], w: [32, 16, 5, 3], strides: [3, 1], pads: [1, 1, 1, 1] },
    { name: 'groups', x: [8, 32, 12, 12], w: [32, 16, 3, 3], group: 2, pads: [1, 1, 1, 1] },
    { name: 'a channel per group', x: [8, 64, 24, 24], w: [64, 1, 3, 3], group: 64, pads: [1, 1, 1, 1] },
    {
      name: 'a channel per group, stride 2',
      x: [16, 64, 12, 12],
      w: [64, 1, 3, 3],
      group: 64,
      strides: [2, 2],
      pads: [0, 0, 1, 1],
    },
    { name: 'a signal, stride 2', x: [16, 32, 50], w: [32, 32, 4], strides: [2], pads: [1, 1] },
  ]
  test.each(cases)('$name: x $x, w $w', async ({ x, w, b, name: _, ...window }) => {
    const types = await compare(b ? [x, w, b] : [x, w], ([image, kernel, bias]) =>
      convTranspose(given(image), given(kernel), bias, window),
    )
    if (block === 8) expect(types).toContain(blockedConv)
  })
})

describe('weight gradients in blocks of channels', () => {
  const cases: readonly (Window & { name: string; x: Shape; dy: Shape; kernel: Shape })[] = [
    { name: 'same', x: [8, 32, 16, 16], dy: [8, 32, 16, 16], kernel: [3, 3], pads: [1, 1, 1, 1] },
    {
      name: 'channels that blocks do not divide',
      x: [8, 20, 16, 16],
      dy: [8, 16, 16, 16],
      kernel: [3, 3],
      pads: [1, 1, 1, 1],
    },
    { name: 'an image of three channels', x: [8, 3, 32, 32], dy: [8, 32, 32, 32], kernel: [3, 3], pads: [1, 1, 1, 1] },
    { name: 'valid', x: [8, 16, 18, 20], dy: [8, 32, 16, 18], kernel: [3, 3] },
    { name: 'stride 2', x: [8, 16, 16, 32], dy: [8, 32, 8, 16], kernel: [3, 3], strides: [2, 2], pads: [0, 0, 1, 1] },
    {
      name: 'stride 2, padded in front',
      x: [8, 16, 17, 31],
      dy: [8, 32, 9, 16],
      kernel: [3, 3],
      strides: [2, 2],
      pads: [1, 1, 1, 1],
    },
    {
      name: 'an end left unread, 15 examples',
      x: [15, 16, 18, 34],
      dy: [15, 32, 8, 16],
      kernel: [3, 3],
      strides: [2, 2],
    },
    { name: 'stride 3, window 2', x: [8, 16, 24, 48], dy: [8, 32, 8, 16], kernel: [2, 2], strides: [3, 3] },
    {
      name: 'rows dilated',
      x: [8, 16, 16, 16],
      dy: [8, 32, 12, 16],
      kernel: [3, 3],
      dilations: [2, 1],
      pads: [0, 1, 0, 1],
    },
    {
      name: 'a channel per group',
      x: [8, 64, 24, 24],
      dy: [8, 64, 24, 24],
      kernel: [3, 3],
      group: 64,
      pads: [1, 1, 1, 1],
    },
    {
      name: 'a channel per group, stride 2',
      x: [16, 64, 24, 24],
      dy: [16, 64, 12, 12],
      kernel: [3, 3],
      group: 64,
      strides: [2, 2],
      pads: [0, 0, 1, 1],
    },
    {
      name: 'a channel per group, an end left unread',
      x: [16, 64, 24, 24],
      dy: [16, 64, 11, 11],
      kernel: [3, 3],
      group: 64,
      strides: [2, 2],
    },
    { name: 'a signal', x: [8, 32, 96], dy: [8, 32, 96], kernel: [5], pads: [4, 0] },
  ]
  test.each(cases)('$name: x $x, dy $dy', async ({ x, dy, kernel, name: _, ...window }) => {
    const types = await compare([x, dy], ([image, cotangent]) =>
      convWeightGradient(given(image), given(cotangent), { kernel_shape: kernel, ...window }),
    )
    if (block === 8) expect(types).toContain(blockedConv)
  })
})

const given = (value: Value | undefined): Value => {
  if (!value) throw new Error('an input is missing')
  return value
}
