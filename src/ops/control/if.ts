import { ArgumentError } from '../../core/errors.ts'
import { Graph } from '../../graph/graph.ts'
import { constant, scalar } from '../constants.ts'
import { attr, defineOp, type Op, throughBodies } from '../define.ts'
import { requireBool } from '../infer.ts'
import { add } from '../math/add.ts'
import { joinTypes } from './body.ts'
import { ifBatching, ifGradient } from './if-rules.ts'

const attrs = { then_branch: attr.required.graph(), else_branch: attr.required.graph() }

const unlike = 'the branches give different shapes: which one is known only when it has run'

/** Runs one of two graphs, by a condition of one element. The branches take no inputs: what they read, they capture. */
export const ifOp: Op<['condition'], ['...outputs'], typeof attrs> = defineOp({
  type: 'If',
  since: 21,
  inputs: ['condition'],
  outputs: ['...outputs'],
  attrs,
  countOutputs: (_, { then_branch }) => then_branch.outputs.length,
  infer: ({ condition }, { then_branch, else_branch }) => {
    requireBool('If', condition)
    if (then_branch.outputs.length !== else_branch.outputs.length) {
      throw new ArgumentError({
        where: 'If',
        expected: 'branches with the same number of outputs',
        received: `${then_branch.outputs.length} and ${else_branch.outputs.length}`,
      })
    }
    return then_branch.outputs.map((output, i) =>
      joinTypes('If', output.type, else_branch.outputs[i]?.type, `if_${output.id}`),
    )
  },
  vjp: throughBodies,
  batch: throughBodies,
  bodies: { vjp: ifGradient, batch: ifBatching },
  samples: [
    { condition: { shape: [], dtype: 'bool' }, attrs: { then_branch: branch(1, [2]), else_branch: branch(-1, [2]) } },
    {
      condition: { values: [0], shape: [1], dtype: 'bool' },
      attrs: { then_branch: branch(1, [2]), else_branch: branch(2, [3]) },
      skip: { gradient: unlike, vmap: unlike },
    },
  ],
})

/** For the samples: a graph without inputs. */
function branch(value: number, shape: readonly number[]): Graph {
  const y = add(constant(new Array<number>(shape[0] ?? 1).fill(value), shape), scalar(1))
  return new Graph({ name: 'branch', inputs: [], outputs: [y] })
}
