import { Graph } from '../../../graph/graph.ts'
import { Value } from '../../../graph/value.ts'
import { constantLike, ints, scalar } from '../../../ops/constants.ts'
import { tokenizer } from '../../../ops/contrib/tokenizer.ts'
import { loop } from '../../../ops/control/loop.ts'
import { gatherND } from '../../../ops/index/gather-nd.ts'
import { nonZero } from '../../../ops/index/non-zero.ts'
import { scatterElements } from '../../../ops/index/scatter-elements.ts'
import { scatterND } from '../../../ops/index/scatter-nd.ts'
import { equal } from '../../../ops/logic/equal.ts'
import { greater } from '../../../ops/logic/greater.ts'
import { not } from '../../../ops/logic/not.ts'
import { where } from '../../../ops/logic/where.ts'
import { cast } from '../../../ops/math/cast.ts'
import { mul } from '../../../ops/math/mul.ts'
import { sub } from '../../../ops/math/sub.ts'
import { cumSum } from '../../../ops/reduce/cum-sum.ts'
import { reduceMax } from '../../../ops/reduce/reduce-max.ts'
import { reduceSum } from '../../../ops/reduce/reduce-sum.ts'
import { concat } from '../../../ops/shape/concat.ts'
import { expand } from '../../../ops/shape/expand.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import { shapeOf } from '../../../ops/shape/shape.ts'
import { slice } from '../../../ops/shape/slice.ts'
import { squeeze } from '../../../ops/shape/squeeze.ts'
import { transpose } from '../../../ops/shape/transpose.ts'
import { unsqueeze } from '../../../ops/shape/unsqueeze.ts'
import { regexFullMatch } from '../../../ops/text/regex-full-match.ts'
import { stringConcat } from '../../../ops/text/string-concat.ts'
import { stringNormalizer } from '../../../ops/text/string-normalizer.ts'
import { loweringCase, strippingPunctuation, type Tokenization } from './tokens.ts'

/** What `tokens.ts` does, as a part of the graph, by operators of ONNX Runtime. */

/** For regular expressions, within brackets. */
const marks = '!"#$%&()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~\''
const space = ' \\t\\n\\v\\f\\r'

/** Whether these are texts, one a row, and not yet tokens. */
export const areTexts = ({ dtype, shape }: Value): boolean =>
  dtype === 'string' && (shape.length === 1 || (shape.length === 2 && shape[1] === 1))

/**
 * Texts [batch] or [batch, 1] → their tokens, [batch, most], filled up with ''. With `limit` the first ones of each text are enough.
 * The tokens of n-grams of several lengths stand length by length, each filled up for itself.
 */
export function tokensInGraph(texts: Value, { standardize, split, ngrams }: Tokenization, limit: number | null): Value {
  const flat = reshape(texts, ints([-1]))
  const text = loweringCase(standardize) ? lowered(flat) : flat
  const tokens = parts(text, strippingPunctuation(standardize), split, ngrams === null ? limit : null)
  return ngrams === null ? tokens : grams(tokens, ngrams)
}

function parts(text: Value, strips: boolean, split: Tokenization['split'], limit: number | null): Value {
  if (split === null) return unsqueeze(strips ? withoutPunctuation(text) : text, ints([1]))
  if (split === 'character') return tokenized(text, strips ? { tokenexp: `[^${marks}]` } : { separators: [''] })
  // From the first to the last character of a word that is no punctuation mark: words of nothing else vanish, as they must, and the
  // few with marks inside are dealt with one by one.
  const word = strips ? `[^${space}${marks}](?:[^${space}]*[^${space}${marks}])?` : `[^${space}]+`
  const words = tokenized(text, { tokenexp: word })
  const needed = limit === null ? words : columns(words, 0, limit)
  return strips ? withoutPunctuation(needed) : needed
}

const tokenized = (x: Value, how: { readonly tokenexp: string } | { readonly separators: readonly string[] }): Value =>
  tokenizer(x, { mark: 0, mincharnum: 1, pad_value: '', ...how })

const strings = (...data: readonly string[]): Value =>
  Value.constant({ dtype: 'string', shape: [data.length], data: [...data] })

/** Strings without their punctuation marks: those that have any are split at them, and their pieces joined. */
const withoutPunctuation = (x: Value): Value => mended(x, x, `[^${marks}]*`, `[^${marks}]+`)

/**
 * Strings [n] in lower case, where TensorFlow lowers ASCII alone. A locale 'C' is everywhere and does so in most places; not in all, so
 * strings with other letters that have a lower case are taken apart, and only what lies between these is lowered.
 */
function lowered(x: Value): Value {
  const others = '\\p{Lu}\\p{Lt}\\p{Nl}\\x{24B6}-\\x{24CF}'
  const safe = `(?:[A-Z]|[^${others}])`
  const lower = (y: Value) => stringNormalizer(y, { case_change_action: 'LOWER', is_case_sensitive: 1, locale: 'C' })
  return mended(x, lower(x), `${safe}*`, `${safe}+|[${others}]`, pieces => {
    const flat = reshape(pieces, ints([-1]))
    const right = where(regexFullMatch(flat, { pattern: `${safe}*` }), lower(flat), flat)
    return reshape(right, shapeOf(pieces))
  })
}

/** `result`, but for the strings of `x` that do not match `good`: those are split into matches of `piece`, changed, and joined again. */
function mended(x: Value, result: Value, good: string, piece: string, changed = (pieces: Value) => pieces): Value {
  const places = transpose(nonZero(not(regexFullMatch(x, { pattern: good }))), { perm: [1, 0] })
  // One more, so that there is something to split, and a piece.
  const marked = concat([gatherND(x, places), strings('a')], { axis: 0 })
  const joined = joinedRows(changed(tokenized(marked, { tokenexp: piece })))
  return scatterND(result, places, slice(joined, ints([0]), ints([-1])))
}

const end = 2 ** 31 - 1
const columns = (x: Value, from: number, to: number, step = 1): Value =>
  slice(x, ints([from]), ints([to]), ints([1]), ints([step]))

/** '' for `count` columns more of `x`. */
const blanks = (x: Value, count: number): Value =>
  expand(strings(''), concat([shapeOf(x, { end: 1 }), ints([count])], { axis: 0 }))

/** Strings [rows, columns], columns at least 1 → each row joined, [rows]. Neighbours are joined until one is left. */
function joinedRows(pieces: Value): Value {
  const [rows = 'rows'] = pieces.shape
  const blank = blanks(pieces, 1)
  const turn = Value.input({ dtype: 'int64', shape: [] }, 'turn')
  const going = Value.input({ dtype: 'bool', shape: [] }, 'going')
  const state = Value.input({ dtype: 'string', shape: [rows, 'pieces'] }, 'state')
  const next = stringConcat(columns(state, 0, end, 2), columns(concat([state, blank], { axis: 1 }), 1, end, 2))
  const more = greater(squeeze(shapeOf(next, { start: 1, end: 2 }), ints([0])), scalar(1, 'int64'))
  const body = new Graph({ name: 'join', inputs: [turn, going, state], outputs: [more, next], captures: [blank] })
  const [joined = pieces] = loop(undefined, scalar(1, 'bool'), [pieces], { body })
  return reshape(joined, ints([-1]))
}

/** N-grams of tokens [batch, tokens], the lengths one beside the other: those that would reach beyond a text's end are ''. */
function grams(tokens: Value, lengths: readonly number[]): Value {
  const most = Math.max(...lengths)
  const padded = most === 1 ? tokens : concat([tokens, blanks(tokens, most - 1)], { axis: 1 })
  const shifted = (by: number) => (most === 1 ? padded : columns(padded, by, by === most - 1 ? end : by - most + 1))
  const gram = (length: number): Value => {
    let joined = shifted(0)
    for (let i = 1; i < length; i++) joined = stringConcat(stringConcat(joined, strings(' ')), shifted(i))
    return length === 1 ? joined : where(equal(shifted(length - 1), strings('')), strings(''), joined)
  }
  return concat(lengths.map(gram), { axis: 1 })
}

/** Moves the numbers of each row that are not 0 to its front; as long as the longest row then is. */
export function packed(ids: Value): Value {
  const none = constantLike([0], [], ids)
  const taken = not(equal(ids, none))
  const counts = cast(taken, { to: 'int64' })
  // Zeros all go to one column more.
  const last = shapeOf(ids, { start: 1, end: 2 })
  const places = where(taken, sub(cumSum(counts, scalar(1, 'int64')), scalar(1, 'int64')), last)
  const room = mul(concat([ids, reduceSum(ids, ints([1]))], { axis: 1 }), none)
  const lengths = reduceSum(counts, ints([1]), { keepdims: 0 })
  return slice(scatterElements(room, places, ids, { axis: 1 }), ints([0]), reduceMax(lengths), ints([1]))
}

/** Numbers [batch, any] cut or filled up with 0 to [batch, length]. */
export function fitted(ids: Value, length: number): Value {
  const zeros = expand(scalar(0, 'int64'), concat([shapeOf(ids, { end: 1 }), ints([length])], { axis: 0 }))
  return reshape(columns(concat([ids, zeros], { axis: 1 }), 0, length), ints([0, length]))
}
