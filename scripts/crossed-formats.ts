/**
 * Reads each of Keras's files in test/golden/formats, writes the model again as Tenon writes it, writes a file of each layer that the
 * golden files have cases of, and lays them all down for
 * reference/open_in_keras.py to open in Keras: `npx tsx scripts/crossed-formats.ts FOLDER && python reference/open_in_keras.py FOLDER`.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DType } from '../src/core/dtype.ts'
import { isTensorData } from '../src/core/nested.ts'
import { fromNumbers } from '../src/core/tensor-data.ts'
import { concatenated } from '../src/models/formats/hdf5/fields.ts'
import { encodeH5Model, encodeH5Weights, encodeKeras, readKeras } from '../src/models/formats/keras/archive.ts'
import { model } from '../src/models/functional.ts'
import { type AnyLayer, Symbolic } from '../src/nn/layer.ts'
import * as layers from '../src/nn/layers/index.ts'
import { applyLayer } from '../src/nn/make-layer.ts'

const [folder, ...only] = process.argv.slice(2)
if (folder === undefined) throw new Error('Name the folder to write to.')
const golden = fileURLToPath(new URL('../test/golden/formats/', import.meta.url))
const listed = (file: string): { name: string; inputs: unknown; outputs: unknown }[] =>
  JSON.parse(readFileSync(join(golden, file), 'utf8')).models

interface Tensor {
  shape: number[]
  dtype?: Exclude<DType, 'string'>
  data: number[]
}
interface Case {
  layer?: string
  config?: object
  inputs?: Tensor[]
  input?: Tensor
}
const isCases = (list: unknown): list is Case[] => Array.isArray(list)

/** Of what these learned from data an .h5 file holds nothing, or too late for Keras, which builds such layers before it reads weights. */
const unfit = new Set(['prepared', 'augmented'])

mkdirSync(folder, { recursive: true })
const cases: object[] = []
for (const { name, inputs, outputs } of [...listed('models.json'), ...listed('calls.json')]) {
  if (only.length > 0 && !only.includes(name)) continue
  const read = await readKeras(readFileSync(join(golden, `${name}.keras`)), { where: name })
  const files = {
    [`${name}.keras`]: encodeKeras(read),
    ...(unfit.has(name) ? {} : { [`${name}.h5`]: encodeH5Model(read) }),
    [`${name}.weights.h5`]: encodeH5Weights(read),
  }
  for (const [file, pieces] of Object.entries(files)) {
    writeFileSync(join(folder, file), concatenated(pieces))
    const into = file.endsWith('.weights.h5') ? { weightsInto: `${name}.keras` } : {}
    cases.push({ file, ...into, inputs, outputs })
  }
}
if (only.length === 0)
  for (const file of ['layers-a', 'layers-b', 'layers-keras', 'audio-layers', 'augmentation-geometric'])
    await writeLayers(file)

// Models in the middle of their training: `python reference/formats_training.py FOLDER` goes on with it in Keras.
const training: { models: { optimizer: string }[] } = JSON.parse(readFileSync(join(golden, 'training.json'), 'utf8'))
for (const { optimizer } of only.length > 0 ? [] : training.models) {
  const name = `training-${optimizer}`
  const read = await readKeras(readFileSync(join(golden, `${name}.keras`)), { where: name })
  writeFileSync(join(folder, `${name}.keras`), concatenated(encodeKeras(read)))
}

writeFileSync(join(folder, 'cases.json'), JSON.stringify(cases))
console.log(`${cases.length} files in ${folder}`)

/** A file of each case of one layer in a golden file, with what Tenon computes. */
async function writeLayers(file: string): Promise<void> {
  const golden: Record<string, unknown> = JSON.parse(
    readFileSync(new URL(`../test/golden/${file}.json`, import.meta.url), 'utf8'),
  )
  const factories = new Map(Object.entries(layers).map(([name, make]) => [name.toLowerCase(), make]))
  for (const { layer, config, inputs, input } of Object.values(golden).filter(isCases).flat()) {
    // Whatever a factory's options are, it checks them itself.
    const make = factories.get(layer?.toLowerCase() ?? '') as ((options: object) => AnyLayer) | undefined
    const tensors = inputs ?? (input ? [input] : [])
    const [first, ...rest] = tensors.map(({ shape, dtype = 'float32' }) =>
      layers.input({ shape: shape.slice(1), dtype }),
    )
    // In inference Keras hands on what RandomCrop is to crop.
    if (!make || !config || !first || layer === 'RandomCrop') continue
    try {
      const output = applyLayer(make(config), [first, ...rest])
      const built = model({ inputs: [first, ...rest], outputs: output instanceof Symbolic ? output : [...output] })
      const x = tensors.map(({ shape, dtype = 'float32', data }) => fromNumbers(dtype, shape, data))
      const result = await built.predict(x)
      const name = `${file}-${cases.length}-${layer}.keras`
      writeFileSync(join(folder ?? '.', name), concatenated(encodeKeras(built)))
      const outputs = (isTensorData(result) ? [result] : Object.values(result)).map(({ shape, data }) => ({
        shape,
        data: Array.from(data, Number),
      }))
      cases.push({ file: name, inputs: tensors.map(tensor => ({ dtype: 'float32', ...tensor })), outputs })
    } catch (error) {
      // A configuration that is not plain options, such as one with a layer in it.
      console.log(`skipped ${layer}: ${String(error).slice(0, 100)}`)
    }
  }
}
