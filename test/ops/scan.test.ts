import { describe, expect, test } from 'vitest'
import { gradientsOf, vjpOf } from '../../src/autodiff/backward.ts'
import { batchOf } from '../../src/autodiff/batching.ts'
import { NotDifferentiableError } from '../../src/core/errors.ts'
import { Rng } from '../../src/core/rng.ts'
import { fromNumbers, type TensorData } from '../../src/core/tensor-data.ts'
import { Graph } from '../../src/graph/graph.ts'
import { Value } from '../../src/graph/value.ts'
import { verify } from '../../src/graph/verify.ts'
import { ints, scalar } from '../../src/ops/constants.ts'
import { scan } from '../../src/ops/control/scan.ts'
import { add } from '../../src/ops/math/add.ts'
import { matMul } from '../../src/ops/math/mat-mul.ts'
import { mul } from '../../src/ops/math/mul.ts'
import { sigmoid } from '../../src/ops/math/sigmoid.ts'
import { tanh } from '../../src/ops/math/tanh.ts'
import { dropout } from '../../src/ops/random/dropout.ts'
import { reduceSum } from '../../src/ops/reduce/reduce-sum.ts'
import { concat } from '../../src/ops/shape/concat.ts'
import { slice } from '../../src/ops/shape/slice.ts'
import { squeeze } from '../../src/ops/shape/squeeze.ts'
import { unsqueeze } from '../../src/ops/shape/unsqueeze.ts'
import { evaluate, worstError } from '../support/run.ts'

/** A Scan against the same steps written one after the other: values, gradients of both orders, batches. */

const [steps, batch, units] = [4, 2, 3]
const input = (name: string, shape: readonly number[]) => Value.input({ dtype: 'float64', shape }, name)

/** Everything a program reads: entries, initial states, weights. */
const makeInputs = () => ({
  x: input('x', [steps, batch, units]),
  h: input('h', [batch, units]),
  c: input('c', [batch, units]),
  w: input('w', [units, units]),
  r: input('r', [units, units]),
  b: input('b', [units]),
  s: input('s', []),
})
type Inputs = ReturnType<typeof makeInputs>
type Weights = Pick<Inputs, 'w' | 'r' | 'b' | 's'>

/** A cell that uses its weights in all the ways: products, sums, a scalar, twice, and as they are. */
function cell(x: Value, h: Value, c: Value, { w, r, b, s }: Weights): readonly [Value, Value, Value] {
  const z = add(add(matMul(x, w), matMul(h, r)), b)
  const next = add(mul(sigmoid(z), c), mul(s, tanh(matMul(h, r))))
  const out = mul(tanh(next), add(x, b))
  return [out, next, mul(z, s)]
}

interface Style {
  readonly name: string
  /** Which of the states the scan gives out as well; the gradient has to compute the others again. */
  readonly kept: readonly ('h' | 'c' | 'z')[]
  readonly direction: 0 | 1
  readonly outputDirection: 0 | 1
  readonly axis: 0 | 1
}

const styles: readonly Style[] = [
  { name: 'all states kept', kept: ['h', 'c', 'z'], direction: 0, outputDirection: 0, axis: 0 },
  { name: 'one state kept', kept: ['h'], direction: 0, outputDirection: 0, axis: 0 },
  { name: 'no state kept', kept: ['z'], direction: 0, outputDirection: 0, axis: 0 },
  { name: 'backwards', kept: ['h', 'z'], direction: 1, outputDirection: 1, axis: 0 },
  { name: 'backwards in, forwards out', kept: ['h'], direction: 1, outputDirection: 0, axis: 0 },
  { name: 'along another axis', kept: ['z', 'c'], direction: 0, outputDirection: 0, axis: 1 },
]

/** x is stored with the steps on the style's axis. */
const entriesType = (axis: number) => (axis === 0 ? [steps, batch, units] : [batch, steps, units])

function scanned({ x, h, c, ...weights }: Inputs, { kept, direction, outputDirection, axis }: Style): readonly Value[] {
  const [entry, h0, c0] = [input('x', [batch, units]), input('h', [batch, units]), input('c', [batch, units])]
  const [h1, c1, z] = cell(entry, h0, c0, weights)
  const outputs = kept.map(name => ({ h: h1, c: c1, z })[name])
  return scan([h, c, x], {
    body: new Graph({ name: 'cell', inputs: [h0, c0, entry], outputs: [h1, c1, ...outputs], captures: 'invariant' }),
    num_scan_inputs: 1,
    scan_input_axes: [axis],
    scan_output_axes: kept.map(() => axis),
    scan_input_directions: [direction],
    scan_output_directions: kept.map(() => outputDirection),
  })
}

function unrolled({ x, h, c, ...weights }: Inputs, { kept, direction, outputDirection, axis }: Style) {
  const outputs: Record<'h' | 'c' | 'z', Value[]> = { h: [], c: [], z: [] }
  let [h1, c1] = [h, c]
  for (let i = 0; i < steps; i++) {
    const t = direction === 0 ? i : steps - 1 - i
    const entry = squeeze(slice(x, ints([t]), ints([t + 1]), ints([axis])), ints([axis]))
    const [nextH, nextC, z] = cell(entry, h1, c1, weights)
    h1 = nextH
    c1 = nextC
    for (const [name, value] of [
      ['h', h1],
      ['c', c1],
      ['z', z],
    ] as const)
      outputs[name].push(unsqueeze(value, ints([axis])))
  }
  const stack = (values: readonly Value[]) => concat(outputDirection === 0 ? values : values.toReversed(), { axis })
  return [h1, c1, ...kept.map(name => stack(outputs[name]))]
}

const draw = (value: Value, rng: Rng): TensorData => {
  const shape = value.shape.map(Number)
  return fromNumbers(
    'float64',
    shape,
    Array.from({ length: shape.reduce((n, d) => n * d, 1) }, () => rng.normal()),
  )
}

/** Σ output·weight, with fixed random weights. */
function project(outputs: readonly (Value | undefined)[]): Value {
  const rng = new Rng(5)
  const sums = outputs.flatMap(output =>
    output ? [reduceSum(mul(output, Value.constant(draw(output, rng))), undefined, { keepdims: 0 })] : [],
  )
  return sums.reduce((a, b) => add(a, b))
}

const programs = (style: Style) => {
  const inputs = makeInputs()
  const laid = { ...inputs, x: input('x', entriesType(style.axis)) }
  return { inputs: laid, list: Object.values(laid), scan: scanned(laid, style), loop: unrolled(laid, style) }
}

async function expectEqual(inputs: readonly Value[], got: readonly Value[], want: readonly Value[], bound = 1e-10) {
  verify(new Graph({ inputs, outputs: got }))
  const rng = new Rng(3)
  const results = await evaluate([...got, ...want], new Map(inputs.map(value => [value, draw(value, rng)])))
  got.forEach((value, i) => {
    const [a, b] = [results[i], results[got.length + i]]
    if (!a || !b) throw new Error('no result')
    expect(a.shape).toEqual(value.shape)
    expect(worstError(a, b), `output ${i}`).toBeLessThan(bound)
  })
}

describe.each(styles)('Scan, $name', style => {
  test('values', async () => {
    const { list, scan: got, loop: want } = programs(style)
    await expectEqual(list, got, want)
  })
  test('gradients, captures included', async () => {
    const { list, scan: got, loop: want } = programs(style)
    await expectEqual(list, gradientsOf(project(got), list), gradientsOf(project(want), list))
  })
  test('gradients of gradients', async () => {
    const { list, scan: got, loop: want } = programs(style)
    const twice = (outputs: readonly Value[]) => gradientsOf(project(gradientsOf(project(outputs), list)), list)
    await expectEqual(list, twice(got), twice(want), 1e-9)
  })
  test.each([['x', 'h', 'r'], ['w'], ['s', 'b'], ['x'], ['c']] as const)('vmap over %s %s %s', async (...names) => {
    const { inputs, list, scan: got } = programs(style)
    const examples = names.map(name => inputs[name]).filter(value => value !== undefined)
    const batches = examples.map(value => input(`${value.name}s`, [3, ...value.shape.map(Number)]))
    const rest = list.filter(value => !examples.includes(value))
    const entry = (i: number) => (value: Value) => squeeze(slice(value, ints([i]), ints([i + 1]), ints([0])), ints([0]))
    const one = (i: number) => {
      const replaced = { ...inputs }
      names.forEach((name, k) => {
        const whole = batches[k]
        if (whole) replaced[name] = entry(i)(whole)
      })
      return unrolled(replaced, style).map(value => unsqueeze(value, ints([0])))
    }
    const loops = [one(0), one(1), one(2)]
    const want = got.map((_, k) =>
      concat(
        loops.flatMap(outputs => outputs[k] ?? []),
        { axis: 0 },
      ),
    )
    await expectEqual([...batches, ...rest], batchOf(got, examples, batches, 3), want)
  })
})

test('the gradient of a final state alone', async () => {
  const { list, scan: got, loop: want } = programs({ name: '', kept: ['h'], direction: 0, outputDirection: 0, axis: 0 })
  const grads = (outputs: readonly Value[]) => gradientsOf(project([undefined, outputs[1]]), list)
  await expectEqual(list, grads(got), grads(want))
})

test('a Scan without states is differentiated all at once', () => {
  const [x, w] = [input('x', [steps, units]), input('w', [units])]
  const entry = input('entry', [units])
  const body = new Graph({ inputs: [entry], outputs: [tanh(mul(entry, w))], captures: 'invariant' })
  const outputs = scan([x], { body, num_scan_inputs: 1 })
  const [dx, dw] = gradientsOf(project(outputs), [x, w])
  if (!dx || !dw) throw new Error('no gradient')
  expect(new Graph({ inputs: [x, w], outputs: [dx, dw] }).nodes.filter(node => node.type === 'Scan')).toHaveLength(1)
})

test('weight gradients are one product over all steps', () => {
  const { inputs, scan: got } = programs({ name: '', kept: ['h', 'c'], direction: 0, outputDirection: 0, axis: 0 })
  const [dw] = vjpOf(
    [got[2] ?? inputs.x],
    [Value.input({ dtype: 'float64', shape: [steps, batch, units] })],
    [inputs.w],
  )
  expect(dw?.node?.type).toBe('Gemm')
})

test('draws inside of the body are refused', () => {
  const [x, h] = [input('x', [steps, units]), input('h', [units])]
  const [entry, state] = [input('entry', [units]), input('state', [units])]
  const dropped = dropout(mul(entry, state), scalar(0.5, 'float64'), scalar(1, 'bool'))
  const next = mul(dropped.y, state)
  const [last] = scan([h, x], { body: new Graph({ inputs: [state, entry], outputs: [next] }), num_scan_inputs: 1 })
  expect(() => gradientsOf(project([last]), [x])).toThrow(NotDifferentiableError)
})
