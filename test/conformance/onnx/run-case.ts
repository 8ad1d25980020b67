import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromBinary } from '@bufbuild/protobuf'
import { decodeModel } from '../../../src/compile/onnx/decode.ts'
import { decodeTensor, isRepresentable } from '../../../src/compile/onnx/decode-tensor.ts'
import { encodeModel } from '../../../src/compile/onnx/encode.ts'
import { ModelProtoSchema, TensorProtoSchema } from '../../../src/compile/onnx/proto/onnx_pb.ts'
import { UnsupportedError } from '../../../src/core/errors.ts'
import { formatShape, sameShape } from '../../../src/core/shape.ts'
import { type TensorData, toNumbers } from '../../../src/core/tensor-data.ts'
import { bodiesOf, type Graph } from '../../../src/graph/graph.ts'
import { rebuild, rewrite } from '../../../src/graph/rewrite.ts'
import { formatType, Value } from '../../../src/graph/value.ts'
import { verify } from '../../../src/graph/verify.ts'
import type { Engine } from '../../../src/runtime/engine.ts'

/**
 * One official ONNX test case, a folder with `model.onnx` and `test_data_set_*​/{input,output}_*.pb`:
 * decode → verify → inferred types equal those of the recorded outputs → encode → run → values equal.
 */

/**
 * `passed`, `failed`; `outside`: it holds what cannot be tested (a type that cannot be represented, a version that cannot be
 * upgraded); `engine`: the engine does not give the recorded values for the original file either.
 */
export type Verdict = 'passed' | 'failed' | 'outside' | 'engine'

export interface CaseResult {
  readonly name: string
  readonly verdict: Verdict
  readonly reason?: string
  /** Operators of the case, with their domain in front if not the standard one. */
  readonly operators: readonly string[]
  /** Those that are not in the table. */
  readonly foreign: readonly string[]
  /** All outputs had static inferred shapes, once shape-like inputs were taken as constants. */
  readonly staticShapes: boolean
}

export async function runCase(folder: string, name: string, engine: Engine): Promise<CaseResult> {
  const bytes = new Uint8Array(readFileSync(join(folder, 'model.onnx')))
  const found = { operators: new Set<string>(), foreign: new Set<string>(), staticShapes: true }
  const result = (verdict: Verdict, reason?: string): CaseResult => ({
    name,
    verdict,
    ...(reason === undefined ? {} : { reason }),
    operators: [...found.operators],
    foreign: [...found.foreign],
    staticShapes: found.staticShapes,
  })
  try {
    for (const node of fromBinary(ModelProtoSchema, bytes).graph?.node ?? [])
      found.operators.add(fullName(node.domain, node.opType))
    const { graph } = decodeModel(bytes, { name })
    collectOperators(graph, found)
    verify(graph)
    const sets = readdirSync(folder).filter(entry => entry.startsWith('test_data_set_'))
    const data = sets.map(set => readDataSet(join(folder, set), graph))
    if (data.length === 0) return result('outside', 'no recorded data')
    for (const { inputs, outputs } of data) found.staticShapes &&= checkTypes(graph, inputs, outputs)
    for (const value of [...graph.inputs, ...graph.outputs]) {
      if (value.type && !engine.dtypes.has(value.type.dtype))
        throw new Outside(`the engine hands over no ${value.type.dtype}`)
    }
    const encoded = encodeModel(graph)
    for (const { inputs, outputs } of data) {
      const problem = await compareRun(encoded, inputs, outputs, engine)
      if (!problem) continue
      const original = await compareRun(bytes, inputs, outputs, engine)
      return original ? result('engine', original) : result('failed', problem)
    }
    return result('passed')
  } catch (error) {
    if (error instanceof Outside) return result('outside', error.message)
    if (error instanceof UnsupportedError) return result('outside', error.message)
    return result('failed', error instanceof Error ? error.message : String(error))
  }
}

/** What a case holds that this runner cannot test. */
class Outside extends Error {}

const fullName = (domain: string, type: string): string =>
  domain === '' || domain === 'ai.onnx' ? type : `${domain}.${type}`

function collectOperators(
  graph: Graph,
  found: { readonly operators: Set<string>; readonly foreign: Set<string> },
): void {
  for (const node of graph.nodes) {
    found.operators.add(fullName(node.domain, node.type))
    if (!node.operator) found.foreign.add(fullName(node.domain, node.type))
    for (const body of bodiesOf(node)) collectOperators(body, found)
  }
}

interface DataSet {
  readonly inputs: readonly TensorData[]
  readonly outputs: readonly TensorData[]
}

function readDataSet(folder: string, graph: Graph): DataSet {
  graph.inputs.forEach((input, i) => {
    if (!input.type) throw new Outside(`input ${i} is not a tensor that Tenon has a type for`)
  })
  const read = (kind: string, count: number): TensorData[] => {
    const tensors = Array.from({ length: count }, (_, i) => {
      const path = join(folder, `${kind}_${i}.pb`)
      if (!existsSync(path)) throw new Outside(`no recorded ${kind} ${i}`)
      return readTensor(path)
    })
    return tensors
  }
  return { inputs: read('input', graph.inputs.length), outputs: read('output', graph.outputs.length) }
}

function readTensor(path: string): TensorData {
  try {
    const proto = fromBinary(TensorProtoSchema, new Uint8Array(readFileSync(path)))
    if (isRepresentable(proto)) return decodeTensor(proto, path, undefined)
  } catch {
    // A sequence or an optional: those files hold other messages.
  }
  throw new Outside('recorded data that is not a tensor, or of an element type that Tenon has not')
}

/** Throws when an inferred type contradicts the recorded output; returns whether all inferred shapes were static. */
function checkTypes(graph: Graph, inputs: readonly TensorData[], outputs: readonly TensorData[]): boolean {
  matchTypes(graph, outputs, 'inferred')
  const bound = bindConstants(graph, inputs)
  verify(bound)
  return matchTypes(bound, outputs, 'inferred with shape-like inputs as constants')
}

function matchTypes(graph: Graph, outputs: readonly TensorData[], how: string): boolean {
  return graph.outputs.every((output, i) => {
    const { type } = output
    const recorded = outputs[i]
    if (!type || !recorded) return false
    const resolved = type.shape.map((dim, axis) => (typeof dim === 'string' ? (recorded.shape[axis] ?? -1) : dim))
    // The recordings keep bfloat16 as its bits.
    const dtype = type.dtype === 'bfloat16' && recorded.dtype === 'uint16' ? 'bfloat16' : recorded.dtype
    if (type.dtype !== dtype || !sameShape(resolved, recorded.shape)) {
      throw new Error(
        `output ${i}: ${how} ${formatType(type)}, recorded ${recorded.dtype}${formatShape(recorded.shape)}`,
      )
    }
    return type.shape.every(dim => typeof dim === 'number')
  })
}

/** The graph with its integer and bool inputs of rank 0 and 1 as constants: shapes, axes, sizes. What depends on them gets its type anew. */
function bindConstants(graph: Graph, inputs: readonly TensorData[]): Graph {
  const bound = new Map<Value, Value>()
  graph.inputs.forEach((input, i) => {
    const data = inputs[i]
    const shapeLike = data && data.shape.length <= 1 && ['int64', 'int32', 'bool'].includes(data.dtype)
    if (shapeLike) bound.set(input, Value.constant(data))
  })
  return rewrite(graph, (node, operands) => {
    if (!operands.some(value => value && bound.has(value)) || bodiesOf(node).length > 0) return undefined
    return rebuild(
      node,
      operands.map(value => value && (bound.get(value) ?? value)),
    ).outputs
  })
}

/** What is wrong when the model is run on recorded inputs, or nothing. */
async function compareRun(
  model: Uint8Array,
  inputs: readonly TensorData[],
  outputs: readonly TensorData[],
  engine: Engine,
): Promise<string | undefined> {
  try {
    const session = await engine.load(model)
    try {
      const results = await session.run(inputs)
      for (const [i, recorded] of outputs.entries()) {
        const problem = difference(results[i], recorded)
        if (problem) return `output ${i}: ${problem}`
      }
      return undefined
    } finally {
      await session.release()
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** The official runner's tolerances: |a − b| ≤ atol + rtol·|b|. */
const rtol = 1e-3
const atol = 1e-5

function difference(got: TensorData | undefined, recorded: TensorData): string | undefined {
  if (!got) return 'nothing'
  if (got.dtype !== recorded.dtype || !sameShape(got.shape, recorded.shape)) {
    return `${got.dtype}${formatShape(got.shape)} instead of ${recorded.dtype}${formatShape(recorded.shape)}`
  }
  if (recorded.dtype === 'string') {
    const at = (recorded.data as string[]).findIndex((text, i) => got.data[i] !== text)
    return at < 0 ? undefined : `'${got.data[at]}' instead of '${recorded.data[at]}' at ${at}`
  }
  const a = toNumbers(got)
  const b = toNumbers(recorded)
  const at = b.findIndex((want, i) => {
    const have = a[i] ?? 0
    return !(Object.is(have, want) || have === want || Math.abs(have - want) <= atol + rtol * Math.abs(want))
  })
  return at < 0 ? undefined : `${a[at]} instead of ${b[at]} at ${at}`
}
