import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { SameShape } from '../../shapes/functions.ts'
import { type CommonOptions, common } from '../options.ts'

/** Returns its input. */
export const identity = (options: CommonOptions = {}): Layer<SameShape> =>
  makeLayer({
    type: 'Identity',
    ...common('identity', options),
    config: {},
    masking: 'pass',
    call: ([x]) => x,
  })
