import { Graph, usedBy } from '../../../graph/graph.ts'
import { Value } from '../../../graph/value.ts'
import { scalarLike } from '../../../ops/constants.ts'
import { ifOp } from '../../../ops/control/if.ts'
import { equal } from '../../../ops/logic/equal.ts'
import { identity } from '../../../ops/math/identity.ts'
import type { AnyLayer } from '../../layer.ts'
import type { DataFormat } from '../options.ts'
import { randomRotation, randomShear, randomTranslation } from './affine.ts'
import { autoContrast, equalization } from './equalization.ts'
import { randomColorDegeneration } from './random-colour.ts'
import { randomSharpness } from './random-filter.ts'
import type { Range } from './random-layer.ts'
import { randomBrightness, randomContrast, randomPosterization, solarization } from './tone.ts'

/** What randAugment and augMix have in common: a choice among layers of one strength. */

export interface PolicyConfig {
  readonly factor: Range
  readonly valueRange: Range
  readonly interpolation: 'nearest' | 'bilinear'
  readonly seed: number | null
  readonly dataFormat: DataFormat
}

/** The layers to choose among, by Keras's names for them. */
export function policyLayers(config: PolicyConfig): Readonly<Record<PolicyName, AnyLayer>> {
  const { factor, valueRange, interpolation, dataFormat } = config
  let made = 0
  // Seeds of their own: layers of one seed would draw the same numbers.
  const seeded = () => ({ dataFormat, seed: config.seed === null ? null : (config.seed + 7919 * ++made) % 2 ** 31 })
  const moving = () => ({ interpolation, ...seeded() })
  const colouring = () => ({ valueRange, ...seeded() })
  return {
    random_shear: randomShear({ xFactor: factor, yFactor: factor, ...moving() }),
    random_translation: randomTranslation({ heightFactor: factor, widthFactor: factor, ...moving() }),
    random_rotation: randomRotation({ factor, ...moving() }),
    random_brightness: randomBrightness({ factor, ...colouring() }),
    random_color_degeneration: randomColorDegeneration({ factor, ...colouring() }),
    random_contrast: randomContrast({ factor, ...colouring() }),
    random_sharpness: randomSharpness({ factor, ...colouring() }),
    random_posterization: randomPosterization({ factor: Math.max(1, Math.trunc(8 * factor[1])), ...colouring() }),
    solarization: solarization({ additionFactor: factor, thresholdFactor: factor, ...colouring() }),
    auto_contrast: autoContrast({ valueRange, dataFormat }),
    equalization: equalization({ valueRange, dataFormat }),
  }
}

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

/** x through the function that `index` (a scalar) counts to; x itself where there is none. Only that one is computed. */
export const chosenOf = (x: Value, index: Value, functions: readonly ((x: Value) => Value)[]): Value =>
  functions.reduce(
    (y, work, i) =>
      ifOp(equal(index, scalarLike(i, index)), {
        then_branch: branch('then', () => work(y)),
        else_branch: branch('else', () => y),
      })[0] ?? y,
    x,
  )

/** A body of what `trace` makes; whatever was there before is captured. */
function branch(name: string, trace: () => Value): Graph {
  // Values and nodes share a counter: what is older than this is from outside.
  const { id: start } = Value.input(undefined)
  const output = identity(trace())
  const captures = new Set<Value>()
  const seen = new Set<Value>()
  const stack: Value[] = [output]
  for (let value = stack.pop(); value; value = stack.pop()) {
    if (seen.has(value) || value.constant) continue
    seen.add(value)
    if (value.id < start || !value.node) captures.add(value)
    else stack.push(...usedBy(value.node))
  }
  return new Graph({ name, inputs: [], outputs: [output], captures: [...captures] })
}
