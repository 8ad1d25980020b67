import { type AnyLayer, isLayer } from '../../../nn/layer.ts'
import { snakeCase } from '../../../nn/names.ts'
import type { Variable } from '../../../nn/variable.ts'
import type { Model } from '../../model.ts'
import { type Holder, weightHolders } from './places.ts'

/** A weight that is trained, and its path in Keras, by which OptimizerMap chooses. */
export interface Trained {
  readonly variable: Variable
  readonly path: string
}

/** The weights that gradients train, in the order in which Keras's optimizers keep them. */
export function trainedInKeras(model: Model): readonly Trained[] {
  const byWeight = new Map(model.network.variables.map(variable => [variable.weight, variable]))
  return weightHolders(model).flatMap(holder =>
    holder.weights.flatMap(({ weight, path }) => {
      const variable = byWeight.get(weight)
      return variable?.trainable ? [{ variable, path: kerasPath(holder, path) }] : []
    }),
  )
}

/**
 * Keras names weights after the layer that made them, not after what is around it: models and wrappers do not show. `inside`: the path
 * below the layer here.
 */
function kerasPath({ layer, layerConfig, group }: Holder, inside: string): string {
  const [first = '', ...rest] = inside.split('/')
  const wrapped = layerIn(layerConfig, 'layer')
  const below = rest.join('/')
  if (first === 'layer' && wrapped) return `${nameOf(wrapped)}/${below}`
  if (wrapped && (first === 'forward_layer' || first === 'backward_layer')) {
    const own = first === 'backward_layer' ? layerIn(layerConfig, 'backwardLayer') : undefined
    const name = own ? nameOf(own) : `${first.replace('layer', '')}${nameOf(wrapped).replace(/^forward_/, '')}`
    return `${name}/${inCell(wrapped.config, snakeCase((own ?? wrapped).type), rest)}`
  }
  const type = /(?:^|\/)layers\/([^/]+?)(?:_\d+)?(?:\/cell.*)?$/.exec(group)?.[1] ?? ''
  if (first !== 'cell') return `${layer}/${inside}`
  const path = inCell(layerConfig, type, ['cell', ...rest])
  // A cell that was made by itself is named without the layer that runs it.
  return layerIn(layerConfig, 'cell') ? path : `${layer}/${path}`
}

/** The path below a recurrent layer of some type: its cell has a name of its own. */
function inCell(config: object, type: string, [first = '', ...rest]: readonly string[]): string {
  if (first !== 'cell') return [first, ...rest].join('/')
  const cell = layerIn(config, 'cell')
  if (rest[0] === 'cells') return rest.slice(1).join('/')
  const name = cell ? nameOf(cell) : `${type.replace(/^conv_lstm.*/, 'conv_lstm')}_cell`
  return [name, ...rest].join('/')
}

function layerIn(config: object, option: string): AnyLayer | undefined {
  const found: unknown = new Map(Object.entries(config)).get(option)
  return isLayer(found) ? found : undefined
}

const nameOf = ({ name, type }: AnyLayer): string => name ?? snakeCase(type)
