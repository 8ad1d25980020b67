/**
 * Functional model with two outputs: from a penguin's measures, one shared trunk tells its species and its body mass. Each output has a
 * loss, a weight in the total and a metric of its own, by name.
 *
 * Target, on penguins held out (every fifth): the right species for 97 %, and a mean error of at most 310 g. Quick: 93 %, 400 g.
 */
import { datasets, layers, model, optimizers } from 'tenon'
import { quick, report } from './support/report.ts'

const species = ['Adelie', 'Chinstrap', 'Gentoo']
const rows = (await datasets.penguins()).flatMap(
  ({ species: name, beakLength, beakDepth, flipperLength, bodyMass, sex }) =>
    beakLength === null || beakDepth === null || flipperLength === null || bodyMass === null || sex === null
      ? []
      : [
          {
            // Centred and scaled by hand; examples/tabular.ts lets a layer do it.
            measures: [
              (beakLength - 44) / 5.5,
              (beakDepth - 17.2) / 2,
              (flipperLength - 201) / 14,
              sex === 'male' ? 1 : -1,
            ],
            species: species.indexOf(name),
            // In kilograms, so that both losses are of one size.
            bodyMass: [bodyMass / 1000],
          },
        ],
)
const train = rows.filter((_, i) => i % 5 !== 0)
const test = rows.filter((_, i) => i % 5 === 0)

const measures = layers.input({ shape: [4], name: 'measures' })
const hidden = layers.dense({ units: 32, activation: 'relu' })(measures)
const trunk = layers.dense({ units: 32, activation: 'relu' })(hidden)
// What `compile` returns knows the names of the results.
const penguin = model({
  inputs: { measures },
  outputs: {
    species: layers.dense({ units: 3, activation: 'softmax' })(trunk),
    bodyMass: layers.dense({ units: 1 })(trunk),
  },
  seed: 1,
}).compile({
  optimizer: optimizers.adam({ learningRate: 0.01 }),
  loss: { species: 'sparseCategoricalCrossentropy', bodyMass: 'meanSquaredError' },
  lossWeights: { species: 1, bodyMass: 2 },
  metrics: { species: ['accuracy'], bodyMass: ['meanAbsoluteError'] },
})

const inputs = (of: typeof rows) => ({ measures: of.map(row => row.measures) })
const targets = (of: typeof rows) => ({ species: of.map(row => row.species), bodyMass: of.map(row => row.bodyMass) })
await penguin.fit(inputs(train), targets(train), { epochs: quick ? 20 : 60, seed: 1 })
const results = await penguin.evaluate(inputs(test), targets(test))

report('multi-output', {
  speciesAccuracy: { value: results.speciesAccuracy, atLeast: quick ? 0.93 : 0.97 },
  bodyMassError: { value: results.bodyMassMeanAbsoluteError * 1000, atMost: quick ? 400 : 310 },
})
