import { expect, test } from 'vitest'
import { optimizers } from '../../src/index.ts'
import { prepareStep } from '../support/optimizer-step.ts'

const { adam, fromConfig, lossScaleOptimizer, multiOptimizer, nadam, sgd, toConfig } = optimizers

test('each weight is trained by the first optimizer that matches it, with state of its own', async () => {
  const made = multiOptimizer({
    optimizers: [
      { match: 'bias', optimizer: sgd({ learningRate: 1 }) },
      { match: /^head/, optimizer: nadam() },
    ],
    defaultOptimizer: sgd({ learningRate: 0.1, useEma: true }),
  })
  const step = await prepareStep(made, [
    { name: 'encoder/kernel', shape: [2], data: [1, 1] },
    { name: 'head/bias', shape: [1], data: [1] },
    { name: 'head/kernel', shape: [1], data: [1] },
  ])
  await step.run([[0.5, 0.5], [0.5], [0.5]])
  const [kernel, bias, head] = step.read()
  expect(kernel?.[0]).toBeCloseTo(0.95, 6)
  expect(bias).toEqual([0.5])
  expect(head?.[0]).toBeLessThan(1)
  const names = step.slabs.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(names.filter(name => name.startsWith('average:'))).toEqual(['average:encoder/kernel'])
})

test('its serialised form holds the others', () => {
  const made = multiOptimizer({
    optimizers: [{ match: /^head/i, optimizer: sgd({ momentum: 0.5 }) }],
    defaultOptimizer: adam(),
  })
  const form = toConfig(lossScaleOptimizer(made))
  expect(toConfig(fromConfig(JSON.parse(JSON.stringify(form))))).toEqual(form)
})

test.each<[string, () => unknown, RegExp]>([
  [
    'loss scaling within',
    () => multiOptimizer({ optimizers: [], defaultOptimizer: lossScaleOptimizer(adam()) }),
    /without loss scaling.*Put lossScaleOptimizer around/s,
  ],
  [
    'one within another',
    () =>
      multiOptimizer({
        optimizers: [],
        defaultOptimizer: multiOptimizer({ optimizers: [], defaultOptimizer: adam() }),
      }),
    /not made of others, received multiOptimizer/,
  ],
  [
    'no default',
    () => fromConfig({ type: 'MultiOptimizer', config: { optimizers: [] } }),
    /'defaultOptimizer' as \{ type, config \}, received nothing/,
  ],
  [
    'a list that is none',
    () => fromConfig({ type: 'MultiOptimizer', config: { optimizers: 3, defaultOptimizer: toConfig(adam()) } }),
    /a list of \{ match, optimizer \}, received 3/,
  ],
])('refuses %s', (_, make, message) => {
  expect(make).toThrow(message)
})
