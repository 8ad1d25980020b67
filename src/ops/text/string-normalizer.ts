import { NotBatchableError, ShapeError } from '../../core/errors.ts'
import { formatShape, sizeOf } from '../../core/shape.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { requireString } from '../infer.ts'
import { reshapeTo } from '../shape/reshape.ts'

const attrs = {
  case_change_action: attr.string('NONE'),
  is_case_sensitive: attr.int(0),
  locale: attr.string(),
  stopwords: attr.strings(),
}

/**
 * A list of strings [n] or [1, n] in lower or upper case, without its stop words. Which letters have a case is a matter of `locale`, which
 * must be installed where the graph runs; 'C' always is, and knows those of ASCII alone (on WebAssembly: all).
 */
export const stringNormalizer: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'StringNormalizer',
  since: 10,
  inputs: ['x'],
  attrs,
  infer: ({ x }, { stopwords }) => {
    requireString('StringNormalizer', x)
    const { shape } = x
    if (shape.length !== 1 && !(shape.length === 2 && (shape[0] === 1 || typeof shape[0] === 'string'))) {
      throw new ShapeError({
        where: 'StringNormalizer',
        expected: 'strings of shape [n] or [1, n]',
        received: formatShape(shape),
      })
    }
    return { dtype: 'string', shape: stopwords ? [...shape.slice(0, -1), `kept_${x.id}`] : shape }
  },
  vjp: nondiff('strings have no slope'),
  batch: ({ x: { value } }, { call, attributes }) => {
    if (attributes.stopwords) {
      throw new NotBatchableError({
        where: 'vmap of StringNormalizer',
        expected: 'no stopwords, which leave each entry of the batch another length',
        received: `${attributes.stopwords.length}`,
      })
    }
    const flat = call({ x: reshapeTo(value, [-1]) }, attributes)
    return reshapeTo(
      flat,
      value.shape.map(dim => sizeOf([dim])),
    )
  },
  samples: [
    {
      x: { strings: ['Öl', 'ABC d', ''] },
      attrs: { case_change_action: 'LOWER', is_case_sensitive: 1, locale: 'C' },
      skip: { wasm: 'its C library knows the case of every letter in every locale' },
    },
    {
      x: { strings: ['a', 'B'], shape: [1, 2] },
      attrs: { case_change_action: 'UPPER', is_case_sensitive: 1, locale: 'C' },
    },
    {
      x: { strings: ['the', 'cat'] },
      attrs: { is_case_sensitive: 1, stopwords: ['the'], locale: 'C' },
      skip: { vmap: 'entries would differ in length' },
    },
  ],
})
