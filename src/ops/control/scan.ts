import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.ts'
import { type Dim, formatShape, normalizeAxis } from '../../core/shape.ts'
import { Graph } from '../../graph/graph.ts'
import { formatType, type TensorType, Value } from '../../graph/value.ts'
import { scalar } from '../constants.ts'
import { attr, defineOp, type Op, throughBodies } from '../define.ts'
import { equalDims } from '../infer.ts'
import { add } from '../math/add.ts'
import { mul } from '../math/mul.ts'
import { checkBody, joinTypes, stacked, without } from './body.ts'
import { scanBatching } from './scan-batching.ts'
import { scanGradient } from './scan-gradient.ts'

const attrs = {
  body: attr.required.graph(),
  num_scan_inputs: attr.required.int(),
  scan_input_axes: attr.ints(),
  scan_input_directions: attr.ints(),
  scan_output_axes: attr.ints(),
  scan_output_directions: attr.ints(),
}

const float32Body = { float64: 'the body of the sample is written in float32' }

/**
 * Runs `body` once for each entry of the scan inputs: inputs and outputs of the node are the state variables first, then what is
 * scanned. The body takes state and one entry of each scan input, and gives new state and one entry of each scan output, which
 * are stacked. Whatever else the body reads, it captures.
 */
export const scan: Op<['...inputs'], ['...outputs'], typeof attrs> = defineOp({
  type: 'Scan',
  since: 21,
  inputs: ['...inputs'],
  outputs: ['...outputs'],
  attrs,
  countOutputs: (_, { body }) => body.outputs.length,
  infer: ({ inputs }, { body, num_scan_inputs, scan_input_axes, scan_output_axes }) => {
    const states = inputs.length - num_scan_inputs
    if (states < 0 || num_scan_inputs < 1) {
      throw new ArgumentError({
        where: 'Scan',
        expected: `1 to ${inputs.length} scan inputs`,
        received: `num_scan_inputs ${num_scan_inputs}`,
      })
    }
    checkBody('Scan', 'body', body, inputs.length, states)
    let length: Dim = `scan_${inputs[0]?.id}`
    inputs.slice(states).forEach((input, i) => {
      const axis = normalizeAxis(scan_input_axes?.[i] ?? 0, input.shape.length, 'Scan')
      const received = inputs
        .slice(states)
        .map(value => formatShape(value.shape))
        .join(' and ')
      length =
        i === 0
          ? (input.shape[axis] ?? length)
          : equalDims('Scan', length, input.shape[axis] ?? length, 'scan inputs of one length', received)
      checkEntry(body.inputs[states + i], { dtype: input.dtype, shape: without(input.shape, axis) }, `scan input ${i}`)
    })
    inputs.slice(0, states).forEach((input, i) => {
      checkEntry(body.inputs[i], input.type, `state ${i}`)
    })
    return body.outputs.map((output, i) => {
      if (i < states) return joinTypes('Scan', inputs[i]?.type, output.type, `scan_${output.id}`)
      const axis = output.type && normalizeAxis(scan_output_axes?.[i - states] ?? 0, output.shape.length + 1, 'Scan')
      return stacked(output.type, length, axis)
    })
  },
  vjp: throughBodies,
  batch: throughBodies,
  bodies: { vjp: scanGradient, batch: scanBatching },
  samples: [
    { inputs: [[3], [4, 3]], attrs: { body: decayingSum(), num_scan_inputs: 1 }, skip: float32Body },
    {
      inputs: [[3], [3, 4]],
      attrs: { body: decayingSum(), num_scan_inputs: 1, scan_input_axes: [-1], scan_output_axes: [1] },
      skip: float32Body,
    },
    {
      inputs: [[3], [4, 3]],
      attrs: { body: decayingSum(), num_scan_inputs: 1, scan_input_directions: [1], scan_output_directions: [1] },
      skip: float32Body,
    },
  ],
})

/** What the node hands to the body must fit what the body declares. */
function checkEntry(declared: Value | undefined, given: TensorType | undefined, what: string): void {
  const wanted = declared?.type
  if (!wanted || !given) return
  const facts = {
    where: 'Scan',
    expected: `${what} of the type that the body declares, ${formatType(wanted)}`,
    received: formatType(given),
  }
  if (wanted.dtype !== given.dtype) throw new DTypeError(facts)
  const fits =
    wanted.shape.length === given.shape.length &&
    wanted.shape.every(
      (dim, i) => typeof dim === 'string' || typeof given.shape[i] === 'string' || dim === given.shape[i],
    )
  if (!fits) throw new ShapeError(facts)
}

/** For the samples: h ← x + h·h/2, which is also what is stacked. */
function decayingSum(): Graph {
  const type = { dtype: 'float32', shape: [3] } as const
  const h = Value.input(type, 'h')
  const x = Value.input(type, 'x')
  const next = add(x, mul(h, mul(h, scalar(0.5))))
  return new Graph({ name: 'body', inputs: [h, x], outputs: [next, next] })
}
