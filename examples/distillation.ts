/**
 * Distillation (Hinton, Vinyals, Dean, 2015): a small network learns from the softened answers of a larger one, which say more than
 * the labels do: how much a 7 looks like a 1. The training step is replaced through `compile({ trainStep })`; the teacher in it is frozen.
 *
 * Target: the student gets 90 % of the 10,000 test digits right, from 2,000 digits, and makes at most 90 % of the mistakes that the same
 * network makes after training on the labels alone. Quick: 86 %, and no more mistakes.
 */
import { datasets, layers, losses, sequential } from 'tenon'
import { quick, report } from './support/report.ts'
import { take } from './support/take.ts'

const mnist = await datasets.mnist()
const test = take(mnist.test, 0, quick ? 2_000 : 10_000)
const few = take(mnist.train, 0, 2_000)

const teacher = sequential(
  [
    layers.input({ shape: [28, 28, 1] }),
    layers.conv2d({ filters: 16, kernelSize: 5, strides: 2, activation: 'relu' }),
    layers.conv2d({ filters: 32, kernelSize: 3, activation: 'relu' }),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.flatten(),
    layers.dropout({ rate: 0.3 }),
    layers.dense({ units: 10 }),
  ],
  { seed: 1 },
)
const loss = losses.sparseCategoricalCrossentropy({ fromLogits: true })
teacher.compile({ optimizer: 'adam', loss, metrics: ['accuracy'] })
const many = take(mnist.train, 2_000, quick ? 8_000 : 22_000)
await teacher.fit(many.x, many.y, { epochs: quick ? 2 : 4, batchSize: 64, seed: 1 })

const student = () =>
  sequential(
    [
      layers.input({ shape: [28, 28, 1] }),
      layers.flatten(),
      layers.dense({ units: 64, activation: 'relu' }),
      layers.dense({ units: 10 }),
    ],
    { seed: 2 },
  )

const alone = student()
alone.compile({ optimizer: 'adam', loss, metrics: ['accuracy'] })

const temperature = 4
const taught = student()
taught.compile({
  optimizer: 'adam',
  loss,
  metrics: ['accuracy'],
  trainStep({ inputs: [x], outputs: [logits], loss: ofLabels, frozen }) {
    if (!x || !logits || !ofLabels) throw new Error('one input, one output with a loss')
    const [answers] = frozen(teacher, x)
    if (!answers) throw new Error('the teacher has one output')
    const wanted = answers.div(temperature).softmax()
    const crossentropy = wanted.mul(logits.div(temperature).logSoftmax()).sum({ axis: -1 }).mean().neg()
    // Softening divides the gradients by the temperature's square; this takes it back, so that both parts count.
    return crossentropy.mul(temperature ** 2).add(ofLabels)
  },
})

const mistakes: number[] = []
for (const pupil of [alone, taught]) {
  await pupil.fit(few.x, few.y, { epochs: quick ? 15 : 30, seed: 1 })
  mistakes.push(1 - (await pupil.evaluate(test.x, test.y, { batchSize: 500 })).accuracy)
}
const [byLabels = Number.NaN, byTeacher = Number.NaN] = mistakes

report('distillation', {
  studentAccuracy: { value: 1 - byTeacher, atLeast: quick ? 0.86 : 0.9 },
  mistakesOverLabelsAlone: { value: byTeacher / byLabels, atMost: quick ? 1 : 0.9 },
})
