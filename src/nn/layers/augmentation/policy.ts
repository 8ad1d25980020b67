import { Graph, usedBy } from '../../../graph/graph.ts'
import { Value } from '../../../graph/value.ts'
import { constant, scalarLike } from '../../../ops/constants.ts'
import { ifOp } from '../../../ops/control/if.ts'
import { equal } from '../../../ops/logic/equal.ts'
import { add } from '../../../ops/math/add.ts'
import { identity } from '../../../ops/math/identity.ts'
import type { AnyLayer, LayerScope } from '../../layer.ts'
import type { DataFormat } from '../options.ts'
import { randomRotation, randomShear, randomTranslation } from './affine.ts'
import { type BoxOption, boxOption } from './boxes.ts'
import { type AugmentationData, dataOf, dataOption, listOf, namesOf } from './data.ts'
import { autoContrast, equalization } from './equalization.ts'
import { randomColorDegeneration } from './random-colour.ts'
import { randomSharpness } from './random-filter.ts'
import type { Range } from './random-layer.ts'
import { randomBrightness, randomContrast, randomPosterization, solarization } from './tone.ts'

/** What randAugment and augMix have in common: a choice among layers of one strength. */

export interface PolicyConfig extends BoxOption {
  readonly factor: Range
  readonly valueRange: Range
  readonly interpolation: 'nearest' | 'bilinear'
  readonly dataFormat: DataFormat
}

/** The layers to choose among, by Keras's names for them. They have no seeds: `changed` says what they draw from. */
export function policyLayers({ factor, valueRange, interpolation, dataFormat, ...boxes }: PolicyConfig): PolicyLayers {
  const moving = { interpolation, dataFormat, ...boxOption('policy', boxes) }
  const colouring = { valueRange, dataFormat }
  return {
    random_shear: randomShear({ xFactor: factor, yFactor: factor, ...moving }),
    random_translation: randomTranslation({ heightFactor: factor, widthFactor: factor, ...moving }),
    random_rotation: randomRotation({ factor, ...moving }),
    random_brightness: randomBrightness({ factor, ...colouring }),
    random_color_degeneration: randomColorDegeneration({ factor, ...colouring }),
    random_contrast: randomContrast({ factor, ...colouring }),
    random_sharpness: randomSharpness({ factor, ...colouring }),
    random_posterization: randomPosterization({ factor: Math.max(1, Math.trunc(8 * factor[1])), ...colouring }),
    solarization: solarization({ additionFactor: factor, thresholdFactor: factor, ...colouring }),
    auto_contrast: autoContrast(colouring),
    equalization: equalization(colouring),
  }
}

type PolicyLayers = Readonly<Record<PolicyName, AnyLayer>>

export type PolicyName =
  | 'random_shear'
  | 'random_translation'
  | 'random_rotation'
  | 'random_brightness'
  | 'random_color_degeneration'
  | 'random_contrast'
  | 'random_sharpness'
  | 'random_posterization'
  | 'solarization'
  | 'auto_contrast'
  | 'equalization'

/**
 * Images, and what belongs to them, through the layer that `index` (an int64 scalar) counts to; as they are where there is none. Only that
 * layer is computed. Each draws from `key` in its own way.
 */
export const changed = (
  data: AugmentationData<Value>,
  index: Value,
  layers: readonly AnyLayer[],
  key: Value,
  scope: LayerScope,
): AugmentationData<Value> =>
  layers.reduce((before, layer, i) => {
    const names = namesOf(before)
    const drawing: LayerScope = {
      ...scope,
      training: true,
      options: { [dataOption]: names },
      randomKey: () => add(key, salt(i)),
    }
    const outputs = ifOp(equal(index, scalarLike(i, index)), {
      then_branch: bodyOf('then', [], () => listed(layer.call(listOf(before), drawing))),
      else_branch: bodyOf('else', [], () => listOf(before)),
    })
    return dataOf(layer.type, names, outputs)
  }, data)

/** Makes keys differ; keys are hashed before use, so any numbers do. */
export const salt = (i: number): Value => constant([0, 7919 * (i + 1)], [2], 'int64')

const listed = (result: Value | readonly Value[]): readonly Value[] => (result instanceof Value ? [result] : result)

/** A body with what `trace` makes; whatever was there before is captured. */
export function bodyOf(name: string, inputs: readonly Value[], trace: () => readonly Value[]): Graph {
  // Values and nodes share a counter: what is older than this, and no input, is from outside.
  const { id: start } = Value.input(undefined)
  // What a body hands on must be made in it, or be one of its inputs.
  const outputs = trace().map(output => (output.id < start && !inputs.includes(output) ? identity(output) : output))
  const captures = new Set<Value>()
  const seen = new Set(inputs)
  const stack = [...outputs]
  for (let value = stack.pop(); value; value = stack.pop()) {
    if (seen.has(value) || value.constant) continue
    seen.add(value)
    if (value.id < start || !value.node) captures.add(value)
    else stack.push(...usedBy(value.node))
  }
  return new Graph({ name, inputs, outputs, captures: [...captures] })
}
