import { FormatError, UnsupportedError } from '../../core/errors.ts'
import { float16Value } from '../../core/half.ts'
import { sizeOf } from '../../core/shape.ts'
import type { TensorData } from '../../core/tensor-data.ts'
import type { Weight } from '../../nn/variable.ts'
import type { Model } from '../model.ts'
import { concatenated } from './hdf5/fields.ts'
import { modelFromKerasConfig } from './keras/decode-model.ts'
import { isList, isObject, type Json, type JsonObject, parseJson } from './keras/json.ts'
import { type Holder, weightHolders } from './keras/places.ts'
import { assign, fitted } from './keras/weights.ts'

export interface TfjsOptions {
  /** What errors call the file, e.g. its path. */
  readonly where: string
  /** Fetches a file of weights beside `model.json`, by the name that this gives it: a plain name, or folders below. */
  readShard(path: string): Promise<Uint8Array>
}

interface Spec {
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: string
  readonly quantization: JsonObject | undefined
}

/**
 * Makes a model of a TensorFlow.js layers model: the text of its `model.json`, and the files of weights that it names. Weights that
 * are quantised (uint8, uint16, float16) are brought back to float32.
 *
 * @throws {UnsupportedError} for graph models, which have operations instead of layers, and for layers that Tenon does not have.
 * @throws {FormatError} for damaged files, and for names that lead out of the model's folder.
 */
export async function readTfjs(text: string, { where, readShard }: TfjsOptions): Promise<Model> {
  const damaged = (expected: string, received: Json | undefined): FormatError =>
    new FormatError({ where, expected, received: String(JSON.stringify(received)).slice(0, 200) })
  const json = parseJson(text, where)
  if (!isObject(json)) throw damaged('a model.json of TensorFlow.js', json)
  const { format, modelTopology: topology, weightsManifest: manifest } = json
  if (format === 'graph-model') {
    throw new UnsupportedError({
      where,
      expected: 'a layers model',
      received: 'a graph model',
      remedy: 'Convert the original model to ONNX instead.',
    })
  }
  if (!isObject(topology) || !isList(manifest))
    throw damaged("'modelTopology' and 'weightsManifest'", Object.keys(json))
  const config = topology['model_config'] ?? topology
  const model = modelFromKerasConfig(config, { where, old: true })

  const stored: { name: string; tensor: TensorData }[] = []
  for (const group of manifest) {
    const paths = isObject(group) ? group['paths'] : undefined
    const weights = isObject(group) ? group['weights'] : undefined
    if (!isList(paths) || !isList(weights)) throw damaged("groups of 'paths' and 'weights'", group)
    const shards: Uint8Array[] = []
    for (const path of paths) {
      if (typeof path !== 'string' || !isInside(path)) throw damaged("names of files in the model's folder", path)
      shards.push(await readShard(path))
    }
    const specs = weights.map(weight => {
      const spec = specOf(weight)
      if (!spec) throw damaged('weights with name, shape and dtype', weight)
      return spec
    })
    stored.push(...unpack(concatenated(shards), specs, where))
  }
  assign(matched(model, stored, where))
  return model
}

/** A relative path that stays where it starts. */
const isInside = (path: string): boolean =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  !/[\\:?#\u0000-\u001f]/.test(path) && path.split('/').every(part => part !== '' && part !== '.' && part !== '..')

function specOf(json: Json): Spec | undefined {
  if (!isObject(json)) return undefined
  const { name, shape, dtype, quantization } = json
  const counts = (n: Json): n is number => typeof n === 'number' && Number.isSafeInteger(n) && n >= 0
  if (typeof name !== 'string' || typeof dtype !== 'string' || !isList(shape) || !shape.every(counts)) return undefined
  return { name, shape, dtype, quantization: isObject(quantization) ? quantization : undefined }
}

const bytesOf: Readonly<Record<string, number>> = { float32: 4, int32: 4, uint8: 1, bool: 1, uint16: 2, float16: 2 }

/** Weights lie one behind the other, without gaps. */
function unpack(bytes: Uint8Array, specs: readonly Spec[], where: string): { name: string; tensor: TensorData }[] {
  let at = 0
  const found = specs.map(spec => {
    const { name, shape, quantization } = spec
    const stored = typeof quantization?.['dtype'] === 'string' ? quantization['dtype'] : spec.dtype
    const width = Object.hasOwn(bytesOf, stored) ? bytesOf[stored] : undefined
    if (width === undefined)
      throw new UnsupportedError({ where: `${where}, weight '${name}'`, expected: 'numbers', received: stored })
    const length = sizeOf(shape) * width
    if (!(at + length <= bytes.length)) throw wrongSize(where, `${at + length} bytes or more`, bytes.length)
    // A copy is aligned for every element type.
    const own = bytes.slice(at, at + length)
    at += length
    return { name, tensor: { dtype: 'float32', shape, data: decoded(own.buffer, stored, quantization) } as const }
  })
  if (at !== bytes.length) throw wrongSize(where, `${at} bytes`, bytes.length)
  return found
}

const wrongSize = (where: string, expected: string, received: number): FormatError =>
  new FormatError({
    where,
    expected: `${expected} of weights in the files beside it`,
    received: `${received}`,
    remedy: 'A file of weights is cut off or belongs to another model.',
  })

function decoded(buffer: ArrayBuffer, stored: string, quantization: JsonObject | undefined): Float32Array {
  if (stored === 'float16') return Float32Array.from(new Uint16Array(buffer), float16Value)
  const codes =
    stored === 'float32'
      ? new Float32Array(buffer)
      : stored === 'int32'
        ? new Int32Array(buffer)
        : stored === 'uint16'
          ? new Uint16Array(buffer)
          : new Uint8Array(buffer)
  const scale = quantization?.['scale']
  const min = quantization?.['min']
  if (typeof scale !== 'number' || typeof min !== 'number') return Float32Array.from(codes)
  return Float32Array.from(codes, code => code * scale + min)
}

/** Finds each layer's weights by its name, which is part of theirs; within a layer they come in its own order. */
function matched(model: Model, stored: readonly { name: string; tensor: TensorData }[], where: string) {
  const byLayer = new Map<string, Holder['weights'][number][]>()
  for (const { layer, weights } of weightHolders(model)) byLayer.set(layer, [...(byLayer.get(layer) ?? []), ...weights])
  const values = new Map<Weight, TensorData<'float32'>>()
  for (const [layer, weights] of byLayer) {
    if (weights.length === 0) continue
    const own = stored.filter(({ name }) => name.split('/').slice(0, -1).includes(layer))
    if (own.length !== weights.length) {
      throw new FormatError({
        where: `${where}, layer '${layer}'`,
        expected: `${weights.length} weights`,
        received: `${own.length}: ${own.map(({ name }) => name).join(', ')}`,
      })
    }
    const ends = own.map(({ name }) => lastOf(name))
    const distinct = new Set(ends).size === ends.length
    for (const [i, { weight, path }] of weights.entries()) {
      const named = distinct ? own.find((_, k) => ends[k] === lastOf(path)) : undefined
      const found = named ?? own[i]
      if (found) values.set(weight, fitted(found.tensor, weight, `${where}, weight '${found.name}'`))
    }
  }
  return values
}

const lastOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1).replace(/:\d+$/, '')
