import { isFloat } from '../../core/dtype.ts'
import type { Dim } from '../../core/shape.ts'
import { staticDim, staticShape } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import type { Value } from '../../graph/value.ts'
import { constant, ints } from '../constants.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { requireNumeric, sameDType } from '../infer.ts'
import { expand } from '../shape/expand.ts'
import { reshapeTo } from '../shape/reshape.ts'
import { cast } from './cast.ts'
import { type Equation, formatEquation, freshLabel, readEquation } from './einsum-equation.ts'

const attrs = { equation: attr.required.string() }

/** Einstein summation: any equation over labels, with ellipses, sums, transposes, diagonals and products of any number of operands. */
export const einsum: Op<['...inputs'], ['y'], typeof attrs> = defineOp({
  type: 'Einsum',
  since: 12,
  inputs: ['...inputs'],
  attrs,
  infer: ({ inputs }, { equation }) => {
    for (const input of inputs) requireNumeric('Einsum', input)
    const { output, sizes } = read(equation, inputs)
    return { dtype: sameDType('Einsum', ...inputs), shape: [...output].map(label => sizes.get(label) ?? 1) }
  },
  vjp: ({ inputs }, _y, dy, { equation }) => {
    if (inputs.some(input => !isFloat(input.dtype))) return { inputs: nondiff('integers') }
    const known = read(equation, inputs)
    return { inputs: inputs.map((_, i) => operandGradient(known, inputs, i, dy)) }
  },
  batch: ({ inputs }, { call, attributes: { equation } }) => {
    const shapes = inputs.map(({ value, batched }) => (batched ? value.shape.slice(1) : value.shape))
    const { operands, output } = readEquation(equation, shapes)
    const batch = freshLabel(operands.join(''))
    const moved = operands.map((operand, i) => (inputs[i]?.batched ? batch + operand : operand))
    return call(
      { inputs: inputs.map(({ value }) => value) },
      { equation: formatEquation({ operands: moved, output: batch + output }) },
    )
  },
  samples: [
    {
      inputs: [
        [3, 4],
        [4, 5],
      ],
      attrs: { equation: 'ij,jk->ik' },
    },
    {
      inputs: [
        [3, 4],
        [4, 5],
      ],
      attrs: { equation: 'ij, jk' },
    },
    {
      inputs: [
        [2, 3, 4],
        [2, 5, 4],
      ],
      attrs: { equation: 'bij,bkj->bik' },
    },
    {
      inputs: [
        [2, 3, 4],
        [1, 4, 2],
      ],
      attrs: { equation: '...ij,...jk->...ik' },
      skip: { webgpu: 'its kernel does not broadcast under an ellipsis' },
    },
    {
      inputs: [
        [2, 3, 4],
        [4, 2],
      ],
      attrs: { equation: '...ij,jk->k...i' },
    },
    { inputs: [[3, 4]], attrs: { equation: 'ij->j' } },
    { inputs: [[3, 4]], attrs: { equation: 'ij->' } },
    { inputs: [[3, 3]], attrs: { equation: 'ii->i' } },
    { inputs: [[3, 3], [3]], attrs: { equation: 'ii,i->' } },
    { inputs: [[2], [3], [2, 3]], attrs: { equation: 'a,b,ab->ba' } },
    { inputs: [[2, 3], [4]], attrs: { equation: 'ij,k->ki' } },
  ],
  traits: { flops: einsumFlops },
})

const read = (equation: string, inputs: readonly Value[]): Equation =>
  readEquation(
    equation,
    inputs.map(input => input.shape),
  )

/**
 * Einsum is linear in each operand: its gradient is the einsum of `dy` and the other operands with that operand's labels as the
 * output. Labels that neither has were summed over, so the gradient repeats along them; of a label that the operand repeats
 * (a diagonal), a unit matrix spreads the gradient over the diagonal; along an axis of size 1 that stretched, it is summed.
 */
function operandGradient(
  { operands, output, sizes }: Equation,
  inputs: readonly Value[],
  index: number,
  dy: Value,
): Value {
  const own = operands[index] ?? ''
  const shape = staticShape(inputs[index]?.shape ?? [], 'gradient of Einsum')
  const stretched = [...own].map((label, axis) => shape[axis] === 1 && sizes.get(label) !== 1)
  const terms = [output]
  const values = [dy]
  inputs.forEach((input, i) => {
    if (i === index) return
    const { labels, value } = squeezed(operands[i] ?? '', input, sizes)
    terms.push(labels)
    values.push(value)
  })
  let used = operands.join('') + output
  const wanted = [...own].map((label, axis) => {
    if (stretched[axis] || own.indexOf(label) === axis) return label
    const twin = freshLabel(used)
    used += twin
    terms.push(label + twin)
    values.push(cast(unitMatrix(staticDim(sizes.get(label), shape)), { to: dy.dtype }))
    return twin
  })
  const has = (label: string, axis: number) => !stretched[axis] && terms.some(term => term.includes(label))
  const result = einsum(values, { equation: formatEquation({ operands: terms, output: wanted.filter(has).join('') }) })
  const spread = reshapeTo(
    result,
    wanted.map((label, axis) => (has(label, axis) ? (shape[axis] ?? 1) : 1)),
  )
  return expand(spread, ints(shape))
}

/** An operand without the axes of size 1 that other operands stretch. */
function squeezed(labels: string, value: Value, sizes: ReadonlyMap<string, Dim>): { labels: string; value: Value } {
  const shape = staticShape(value.shape, 'gradient of Einsum')
  const kept = [...labels].map((label, axis) => shape[axis] !== 1 || sizes.get(label) === 1)
  if (kept.every(Boolean)) return { labels, value }
  return {
    labels: [...labels].filter((_, axis) => kept[axis]).join(''),
    value: reshapeTo(
      value,
      shape.filter((_, axis) => kept[axis]),
    ),
  }
}

const unitMatrix = (size: number): Value =>
  constant(
    Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0)),
    [size, size],
  )

/** A multiplication for each operand and an addition, for every combination of labels (without a cleverer order of contraction). */
function einsumFlops(node: Node): number {
  const equation = node.attributes['equation']
  const inputs = node.inputs.filter(input => input !== undefined)
  if (equation?.kind !== 'string') return 0
  const { sizes } = read(equation.value, inputs)
  return [...sizes.values()].reduce<number>((n, dim) => n * (typeof dim === 'number' ? dim : 1), inputs.length)
}
