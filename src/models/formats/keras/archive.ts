import { FormatError } from '../../../core/errors.ts'
import { toNumbers } from '../../../core/tensor-data.ts'
import type { Model } from '../../model.ts'
import { type H5Group, openH5 } from '../hdf5/read.ts'
import { encodeH5, type H5GroupToWrite } from '../hdf5/write.ts'
import { encodeZip, openZip, type ZipMember } from '../zip.ts'
import { applyCompileConfig, compileConfig } from './compile-config.ts'
import type { Vocabulary } from './decode.ts'
import { modelFromKerasConfig } from './decode-model.ts'
import { toKerasConfig } from './encode.ts'
import { isObject, type JsonObject, parseJson, pythonJson } from './json.ts'
import { optimizerGroup, readOptimizer } from './optimizer.ts'
import { assign, kerasVersion, newWeights, oldWeights, readH5Weights } from './weights.ts'

/** How a model is made of a file. */
export interface ReadOptions {
  /** What errors call the file, e.g. its path. */
  readonly where: string
  /** Compile the model as it was when it was saved. Default true. */
  readonly compile?: boolean
}

/** The most that the description of a model may take; weights are bounded by the file. */
const maxConfigBytes = 2 ** 28

/** Encodes a model as a `.keras` file of Keras 3: pieces to be written one after the other. Equal models give equal bytes. */
export function encodeKeras(model: Model): Uint8Array[] {
  const text = (value: JsonObject): Uint8Array[] => [new TextEncoder().encode(pythonJson(value))]
  return encodeZip({
    'metadata.json': text({ keras_version: kerasVersion, date_saved: '1980-01-01@00:00:00' }),
    'config.json': text(wholeConfig(model)),
    'model.weights.h5': encodeH5(wholeState(model)),
  })
}

function wholeState(model: Model): H5GroupToWrite {
  const root = newWeights(model)
  const optimizer = optimizerGroup(model)
  return optimizer ? { ...root, members: { ...root.members, optimizer } } : root
}

function wholeConfig(model: Model): JsonObject {
  const compiled = compileConfig(model)
  return { ...toKerasConfig(model), ...(compiled ? { compile_config: compiled } : {}) }
}

/**
 * Makes a model of a `.keras` file, with its weights. Nothing in the file is executed.
 *
 * @throws {FormatError} for a damaged file; {@link UnsupportedError} for what Tenon does not have, such as layers with Python code.
 */
export async function readKeras(bytes: Uint8Array, options: ReadOptions): Promise<Model> {
  const { where } = options
  const archive = openZip(bytes, where)
  const config = need(archive, 'config.json', where)
  if (config.size > maxConfigBytes)
    throw new FormatError({
      where,
      expected: `at most ${maxConfigBytes} bytes of config.json`,
      received: `${config.size}`,
    })
  const weights = need(archive, 'model.weights.h5', where)
  const json = parseJson(new TextDecoder().decode(await config.read()), `${where}, config.json`)
  const root = openH5(await weights.read(), `${where}, model.weights.h5`)
  const vocabularies = await readVocabularies(archive, root)
  const model = modelFromKerasConfig(json, { where, vocabulary: group => vocabularies.get(group) })
  assign(await readH5Weights(model, { root, where, byName: true }))
  if (options.compile !== false && isObject(json)) {
    applyCompileConfig(model, json['compile_config'], where)
    await readOptimizer(model, root, where)
  }
  return model
}

/** What `adapt` taught lookup layers lies in files of text beside the configuration, their weights for tf-idf among the weights. */
async function readVocabularies(
  archive: ReadonlyMap<string, ZipMember>,
  root: H5Group,
): Promise<ReadonlyMap<string, Vocabulary>> {
  const found = new Map<string, Vocabulary>()
  for (const member of archive.values()) {
    const group = /^assets\/(.+)\/vocabulary\.txt$/.exec(member.name)?.[1]
    if (group === undefined || member.size > maxConfigBytes) continue
    const text = new TextDecoder().decode(await member.read())
    const tokens = text.replace(/\n+$/, '').split('\n')
    const idf = `${group}/vars/idf_weights`
    const idfWeights = root.has(idf) ? Array.from(toNumbers(await root.dataset(idf).read())) : undefined
    found.set(group, { tokens, ...(idfWeights ? { idfWeights } : {}) })
  }
  return found
}

/** Reads the weights of a `.keras` file into a model that is there already. */
export async function readKerasWeights(
  model: Model,
  bytes: Uint8Array,
  where: string,
  skipped?: string[],
): Promise<void> {
  const weights = need(openZip(bytes, where), 'model.weights.h5', where)
  const root = openH5(await weights.read(), `${where}, model.weights.h5`)
  assign(await readH5Weights(model, { root, where, byName: false, ...(skipped ? { skipped } : {}) }))
}

function need(archive: ReadonlyMap<string, ZipMember>, name: string, where: string): ZipMember {
  const found = archive.get(name)
  if (found) return found
  throw new FormatError({
    where,
    expected: `a .keras file with '${name}'`,
    received: [...archive.keys()].slice(0, 10).join(', ') || 'an empty archive',
  })
}

/** Encodes a model as a whole-model `.h5` file, as Keras 2 wrote them and Keras 3 still reads them. */
export function encodeH5Model(model: Model): Uint8Array[] {
  const { class_name: type = '', config = {} } = toKerasConfig(model)
  const attributes = {
    keras_version: kerasVersion,
    backend: 'tensorflow',
    model_config: pythonJson({ class_name: type, config }),
    ...trainingConfig(model),
  }
  return encodeH5({ attributes, members: { model_weights: oldWeights(model) } })
}

/** What `compile` was called with, as `.h5` files have it. */
function trainingConfig(model: Model): { readonly training_config?: string } {
  const { optimizer = null, ...rest } = compileConfig(model) ?? {}
  if (!isObject(optimizer)) return {}
  const { class_name: type = '', config = {} } = optimizer
  return { training_config: pythonJson({ ...rest, optimizer_config: { class_name: type, config } }) }
}

/** Encodes a model's weights as a `.weights.h5` file of Keras 3. */
export const encodeH5Weights = (model: Model): Uint8Array[] => encodeH5(newWeights(model))

/** Makes a model of a whole-model `.h5` file, with its weights. */
export async function readH5Model(bytes: Uint8Array, { where, compile = true }: ReadOptions): Promise<Model> {
  const root = openH5(bytes, where)
  const config = root.attributes.get('model_config')?.data[0]
  if (typeof config !== 'string') {
    throw new FormatError({
      where,
      expected: "a whole model: an .h5 file with 'model_config'",
      received:
        root.has('layers') || root.attributes.has('layer_names') ? 'weights alone' : 'neither model nor weights',
      remedy: 'Build the model here, and read the weights with loadWeights.',
    })
  }
  const version = root.attributes.get('keras_version')?.data[0]
  const old = typeof version === 'string' && /^[12]\./.test(version)
  const model = modelFromKerasConfig(parseJson(config, `${where}, model_config`), { where, old })
  assign(await readH5Weights(model, { root, where, byName: true }))
  const training = root.attributes.get('training_config')?.data[0]
  // Keras 2 had optimizers with other options.
  if (compile && !old && typeof training === 'string') {
    const json = parseJson(training, `${where}, training_config`)
    if (isObject(json)) applyCompileConfig(model, { ...json, optimizer: json['optimizer_config'] ?? null }, where)
    await readOptimizer(model, root, where)
  }
  return model
}

/** Reads the weights of an `.h5` or `.weights.h5` file into a model that is there already. */
export async function readH5WeightsInto(
  model: Model,
  bytes: Uint8Array,
  where: string,
  skipped?: string[],
): Promise<void> {
  assign(
    await readH5Weights(model, { root: openH5(bytes, where), where, byName: false, ...(skipped ? { skipped } : {}) }),
  )
}
