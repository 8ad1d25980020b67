import { expect, test } from 'vitest'
import { layers, model } from '../../src/index.ts'
import { modelPicture } from '../../src/report/index.ts'

const image = layers.input({ shape: [8, 8, 1], name: 'image' })
const features = layers.flatten()(layers.conv2d({ filters: 4, kernelSize: 3 })(image))
const shared = layers.dense({ units: 6, name: 'shared' })
const [a, b] = [shared(features), layers.dense({ units: 6 })(features)]
const net = model({
  inputs: image,
  outputs: { kind: layers.add()([a, b]), size: layers.dense({ units: 1 })(a) },
  name: 'two-heads',
  seed: 1,
})

test('a summary of a graph of layers says what each is connected to', () => {
  expect(net.summary()).toBe(`Model: "two-heads"
┌────────────────────┬─────────────────┬─────────┬───────────────────────────┐
│ Layer (type)       │ Output Shape    │ Param # │ Connected to              │
├────────────────────┼─────────────────┼─────────┼───────────────────────────┤
│ image (InputLayer) │ (None, 8, 8, 1) │       0 │ -                         │
│ conv2d (Conv2D)    │ (None, 6, 6, 4) │      40 │ image[0][0]               │
│ flatten (Flatten)  │ (None, 144)     │       0 │ conv2d[0][0]              │
│ shared (Dense)     │ (None, 6)       │     870 │ flatten[0][0]             │
│ dense (Dense)      │ (None, 6)       │     870 │ flatten[0][0]             │
│ add (Add)          │ (None, 6)       │       0 │ shared[0][0], dense[0][0] │
│ dense_1 (Dense)    │ (None, 1)       │       7 │ shared[0][0]              │
└────────────────────┴─────────────────┴─────────┴───────────────────────────┘
 Total params: 1,787 (6.98 KB)
 Trainable params: 1,787 (6.98 KB)
 Non-trainable params: 0 (0.00 B)`)
})

test('a picture has a box for each layer and an arrow for each input', () => {
  const svg = modelPicture(net)
  expect(svg.match(/<rect [^>]*rx=/g)).toHaveLength(7)
  expect(svg.match(/marker-end/g)).toHaveLength(7)
  expect(svg).toContain('Conv2D · (None, 6, 6, 4)')
  // Both heads stand beside each other.
  const rows = [...svg.matchAll(/translate\((\S+) (\S+)\)/g)].map(([, , y]) => y)
  expect(new Set(rows).size).toBe(5)
})
