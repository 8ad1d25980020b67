import { describe, expect, test } from 'vitest'
import { gradientsOf } from '../../src/autodiff/backward.ts'
import { batchOf } from '../../src/autodiff/batching.ts'
import { NotBatchableError, NotDifferentiableError } from '../../src/core/errors.ts'
import { Rng } from '../../src/core/rng.ts'
import { fromNumbers, type TensorData, toNumbers } from '../../src/core/tensor-data.ts'
import { Graph } from '../../src/graph/graph.ts'
import { Value } from '../../src/graph/value.ts'
import { verify } from '../../src/graph/verify.ts'
import { constant, ints, scalar } from '../../src/ops/constants.ts'
import { ifOp } from '../../src/ops/control/if.ts'
import { loop } from '../../src/ops/control/loop.ts'
import { less } from '../../src/ops/logic/less.ts'
import { add } from '../../src/ops/math/add.ts'
import { cast } from '../../src/ops/math/cast.ts'
import { mul } from '../../src/ops/math/mul.ts'
import { sin } from '../../src/ops/math/sin.ts'
import { tanh } from '../../src/ops/math/tanh.ts'
import { reduceSum } from '../../src/ops/reduce/reduce-sum.ts'
import { concat } from '../../src/ops/shape/concat.ts'
import { slice } from '../../src/ops/shape/slice.ts'
import { squeeze } from '../../src/ops/shape/squeeze.ts'
import { unsqueeze } from '../../src/ops/shape/unsqueeze.ts'
import { evaluate, load, worstError } from '../support/run.ts'

/** If and Loop against the same without them, and against finite differences: values, gradients of both orders, batches. */

const input = (name: string, shape: readonly number[]) => Value.input({ dtype: 'float64', shape }, name)
const draw = (value: Value, rng: Rng): TensorData => {
  const shape = value.shape.map(Number)
  const count = shape.reduce((n, d) => n * d, 1)
  if (value.dtype === 'bool') return fromNumbers('bool', shape, new Array<number>(count).fill(1))
  return fromNumbers(
    'float64',
    shape,
    Array.from({ length: count }, () => rng.normal()),
  )
}
/** Σ output·weight, with fixed random weights. */
function project(outputs: readonly Value[]): Value {
  const rng = new Rng(5)
  return outputs
    .map(output => reduceSum(mul(output, Value.constant(draw(output, rng))), undefined, { keepdims: 0 }))
    .reduce((a, b) => add(a, b))
}
const feedsOf = (inputs: readonly Value[], given: ReadonlyMap<Value, TensorData> = new Map()) => {
  const rng = new Rng(3)
  return new Map(inputs.map(value => [value, given.get(value) ?? draw(value, rng)]))
}

async function expectEqual(
  inputs: readonly Value[],
  got: readonly Value[],
  want: readonly Value[],
  given?: ReadonlyMap<Value, TensorData>,
) {
  verify(new Graph({ inputs, outputs: got }))
  const results = await evaluate([...got, ...want], feedsOf(inputs, given))
  got.forEach((_, i) => {
    const [a, b] = [results[i], results[got.length + i]]
    if (!a || !b) throw new Error('no result')
    expect(a.shape).toEqual(b.shape)
    expect(worstError(a, b), `output ${i}`).toBeLessThan(1e-9)
  })
}

/** Gradients of a scalar against central differences, element by element. */
async function expectDifferences(inputs: readonly Value[], target: Value, given?: ReadonlyMap<Value, TensorData>) {
  const real = inputs.filter(({ dtype }) => dtype === 'float64')
  const feeds = feedsOf(inputs, given)
  const run = await load(inputs, [target, ...gradientsOf(target, real)])
  const [, ...grads] = await run(feeds)
  for (const [k, variable] of real.entries()) {
    const base = toNumbers(feeds.get(variable) ?? fromNumbers('float64', [0], []))
    for (let i = 0; i < base.length; i++) {
      const at = async (delta: number) => {
        const moved = Array.from(base, (x, j) => (i === j ? x + delta : x))
        const [y] = await run(
          new Map([...feeds, [variable, fromNumbers('float64', variable.shape.map(Number), moved)]]),
        )
        return y ? (toNumbers(y)[0] ?? Number.NaN) : Number.NaN
      }
      const numeric = ((await at(1e-5)) - (await at(-1e-5))) / 2e-5
      const grad = grads[k]
      expect(grad ? toNumbers(grad)[i] : undefined, `${variable.name}[${i}]`).toBeCloseTo(numeric, 5)
    }
  }
}

const branch = (outputs: readonly Value[], captures: readonly Value[]) =>
  new Graph({ name: 'branch', inputs: [], outputs, captures })

describe('If', () => {
  const made = () => {
    const [c, x, w, b] = [
      Value.input({ dtype: 'bool', shape: [] }, 'c'),
      input('x', [2, 3]),
      input('w', [3]),
      input('b', []),
    ]
    // The branches read different things: only the first reads b, both read x, and the second hands w on as it is.
    const yes = () => [mul(tanh(mul(x, w)), add(x, b)), mul(w, w)]
    const no = () => [mul(sin(x), x), w]
    const outputs = ifOp(c, { then_branch: branch(yes(), [x, w, b]), else_branch: branch(no(), [x, w]) })
    return { c, x, w, b, outputs, yes: yes(), no: no(), inputs: [c, x, w, b] }
  }
  const condition = (c: Value, holds: boolean) => new Map([[c, fromNumbers('bool', [], [holds ? 1 : 0])]])

  test.each([true, false])('gradients of both orders, where the condition is %s', async holds => {
    const { c, x, w, b, outputs, yes, no, inputs } = made()
    const plain = holds ? yes : no
    const given = condition(c, holds)
    const real = [x, w, b]
    const once = (of: readonly Value[]) => gradientsOf(project(of), real)
    const twice = (of: readonly Value[]) => gradientsOf(project(once(of)), real)
    await expectEqual(
      inputs,
      [...outputs, ...once(outputs), ...twice(outputs)],
      [...plain, ...once(plain), ...twice(plain)],
      given,
    )
    await expectDifferences(inputs, project(outputs), given)
    await expectDifferences(inputs, project(once(outputs)), given)
  })

  test('a gradient is an If: the branch that is not taken is not computed', () => {
    const { x, outputs } = made()
    const [dx] = gradientsOf(project(outputs), [x])
    expect(dx?.node?.type).toBe('If')
  })

  test('branches inside of branches', async () => {
    const [c, d, x, y] = [
      Value.input({ dtype: 'bool', shape: [] }, 'c'),
      Value.input({ dtype: 'bool', shape: [] }, 'd'),
      input('x', [3]),
      input('y', [3]),
    ]
    const squared = mul(x, x)
    const inner = ifOp(d, { then_branch: branch([mul(squared, y)], [squared, y]), else_branch: branch([y], [y]) })
    const [outer] = ifOp(c, { then_branch: branch([mul(inner[0] ?? x, y)], [d, x, y]), else_branch: branch([x], [x]) })
    if (!outer) throw new Error('an output')
    await expectEqual(
      [c, d, x, y],
      gradientsOf(project([outer]), [x, y]),
      gradientsOf(project([mul(mul(mul(x, x), y), y)]), [x, y]),
    )
    await expectDifferences([c, d, x, y], project([outer]))
  })

  test.each([true, false])('vmap with one condition, %s', async holds => {
    const { c, x, w, b, outputs, yes, no, inputs } = made()
    const plain = holds ? yes : no
    const [xs, bs] = [input('xs', [4, 2, 3]), input('bs', [4])]
    const rest = inputs.filter(value => value !== x && value !== b)
    await expectEqual(
      [...rest, xs, bs],
      batchOf(outputs, [x, b], [xs, bs], 4),
      batchOf(plain, [x, b], [xs, bs], 4),
      condition(c, holds),
    )
    expect(w.shape).toEqual([3])
  })

  test('vmap with a condition for each entry', async () => {
    const { c, x, outputs, yes, no, inputs } = made()
    const [cs, xs] = [Value.input({ dtype: 'bool', shape: [3] }, 'cs'), input('xs', [3, 2, 3])]
    const rest = inputs.filter(value => value !== x && value !== c)
    const [a, b] = [yes, no].map(of => batchOf(of, [x], [xs], 3))
    const at = (value: Value, i: number) => slice(value, ints([i]), ints([i + 1]), ints([0]))
    const want = outputs.map((_, k) =>
      concat(
        [true, false, true].flatMap((holds, i) => ((holds ? a : b)?.[k] ? [at((holds ? a : b)?.[k] ?? xs, i)] : [])),
        { axis: 0 },
      ),
    )
    const given = new Map([[cs, fromNumbers('bool', [3], [1, 0, 1])]])
    await expectEqual([...rest, cs, xs], batchOf(outputs, [c, x], [cs, xs], 3), want, given)
  })
})

describe('Loop', () => {
  const steps = 4
  /** h ← tanh(h·w) + t·x, c ← c·h; each h and h·c are stacked. */
  const step = (t: Value, h: Value, c: Value, x: Value, w: Value): readonly [Value, Value, Value] => {
    const next = add(tanh(mul(h, w)), mul(t, x))
    return [next, mul(c, next), mul(next, c)]
  }
  const made = (kept: readonly number[]) => {
    const [h, c, x, w] = [input('h', [2, 3]), input('c', [3]), input('x', [3]), input('w', [2, 3])]
    const [i, holds] = [
      Value.input({ dtype: 'int64', shape: [] }, 'i'),
      Value.input({ dtype: 'bool', shape: [] }, 'holds'),
    ]
    const [h0, c0] = [input('h0', [2, 3]), input('c0', [2, 3])]
    const results = step(cast(i, { to: 'float64' }), h0, c0, x, w)
    const [h1, c1] = results
    const body = new Graph({
      name: 'body',
      inputs: [i, holds, h0, c0],
      outputs: [holds, h1, c1, ...kept.map(k => results[k] ?? h1)],
      captures: [x, w],
    })
    const wide = add(mul(h, scalar(0, 'float64')), c)
    const outputs = loop(scalar(steps, 'int64'), scalar(1, 'bool'), [h, wide], { body })
    let [a, b] = [h, wide]
    const stacks: Value[][] = kept.map(() => [])
    for (let t = 0; t < steps; t++) {
      const all = step(scalar(t, 'float64'), a, b, x, w)
      ;[a, b] = all
      kept.forEach((k, at) => {
        stacks[at]?.push(unsqueeze(all[k] ?? a, ints([0])))
      })
    }
    return {
      inputs: [h, c, x, w],
      x,
      w,
      h,
      outputs,
      unrolled: [a, b, ...stacks.map(stack => concat(stack, { axis: 0 }))],
    }
  }

  test.each([[[0, 1]], [[2]], [[]]])('gradients of both orders; given out are %j', async kept => {
    const { inputs, outputs, unrolled } = made(kept)
    const once = (of: readonly Value[]) => gradientsOf(project(of), inputs)
    const twice = (of: readonly Value[]) => gradientsOf(project(once(of)), inputs)
    await expectEqual(
      inputs,
      [...outputs, ...once(outputs), ...twice(outputs)],
      [...unrolled, ...once(unrolled), ...twice(unrolled)],
    )
    await expectDifferences(inputs, project(outputs))
    await expectDifferences(inputs, project(once(outputs)))
  })

  test('vmap over states and what the body captures', async () => {
    const { inputs, x, h, outputs, unrolled } = made([0])
    const [xs, hs] = [input('xs', [3, 3]), input('hs', [3, 2, 3])]
    const rest = inputs.filter(value => value !== x && value !== h)
    await expectEqual([...rest, xs, hs], batchOf(outputs, [x, h], [xs, hs], 3), batchOf(unrolled, [x, h], [xs, hs], 3))
  })

  test('a loop that never runs hands gradients on', async () => {
    const h = input('h', [2])
    const [i, holds, h0] = [
      Value.input({ dtype: 'int64', shape: [] }),
      Value.input({ dtype: 'bool', shape: [] }),
      input('h0', [2]),
    ]
    const body = new Graph({ inputs: [i, holds, h0], outputs: [holds, mul(h0, h0)] })
    const outputs = loop(scalar(0, 'int64'), undefined, [h], { body })
    await expectEqual([h], gradientsOf(project(outputs), [h]), gradientsOf(project([h]), [h]))
  })

  test('a loop that may end earlier is refused, and says why', () => {
    const h = input('h', [1])
    const [i, holds, h0] = [
      Value.input({ dtype: 'int64', shape: [] }),
      Value.input({ dtype: 'bool', shape: [] }),
      input('h0', [1]),
    ]
    const next = add(h0, h0)
    const goesOn = squeeze(less(next, constant([100], [1], 'float64')), ints([0]))
    const body = new Graph({ inputs: [i, holds, h0], outputs: [goesOn, next] })
    const outputs = loop(scalar(9, 'int64'), scalar(1, 'bool'), [h], { body })
    expect(() => gradientsOf(project(outputs), [h])).toThrow(NotDifferentiableError)
    expect(() => gradientsOf(project(outputs), [h])).toThrow("a constant number of 'trips'")
    expect(() => batchOf(outputs, [h], [input('hs', [3, 1])], 3)).toThrow(NotBatchableError)
  })
})
