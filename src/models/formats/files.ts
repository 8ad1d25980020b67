import { dirname, join } from 'node:path'
import { writeModel } from '../../compile/onnx/write.ts'
import { ArgumentError, FormatError } from '../../core/errors.ts'
import type { TensorData } from '../../core/tensor-data.ts'
import { readFileBounded, writeFileAtomic } from '../../io/files.ts'
import { decodeSafetensors, encodeSafetensors } from '../../io/safetensors.ts'
import type { Model } from '../model.ts'
import {
  encodeH5Model,
  encodeH5Weights,
  encodeKeras,
  readH5Model,
  readH5WeightsInto,
  readKeras,
  readKerasWeights,
} from './keras/archive.ts'
import { assign, fitted } from './keras/weights.ts'
import { readTfjs } from './tfjs.ts'

/** Models and weights as files: what `Model` and the façade load when they are asked for a path. */

/** No model is larger; it bounds what is read from a path that names something else. */
const maxBytes = 64 * 2 ** 30
const maxJson = 2 ** 28

/** Kinds of files, by the ends of their names; the longest that fits counts. */
const kinds = {
  '.keras': 'keras',
  '.weights.h5': 'h5Weights',
  '.h5': 'h5',
  '.hdf5': 'h5',
  '.safetensors': 'safetensors',
  '.onnx': 'onnx',
  '.json': 'tfjs',
} as const

/** What a file is, by its name. */
export function kindOf(path: string): (typeof kinds)[keyof typeof kinds] | undefined {
  const ends = Object.keys(kinds) as (keyof typeof kinds)[] // the keys of an object literal are what its type says
  const found = ends.filter(end => path.toLowerCase().endsWith(end)).sort((a, b) => b.length - a.length)[0]
  return found && kinds[found]
}

const unknownKind = (where: string, path: string, expected: string): ArgumentError =>
  new ArgumentError({ where, expected: `a path that ends in ${expected}`, received: `'${path}'` })

export async function saveModel(model: Model, path: string): Promise<void> {
  switch (kindOf(path)) {
    case 'keras':
      return writeFileAtomic(path, encodeKeras(model))
    case 'h5':
      return writeFileAtomic(path, encodeH5Model(model))
    case 'onnx':
      await writeModel(path, model.toGraph())
      return
    case 'h5Weights':
    case 'safetensors':
      throw new ArgumentError({
        where: 'save',
        expected: "a path that ends in '.keras', '.h5' or '.onnx', which hold a whole model",
        received: `'${path}'`,
        remedy: 'Write the weights alone with saveWeights(path).',
      })
    default:
      throw unknownKind('save', path, "'.keras', '.h5' or '.onnx'")
  }
}

export async function saveWeights(model: Model, path: string): Promise<void> {
  switch (kindOf(path)) {
    case 'h5Weights':
    case 'h5':
      return writeFileAtomic(path, encodeH5Weights(model))
    case 'safetensors': {
      const tensors = new Map(model.network.variables.map(variable => [variable.path, variable.value]))
      return writeFileAtomic(path, encodeSafetensors({ tensors, metadata: {} }))
    }
    default:
      throw unknownKind('saveWeights', path, "'.weights.h5' or '.safetensors'")
  }
}

export interface LoadOptions {
  /** Compile the model as it was when it was saved, where the file says how. Default true. */
  readonly compile?: boolean
}

export async function loadModel(path: string, options: LoadOptions = {}): Promise<Model> {
  const place = { ...options, where: path }
  switch (kindOf(path)) {
    case 'keras':
      return readKeras(await readFileBounded(path, maxBytes), place)
    case 'h5':
    case 'h5Weights':
      return readH5Model(await readFileBounded(path, maxBytes), place)
    case 'tfjs':
      return readTfjs(new TextDecoder().decode(await readFileBounded(path, maxJson)), {
        where: path,
        readShard: name => readFileBounded(join(dirname(path), name), maxBytes),
      })
    case 'onnx':
      throw new ArgumentError({
        where: 'loadModel',
        expected: "a path that ends in '.keras', '.h5' or 'model.json'",
        received: `'${path}'`,
        remedy: "ONNX models are graphs, not layers: read them with readModel of 'tenon/onnx'.",
      })
    default:
      throw unknownKind('loadModel', path, "'.keras', '.h5' or 'model.json'")
  }
}

/** Names of the layers that did not fit, which is allowed with `skipMismatch` only. */
export async function loadWeights(
  model: Model,
  path: string,
  { skipMismatch = false }: { readonly skipMismatch?: boolean } = {},
): Promise<readonly string[]> {
  const skipped: string[] = []
  const note = skipMismatch ? skipped : undefined
  switch (kindOf(path)) {
    case 'keras':
      await readKerasWeights(model, await readFileBounded(path, maxBytes), path, note)
      return skipped
    case 'h5':
    case 'h5Weights':
      await readH5WeightsInto(model, await readFileBounded(path, maxBytes), path, note)
      return skipped
    case 'safetensors':
      readSafetensorsInto(model, await readFileBounded(path, maxBytes), path, note)
      return skipped
    default:
      throw unknownKind('loadWeights', path, "'.weights.h5', '.h5', '.keras' or '.safetensors'")
  }
}

/** Weights by their paths in the model. Layers of which one does not fit are left alone, where that may be. */
function readSafetensorsInto(model: Model, bytes: Uint8Array, where: string, skipped: string[] | undefined): void {
  const { tensors } = decodeSafetensors(bytes, where)
  const { variables, layers } = model.network
  const known = new Set(variables.map(({ path }) => path))
  const extra = [...tensors.keys()].find(name => !known.has(name))
  if (extra !== undefined && !skipped)
    throw new FormatError({ where, expected: `weights of '${model.name}' only`, received: `'${extra}'` })
  const values: Parameters<typeof assign>[0][] = []
  for (const layer of layers) {
    const own = variables.filter(({ path }) => path.startsWith(`${layer.path}/`))
    try {
      values.push(
        new Map(
          own.map(({ path, weight }) => [
            weight,
            fitted(found(tensors, path, where), weight, `${where}, weight '${path}'`),
          ]),
        ),
      )
    } catch (error) {
      if (!skipped || !(error instanceof FormatError)) throw error
      skipped.push(layer.path)
    }
  }
  for (const each of values) assign(each)
}

function found(tensors: ReadonlyMap<string, TensorData>, path: string, where: string): TensorData {
  const tensor = tensors.get(path)
  if (tensor) return tensor
  const received = [...tensors.keys()].slice(0, 5).join(', ') || 'no weights'
  throw new FormatError({ where, expected: `a weight '${path}'`, received: `${received} …` })
}
