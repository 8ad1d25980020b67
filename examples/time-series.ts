/**
 * Time series: an LSTM reads four weeks of births in the USA and tells how many there will be on the next day, as the difference from
 * the same day a week ago. Each step holds the births of a day and the calendar of the day after it, which is known beforehand.
 *
 * Target, on 2002 and 2003 after training on 1994 to 2001: a mean absolute error of at most 70 % of what "as many as a week ago" has.
 * Quick: 90 %.
 */
import { datasets, layers, optimizers, schedules, sequential } from 'tenon'
import { quick, report } from './support/report.ts'

const days = await datasets.usBirths()
const past = 28
const isTest = (day: number) => (days[day]?.year ?? 0) >= 2002

// Of the training years only: what is tested on must not be known.
const known = days.filter((_, day) => !isTest(day)).map(({ births }) => births)
const mean = known.reduce((sum, births) => sum + births, 0) / known.length
const deviation = Math.sqrt(known.reduce((sum, births) => sum + (births - mean) ** 2, 0) / known.length)
const births = days.map(day => (day.births - mean) / deviation)
const calendar = days.map(({ month, day, dayOfWeek }) => {
  const angle = (2 * Math.PI * (month - 1 + day / 31)) / 12
  return [Math.sin(angle), Math.cos(angle), ...[1, 2, 3, 4, 5, 6, 7].map(weekday => Number(weekday === dayOfWeek))]
})
const features = 10

const targetDays = days.map((_, day) => day).slice(past)
const train = windows(targetDays.filter(day => !isTest(day)))
const test = windows(targetDays.filter(isTest))

const model = sequential(
  [layers.input({ shape: [past, features] }), layers.lstm({ units: 32 }), layers.dense({ units: 1 })],
  { seed: 1 },
)
const [epochs, batchSize] = [quick ? 8 : 60, 32]
const decaySteps = epochs * Math.ceil(train.targets.length / batchSize)
const learningRate = schedules.cosineDecay({ initialLearningRate: 0.01, decaySteps })
model.compile({ optimizer: optimizers.adam({ learningRate }), loss: 'huber', metrics: ['meanAbsoluteError'] })
await model.fit(train.x, train.y, { epochs, batchSize, seed: 1 })
// The error of a difference is that of the births.
const { meanAbsoluteError } = await model.evaluate(test.x, test.y)

const naive =
  test.targets.reduce((sum, day) => sum + Math.abs(at(births, day) - at(births, day - 7)), 0) / test.targets.length
report('time-series', {
  errorOverNaive: { value: meanAbsoluteError / naive, atMost: quick ? 0.9 : 0.7 },
  errorInBirths: { value: meanAbsoluteError * deviation },
  naiveErrorInBirths: { value: naive * deviation },
})

/** For each target day the steps that lead up to it, and how its births differ from those a week before. */
function windows(targets: readonly number[]) {
  const steps = targets.flatMap(target =>
    Array.from({ length: past }, (_, i) => target - past + i).flatMap(day => [
      at(births, day),
      ...at(calendar, day + 1),
    ]),
  )
  return {
    targets,
    x: { dtype: 'float32' as const, shape: [targets.length, past, features], data: Float32Array.from(steps) },
    y: {
      dtype: 'float32' as const,
      shape: [targets.length, 1],
      data: Float32Array.from(targets, day => at(births, day) - at(births, day - 7)),
    },
  }
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index]
  if (found === undefined) throw new RangeError(`no day ${index}`)
  return found
}
