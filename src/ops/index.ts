/** The table: every operator Tenon knows. Adding one is its file and a line here. */
import type { Operator } from '../graph/operator.ts'
import { greater } from './logic/greater.ts'
import { add } from './math/add.ts'
import { cast } from './math/cast.ts'
import { div } from './math/div.ts'
import { matMul } from './math/mat-mul.ts'
import { mul } from './math/mul.ts'
import { neg } from './math/neg.ts'
import { sub } from './math/sub.ts'
import { tanh } from './math/tanh.ts'
import { relu } from './nn/relu.ts'
import { reduceSum } from './reduce/reduce-sum.ts'
import { concat } from './shape/concat.ts'
import { expand } from './shape/expand.ts'
import { pad } from './shape/pad.ts'
import { reshape } from './shape/reshape.ts'
import { slice } from './shape/slice.ts'
import { squeeze } from './shape/squeeze.ts'
import { transpose } from './shape/transpose.ts'
import { unsqueeze } from './shape/unsqueeze.ts'
import { conv } from './nn/conv.ts'
import { convTranspose } from './nn/conv-transpose.ts'
import { flatten } from './shape/flatten.ts'
import { split } from './shape/split.ts'
import { tile } from './shape/tile.ts'
import { shapeOf } from './shape/shape.ts'
import { size } from './shape/size.ts'
import { constantOfShape } from './shape/constant-of-shape.ts'
import { range } from './shape/range.ts'
import { eyeLike } from './shape/eye-like.ts'
import { constantNode } from './shape/constant.ts'
import { scan } from './control/scan.ts'
import { softmax } from './nn/softmax.ts'
import { logSoftmax } from './nn/log-softmax.ts'

export const operators: readonly Operator[] = [
  add, cast.operator, concat, div, expand, greater, matMul, mul, neg, pad, reduceSum, relu, reshape, slice, squeeze, sub, tanh, transpose, unsqueeze,
  conv,
  convTranspose,
  flatten,
  split,
  tile,
  shapeOf,
  size,
  constantOfShape,
  range,
  eyeLike,
  constantNode,
  scan,
  softmax,
  logSoftmax,
]

const byName = new Map(operators.map(op => [`${op.domain}:${op.type}`, op]))
if (byName.size !== operators.length) throw new Error('two operators of one name in the table')

/** The table's entry, or `undefined` for an operator outside of it. */
export const findOperator = (type: string, domain = ''): Operator | undefined => byName.get(`${domain === 'ai.onnx' ? '' : domain}:${type}`)
