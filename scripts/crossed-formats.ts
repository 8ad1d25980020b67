/**
 * Reads each of Keras's files in test/golden/formats, writes the model again as Tenon writes it, and lays the files down for
 * reference/open_in_keras.py to open in Keras: `npx tsx scripts/crossed-formats.ts FOLDER && python reference/open_in_keras.py FOLDER`.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { concatenated } from '../src/models/formats/hdf5/fields.ts'
import { encodeH5Model, encodeH5Weights, encodeKeras, readKeras } from '../src/models/formats/keras/archive.ts'

const [folder, ...only] = process.argv.slice(2)
if (folder === undefined) throw new Error('Name the folder to write to.')
const golden = fileURLToPath(new URL('../test/golden/formats/', import.meta.url))
const { models }: { models: { name: string; inputs: unknown; outputs: unknown }[] } = JSON.parse(
  readFileSync(join(golden, 'models.json'), 'utf8'),
)

mkdirSync(folder, { recursive: true })
const cases: object[] = []
for (const { name, inputs, outputs } of models) {
  if (only.length > 0 && !only.includes(name)) continue
  const model = await readKeras(readFileSync(join(golden, `${name}.keras`)), { where: name })
  const files = {
    [`${name}.keras`]: encodeKeras(model),
    ...(name === 'prepared' ? {} : { [`${name}.h5`]: encodeH5Model(model) }),
    [`${name}.weights.h5`]: encodeH5Weights(model),
  }
  for (const [file, pieces] of Object.entries(files)) {
    writeFileSync(join(folder, file), concatenated(pieces))
    const into = file.endsWith('.weights.h5') ? { weightsInto: `${name}.keras` } : {}
    cases.push({ file, ...into, inputs, outputs })
  }
}
writeFileSync(join(folder, 'cases.json'), JSON.stringify(cases))
console.log(`${cases.length} files in ${folder}`)
