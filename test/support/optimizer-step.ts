import { gradientsOf } from '../../src/autodiff/backward.ts'
import { fromNumbers, tensorData } from '../../src/core/tensor-data.ts'
import { Graph } from '../../src/graph/graph.ts'
import { Value } from '../../src/graph/value.ts'
import type { Constraint } from '../../src/nn/constraints.ts'
import { zeros } from '../../src/nn/initializers.ts'
import { Variable, Weight } from '../../src/nn/variable.ts'
import { constant } from '../../src/ops/constants.ts'
import { add } from '../../src/ops/math/add.ts'
import { mul } from '../../src/ops/math/mul.ts'
import { reduceSum } from '../../src/ops/reduce/reduce-sum.ts'
import { optimizerStep } from '../../src/train/optimize.ts'
import type { Optimizer } from '../../src/train/optimizers/optimizer.ts'
import { StateMemory, StepRunner } from '../../src/train/runner.ts'
import type { Slab } from '../../src/train/state.ts'
import { testEngine } from './run.ts'

export interface TestWeight {
  /** `dense/kernel`. */
  readonly name: string
  readonly shape: readonly number[]
  readonly data: ArrayLike<number>
  readonly constraint?: Constraint | undefined
}

/** An optimizer at work on weights with given gradients: a step whose loss is Σ w·g. */
export async function prepareStep(optimizer: Optimizer, weights: readonly TestWeight[]) {
  const variables = weights.map(({ name, shape, data, constraint }) => {
    const weight = new Weight(name, { shape, initializer: zeros(), constraint })
    weight.value = fromNumbers('float32', shape, data)
    return new Variable(name, weight, [])
  })
  const input = ({ shape, path }: Variable) => Value.input({ dtype: 'float32', shape }, path)
  const trained = variables.map(variable => ({ variable, input: input(variable) }))
  const given = variables.map(input)
  const counter = Value.input({ dtype: 'int64', shape: [2] }, 'counter')
  const step = optimizerStep(optimizer, trained, counter)
  const loss = trained
    .map(({ input }, i) => reduceSum(mul(input, given[i] ?? input), undefined, { keepdims: 0 }))
    .reduce((a, b) => add(a, b))
  const gradients = gradientsOf(
    step.scaled(loss),
    trained.map(({ input }) => input),
  )
  const slabs: Slab[] = [
    {
      name: 'counter',
      dtype: 'int64',
      length: 2,
      views: [{ input: counter, offset: 0, shape: [2] }],
      output: { value: add(counter, constant([1, 0], [2], 'int64')), shape: [2] },
      inPlace: false,
    },
    ...step.apply(gradients),
  ]
  const graph = new Graph({
    inputs: [...given, ...slabs.flatMap(slab => slab.views.map(view => view.input))],
    outputs: [loss, ...slabs.flatMap(slab => (slab.output ? [slab.output.value] : []))],
  })
  const runner = await StepRunner.create({ graph, slabs }, testEngine)
  const state = new StateMemory(slabs, testEngine)
  state.load()
  return {
    graph,
    slabs,
    state,
    /** One step with the weights' gradients. */
    run: (gradients: readonly ArrayLike<number>[]) =>
      runner.run(
        state,
        gradients.map((data, i) => {
          const shape = weights[i]?.shape ?? []
          return data instanceof Float32Array ? tensorData('float32', shape, data) : fromNumbers('float32', shape, data)
        }),
      ),
    /** The weights' present values, in order. */
    read: (): number[][] =>
      weights.map(({ name }) => {
        for (const { current, slab } of state.memories)
          for (const { variable, offset } of slab.views)
            if (variable?.path === name) return Array.from(current.subarray(offset, offset + variable.size), Number)
        return []
      }),
  }
}
