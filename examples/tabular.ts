/**
 * Tabular data: how many miles a car of the 1970s goes on a gallon. Numbers, years, codes and names are raw inputs of the model: the
 * layers that prepare them learn what they need from the training data (`adapt`) and are part of the graph.
 *
 * Target, on cars held out (every fifth): a mean error of at most 2.4 miles per gallon. Quick: 2.7.
 */
import { type Car, datasets, layers, model, optimizers } from 'tenon'
import { quick, report } from './support/report.ts'

const rows = (await datasets.cars()).flatMap(car =>
  car.milesPerGallon === null || car.horsepower === null
    ? []
    : [{ ...car, horsepower: car.horsepower, milesPerGallon: car.milesPerGallon }],
)
const train = columns(rows.filter((_, i) => i % 5 !== 0))
const test = columns(rows.filter((_, i) => i % 5 === 0))

const numbers = layers.input({ shape: [4], name: 'numbers' })
const year = layers.input({ shape: [1], name: 'year' })
const cylinders = layers.input({ shape: [1], dtype: 'int64', name: 'cylinders' })
const origin = layers.input({ shape: [1], dtype: 'string', name: 'origin' })

const prepared = layers.concatenate()([
  layers.normalization().adapt(train.x.numbers)(numbers),
  layers.normalization().adapt(train.x.year)(year),
  layers.integerLookup({ outputMode: 'oneHot' }).adapt(train.x.cylinders)(cylinders),
  layers.stringLookup({ outputMode: 'oneHot' }).adapt(train.x.origin)(origin),
])
const hidden = layers.dense({ units: 64, activation: 'relu' })(prepared)
const deeper = layers.dense({ units: 64, activation: 'relu' })(hidden)
const consumption = model({
  inputs: { numbers, year, cylinders, origin },
  outputs: layers.dense({ units: 1 })(deeper),
  seed: 1,
})
consumption.compile({
  optimizer: optimizers.adam({ learningRate: 0.003 }),
  loss: 'meanSquaredError',
  metrics: ['meanAbsoluteError'],
})
await consumption.fit(train.x, train.y, { epochs: quick ? 30 : 100, seed: 1 })
const { meanAbsoluteError } = await consumption.evaluate(test.x, test.y)

report('tabular', { meanAbsoluteError: { value: meanAbsoluteError, atMost: quick ? 2.7 : 2.4 } })

/** Columns by the names of the model's inputs, and the target. */
function columns(cars: readonly (Car & { horsepower: number; milesPerGallon: number })[]) {
  const shape = [cars.length, 1]
  return {
    x: {
      numbers: cars.map(car => [car.displacement, car.horsepower, car.weight, car.acceleration]),
      year: cars.map(car => [car.year]),
      cylinders: { dtype: 'int64' as const, shape, data: BigInt64Array.from(cars, car => BigInt(car.cylinders)) },
      origin: { dtype: 'string' as const, shape, data: cars.map(car => car.origin) },
    },
    y: cars.map(car => [car.milesPerGallon]),
  }
}
