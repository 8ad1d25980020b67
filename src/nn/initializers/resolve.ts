import { ArgumentError } from '../../core/errors.ts'
import { deserialized, isSerialized, type Serialized } from '../serialized.ts'
import { constant, identity, ones, zeros } from './constant.ts'
import type { Initializer } from './initializer.ts'
import { orthogonal } from './orthogonal.ts'
import { randomNormal, randomUniform, truncatedNormal } from './random.ts'
import { stft } from './stft.ts'
import {
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  lecunNormal,
  lecunUniform,
  varianceScaling,
} from './variance-scaling.ts'

const byName = {
  zeros,
  ones,
  constant,
  identity,
  randomUniform,
  randomNormal,
  truncatedNormal,
  varianceScaling,
  glorotUniform,
  glorotNormal,
  heUniform,
  heNormal,
  lecunUniform,
  lecunNormal,
  orthogonal,
  stft,
}
export type InitializerName = keyof typeof byName

/** Keras's other names of the same classes. */
const aliases = {
  zero: 'zeros',
  one: 'ones',
  normal: 'randomnormal',
  uniform: 'randomuniform',
  identityinitializer: 'identity',
  orthogonalinitializer: 'orthogonal',
  stftinitializer: 'stft',
}

/** By name with Keras's defaults, from its serialised form, or as it is. */
export function resolveInitializer(given: InitializerName | Initializer | Serialized, where: string): Initializer {
  if (typeof given === 'string') {
    const make = byName[given]
    if (make) return make()
    throw new ArgumentError({
      where,
      expected: `an initializer among ${Object.keys(byName).join(', ')}`,
      received: `'${String(given)}'`,
    })
  }
  if (isSerialized(given)) return deserialized(byName, given, where, 'an initializer', aliases)
  return given
}
