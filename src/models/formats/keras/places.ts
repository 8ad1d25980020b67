import { type AnyLayer, isLayer } from '../../../nn/layer.ts'
import { snakeCase } from '../../../nn/names.ts'
import type { LayerGraph } from '../../../nn/network.ts'
import type { Weight } from '../../../nn/variable.ts'
import { Model } from '../../model.ts'
import { kerasLayers } from './order.ts'

/** A layer, or a part of one, that holds weights, and where Keras keeps them. */
export interface Holder {
  /** Keras 3: the group in an `.h5` file, such as `layers/bidirectional/forward_layer/cell`. */
  readonly group: string
  /** The layer's name in its model, which Keras 3 notes beside its weights. */
  readonly name: string
  /** The layer's name in its own model, also for what is inside of the layer. */
  readonly layer: string
  /** The layer of the outermost model that it is part of, by which Keras 2 files the weights. */
  readonly top: string
  /** The layer's options. */
  readonly layerConfig: object
  readonly weights: readonly HeldWeight[]
  /** Weights of a layer inside that Keras 3 keeps here as well, in front of these. */
  readonly borrowed?: readonly HeldWeight[]
}

export interface HeldWeight {
  readonly weight: Weight
  readonly path: string
}

/** Finds the member of a group of layers that belongs to a layer's name, where a file tells it; otherwise layers are numbered. */
export type FindByName = (group: string, name: string) => string | undefined

/** All holders of a model's weights, in Keras's order; a layer that is shared comes once. */
export function weightHolders(model: Model, find: FindByName = () => undefined): readonly Holder[] {
  return inModel(model, '', undefined, { seen: new Set(), find })
}

interface Walk {
  readonly seen: Set<AnyLayer>
  readonly find: FindByName
}

function inModel(model: Model, group: string, top: string | undefined, walk: Walk): Holder[] {
  const { seen, find } = walk
  const { network } = model
  const counts = new Map<string, number>()
  return ordered(model).flatMap(({ name, layer }): Holder[] => {
    const base = snakeCase(layer?.type ?? 'InputLayer')
    const count = counts.get(base) ?? 0
    counts.set(base, count + 1)
    const own = `${group}layers/${find(`${group}layers`, name) ?? (count === 0 ? base : `${base}_${count}`)}`
    if (!layer || seen.has(layer))
      return layer ? [] : [{ group: own, name, layer: name, top: top ?? name, layerConfig: {}, weights: [] }]
    seen.add(layer)
    if (layer instanceof Model)
      return [
        { group: own, name, layer: name, top: top ?? name, layerConfig: {}, weights: [] },
        ...inModel(layer, `${own}/`, top ?? name, walk),
      ]
    const place = { group: own, name, layer: name, top: top ?? name, layerConfig: layer.config }
    const wrapped = 'layer' in layer.config ? layer.config.layer : undefined
    if (wrapped instanceof Model)
      return [{ ...place, weights: [] }, ...inModel(wrapped, `${own}/layer/`, place.top, walk)]
    return inLayer(network, layer, place)
  })
}

/** Keras's `layers`: those of a Sequential are without its input. */
function ordered(model: Model): { name: string; layer: AnyLayer | undefined }[] {
  if (model.type === 'Sequential') return model.network.layers.map(({ path, layer }) => ({ name: path, layer }))
  return kerasLayers(model).map(item => ({
    name: item.name,
    layer: item.kind === 'layer' ? item.placed.layer : undefined,
  }))
}

/** A layer's own weights, and those of layers that it runs inside, by their paths below it. */
function inLayer(network: LayerGraph, layer: AnyLayer, place: Omit<Holder, 'weights'>): Holder[] {
  const parts = new Map<string, { weight: Weight; path: string }[]>([['', []]])
  for (const { path, weight } of network.variables) {
    if (!path.startsWith(`${place.name}/`) || weight.options.transient) continue
    const inside = path.slice(place.name.length + 1)
    const part = inside.includes('/') ? inside.slice(0, inside.lastIndexOf('/')) : ''
    const list = parts.get(part) ?? []
    parts.set(part, list)
    list.push({ weight, path: inside })
  }
  const all = [...parts.values()].flat()
  return [...parts].map(([part, weights]) => {
    const { path, owner } = placeOf(layer, part)
    return {
      ...place,
      name: part === '' ? place.name : part.slice(part.lastIndexOf('/') + 1),
      group: path === '' ? place.group : `${place.group}/${path}`,
      ...(owner?.type === 'SpectralNormalization' ? { borrowed: kernelOf(all) } : {}),
      // Weights that are trained come first, whatever order they were made in.
      weights: weights.toSorted((a, b) => rank(a.weight) - rank(b.weight)),
    }
  })
}

/** What is normalised: Keras's wrapper refers to it by an attribute of its own. */
const kernelOf = (weights: readonly HeldWeight[]): readonly HeldWeight[] =>
  weights.filter(({ path }) => /\/(?:kernel|embeddings)$/.test(path)).slice(0, 1)

const rank = (weight: Weight): number => (weight.options.trainable === false ? 1 : 0)

/** Names of inner layers here → names of the attributes in which Keras keeps them, where these differ. */
const attributes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  MultiHeadAttention: {
    query: 'query_dense',
    key: 'key_dense',
    value: 'value_dense',
    attention_output: 'output_dense',
    gate: '_gate_dense',
  },
  GroupedQueryAttention: {
    query: '_query_dense',
    key: '_key_dense',
    value: '_value_dense',
    attention_output: '_output_dense',
    gate: '_gate_dense',
  },
}

/**
 * Where Keras keeps a part of a layer, and the layer that it is, where wrappers tell: the inner layer of SpectralNormalization may have any
 * name here; Keras keeps it as `layer`.
 */
function placeOf(layer: AnyLayer, part: string): { readonly path: string; readonly owner?: AnyLayer } {
  if (part === '') return { path: '', owner: layer }
  const wrapped = 'layer' in layer.config ? layer.config.layer : undefined
  if (!isLayer(wrapped)) return { path: attributes[layer.type]?.[part] ?? part }
  const [name = '', ...rest] = part.split('/')
  const inside = placeOf(wrapped, rest.join('/'))
  const own = layer.type === 'SpectralNormalization' ? 'layer' : name
  return { ...inside, path: inside.path === '' ? own : `${own}/${inside.path}` }
}
