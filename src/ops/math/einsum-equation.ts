import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { broadcastDim, type Dim, formatShape, type Shape } from '../../core/shape.ts'

/** Einstein summation, read: one label per axis, ellipses spelled out with labels of their own. */
export interface Equation {
  /** Labels of each operand, e.g. `['ij', 'jk']`. */
  readonly operands: readonly string[]
  readonly output: string
  /** Size of every label. */
  readonly sizes: ReadonlyMap<string, Dim>
}

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'

/** A letter that is not in use. */
export function freshLabel(used: Iterable<string>): string {
  const taken = new Set(used)
  for (const letter of letters) if (!taken.has(letter)) return letter
  throw new ArgumentError({ where: 'Einsum', expected: 'at most 52 labels', received: 'more' })
}

/** `ij,jk->ik`. */
export const formatEquation = ({ operands, output }: Pick<Equation, 'operands' | 'output'>): string =>
  `${operands.join(',')}->${output}`

/** Reads an equation for operands of these shapes; throws when they do not fit. */
export function readEquation(text: string, shapes: readonly Shape[]): Equation {
  const [left = '', right, ...more] = text.replaceAll(' ', '').split('->')
  const terms = left.split(',')
  const wrong = (expected: string) =>
    new ArgumentError({
      where: 'Einsum',
      expected,
      received: `'${text}' with shapes ${shapes.map(formatShape).join(', ')}`,
    })
  if (more.length > 0 || ![...terms, right ?? ''].every(term => /^[a-zA-Z]*(\.\.\.)?[a-zA-Z]*$/.test(term))) {
    throw wrong("an equation such as 'ij,jk->ik' or '...ij->...ji'")
  }
  if (terms.length !== shapes.length) throw wrong(`one term for each of ${shapes.length} operands`)

  // The ellipsis of the operand with the most axes decides how many labels it stands for; they align at the right.
  const hidden = terms.map((term, i) => (term.includes('...') ? (shapes[i]?.length ?? 0) - (term.length - 3) : 0))
  if (hidden.some(count => count < 0)) throw wrong('no more labels than an operand has axes')
  let ellipsis = ''
  while (ellipsis.length < Math.max(0, ...hidden)) ellipsis += freshLabel(text + ellipsis)
  const operands = terms.map((term, i) => term.replace('...', ellipsis.slice(ellipsis.length - (hidden[i] ?? 0))))
  const output = right === undefined ? implicitOutput(terms, ellipsis) : right.replace('...', ellipsis)
  if (operands.some((operand, i) => operand.length !== shapes[i]?.length)) throw wrong('one label for each axis')

  const sizes = new Map<string, Dim>()
  operands.forEach((operand, i) => {
    ;[...operand].forEach((label, axis) => {
      const dim = shapes[i]?.[axis] ?? 1
      const joined = broadcastDim(sizes.get(label) ?? 1, dim)
      if (joined === undefined) {
        throw new ShapeError({
          where: 'Einsum',
          expected: `axes of one size for the label '${label}' of '${text}'`,
          received: shapes.map(formatShape).join(', '),
        })
      }
      sizes.set(label, joined)
    })
  })
  if (new Set(output).size !== output.length || [...output].some(label => !sizes.has(label))) {
    throw wrong('an output whose labels occur in the operands and do not repeat')
  }
  return { operands, output, sizes }
}

/** Without `->`, the output has the ellipsis first, then in alphabetical order the labels that occur once. */
function implicitOutput(terms: readonly string[], ellipsis: string): string {
  const all = terms.join('').replaceAll('.', '')
  const once = [...all].filter(label => all.indexOf(label) === all.lastIndexOf(label))
  return ellipsis + once.sort().join('')
}
