import { Graph } from '../../graph/graph.ts'
import { Value } from '../../graph/value.ts'
import { scalar } from '../constants.ts'
import { attr, defineOp, type Op, throughBodies } from '../define.ts'
import { add } from '../math/add.ts'
import { mul } from '../math/mul.ts'
import { checkBody, joinTypes, stacked } from './body.ts'
import { certainTrips, loopBatching, loopGradient } from './loop-rules.ts'

const attrs = { body: attr.required.graph() }

const float32Body = { float64: 'the body of the sample is written in float32' }
const openEnded = 'how often it runs is known only when it has run'

/**
 * Runs `body` at most `trips` times, as long as its condition holds. The body takes the iteration's number, the condition and the
 * state; it gives the next condition, the new state, and what is stacked over the iterations.
 */
export const loop: Op<['trips?', 'condition?', '...state'], ['...outputs'], typeof attrs> = defineOp({
  type: 'Loop',
  since: 21,
  inputs: ['trips?', 'condition?', '...state'],
  outputs: ['...outputs'],
  attrs,
  countOutputs: (_, { body }) => body.outputs.length - 1,
  infer: ({ trips, condition, state }, { body }) => {
    checkBody('Loop', 'body', body, 2 + state.length, 1 + state.length)
    const [, ...outputs] = body.outputs
    const count = certainTrips(trips, condition, body)
    return outputs.map((output, i) => {
      if (i < state.length) return joinTypes('Loop', state[i]?.type, output.type, `loop_${output.id}`)
      return stacked(output.type, count ?? `loop_${body.outputs[0]?.id}`)
    })
  },
  vjp: throughBodies,
  batch: throughBodies,
  bodies: { vjp: loopGradient, batch: loopBatching },
  samples: [
    { trips: { values: [3], shape: [] }, state: [[2]], attrs: { body: doubling() }, skip: float32Body },
    {
      trips: { shape: [], dtype: 'int64', low: 1, high: 5 },
      condition: { values: [1], shape: [], dtype: 'bool' },
      state: [[2]],
      attrs: { body: doubling() },
      skip: { gradient: openEnded, vmap: openEnded },
    },
  ],
})

/** For the samples: h ← 2h + 1, which is also stacked. */
function doubling(): Graph {
  const i = Value.input({ dtype: 'int64', shape: [] }, 'i')
  const condition = Value.input({ dtype: 'bool', shape: [] }, 'condition')
  const h = Value.input({ dtype: 'float32', shape: [2] }, 'h')
  const next = add(mul(h, scalar(2)), scalar(1))
  return new Graph({ name: 'body', inputs: [i, condition, h], outputs: [condition, next, next] })
}
