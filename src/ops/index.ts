/** The table: every operator Tenon knows. Adding one is its file and a line in the `index.ts` of its family. */
import type { Operator } from '../graph/operator.ts'
import * as contrib from './contrib/index.ts'
import * as control from './control/index.ts'
import * as index from './index/index.ts'
import * as logic from './logic/index.ts'
import * as math from './math/index.ts'
import * as nn from './nn/index.ts'
import * as quant from './quant/index.ts'
import * as random from './random/index.ts'
import * as recurrent from './recurrent/index.ts'
import * as reduce from './reduce/index.ts'
import * as shape from './shape/index.ts'
import * as signal from './signal/index.ts'
import * as text from './text/index.ts'

const families: readonly Readonly<Record<string, Operator>>[] = [
  contrib,
  control,
  index,
  logic,
  math,
  nn,
  quant,
  random,
  recurrent,
  reduce,
  shape,
  signal,
  text,
]

export const operators: readonly Operator[] = families.flatMap(family => Object.values(family))

const byName = new Map(operators.map(op => [`${op.domain}:${op.type}`, op]))
if (byName.size !== operators.length) throw new Error('two operators of one name in the table')

/** The table's entry, or `undefined` for an operator outside of it. */
export const findOperator = (type: string, domain = ''): Operator | undefined =>
  byName.get(`${domain === 'ai.onnx' ? '' : domain}:${type}`)
