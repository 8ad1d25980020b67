/**
 * Deep belief network: where deep learning began. Restricted Boltzmann machines learn one after the other, each what the one before makes
 * of the digits, without labels, by contrastive divergence (CD-k; Hinton, 2002). Stacked, they are the first weights of a classifier that is
 * then fine-tuned on few labels (Hinton, Osindero, Teh, 2006).
 *
 * Target: 90 % of the 10,000 test digits from 1,000 labels, with at most 90 % of the mistakes that the same network makes without
 * pretraining. Quick: 82 %, and no more mistakes.
 */
import { datasets, evaluate, jit, layers, sequential, type Tensor, type TensorData, tensor } from 'tenon'
import { random, zeros } from 'tenon/tensor'
import { quick, report } from './support/report.ts'
import { take } from './support/take.ts'

const mnist = await datasets.mnist()
const unlabelled = take(mnist.train, 0, quick ? 5_000 : 20_000)
const labelled = take(mnist.train, 0, 1_000)
const test = take(mnist.test, 0, quick ? 2_000 : 10_000)
const sizes = [784, 256, 256]
const batchSize = 100

/** Weights [visible, hidden] and the biases of both sides. */
interface Machine {
  readonly weights: Tensor<'float32'>
  readonly visibleBias: Tensor<'float32'>
  readonly hiddenBias: Tensor<'float32'>
}

const hiddenOf = ({ weights, hiddenBias }: Machine, visible: Tensor<'float32'>) =>
  visible.matMul(weights).add(hiddenBias).sigmoid()

/**
 * One step of CD-k on a batch of probabilities v₀ [batch, visible]: with ⟨·⟩ the mean over the batch and v_k, h_k what k steps of Gibbs
 * sampling lead to, Δw ∝ ⟨v₀ᵀh₀⟩ − ⟨v_kᵀh_k⟩. `chances`, uniform [k, batch, hidden], draw the hidden units' states.
 */
const contrast = jit((machine: Machine, data: Tensor<'float32'>, chances: Tensor<'float32'>, rate: number): Machine => {
  const { weights, visibleBias, hiddenBias } = machine
  const first = hiddenOf(machine, data)
  let [visible, hidden] = [data, first]
  for (let step = 0; step < (chances.shape[0] ?? 0); step++) {
    const states = chances.index(step).less(hidden).cast('float32')
    visible = states.matMul(weights.transpose()).add(visibleBias).sigmoid()
    hidden = hiddenOf(machine, visible)
  }
  const scale = rate / (data.shape[0] ?? 1)
  const change = data.transpose().matMul(first).sub(visible.transpose().matMul(hidden))
  return {
    weights: weights.add(change.mul(scale)),
    visibleBias: visibleBias.add(data.sub(visible).sum({ axis: 0 }).mul(scale)),
    hiddenBias: hiddenBias.add(first.sub(hidden).sum({ axis: 0 }).mul(scale)),
  }
})

async function trainMachine(data: Tensor<'float32'>, hidden: number, seed: number): Promise<Machine> {
  const [count = 0, visible = 0] = data.shape
  let machine: Machine = {
    weights: random.normal([visible, hidden], { seed, stddev: 0.01 }),
    visibleBias: zeros([visible]),
    hiddenBias: zeros([hidden]),
  }
  // CD-1 finds its way fast; more steps of sampling make the last epochs more exact.
  for (const k of quick ? [1, 1, 1] : [1, 1, 1, 1, 1, 1, 2, 3]) {
    for (let start = 0; start + batchSize <= count; start += batchSize) {
      const chances = random.uniform([k, batchSize, hidden], { seed: seed + k * count + start })
      machine = await evaluate(contrast(machine, data.slice([start, start + batchSize]), chances, 0.1))
    }
  }
  return machine
}

const pixels = Float32Array.from(unlabelled.x.data, pixel => pixel / 255)
let data: Tensor<'float32'> = tensor(pixels, { shape: [unlabelled.x.shape[0] ?? 0, 784] })
const pretrained: TensorData<'float32'>[] = []
for (const [i, hidden] of sizes.slice(1).entries()) {
  const machine = await trainMachine(data, hidden, 10 * i + 1)
  for (const weight of [machine.weights, machine.hiddenBias]) {
    pretrained.push({ dtype: 'float32', shape: weight.shape, data: await weight.data() })
  }
  data = await evaluate(hiddenOf(machine, data))
}

const classifier = () =>
  sequential(
    [
      layers.input({ shape: [28, 28, 1] }),
      layers.flatten(),
      ...sizes.slice(1).map(units => layers.dense({ units, activation: 'sigmoid' })),
      layers.dense({ units: 10, activation: 'softmax' }),
    ],
    { seed: 1 },
  )
async function fineTuned(network: ReturnType<typeof classifier>): Promise<number> {
  network.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] })
  await network.fit(labelled.x, labelled.y, { epochs: quick ? 30 : 60, seed: 1 })
  return (await network.evaluate(test.x, test.y, { batchSize: 500 })).accuracy
}
const stacked = classifier()
stacked.setWeights([...pretrained, ...stacked.getWeights().slice(pretrained.length)])
const accuracy = await fineTuned(stacked)
const without = await fineTuned(classifier())

report('deep-belief-network', {
  testAccuracy: { value: accuracy, atLeast: quick ? 0.82 : 0.9 },
  mistakesOverNoPretraining: { value: (1 - accuracy) / (1 - without), atMost: quick ? 1 : 0.9 },
})
