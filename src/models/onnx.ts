/**
 * `tenon/onnx`: ONNX models as graphs. Read one, look at it, differentiate it, run it, write it:
 *
 *     const { graph } = await readModel('model.onnx')
 *     console.log(printGraph(graph))
 *     const executable = await Executable.create(graph, await createEngine('cpu'))
 */
export { gradientsOf, vjpOf } from '../autodiff/backward.ts'
export { type DecodedModel, type DecodeOptions, decodeModel } from '../compile/onnx/decode.ts'
export { encodeModel } from '../compile/onnx/encode.ts'
export { readModel, type WriteOptions, writeModel } from '../compile/onnx/paths.ts'
export { foldConstants } from '../compile/passes/fold-constants.ts'
export { type DrawOptions, toDot, toMermaid } from '../graph/dot.ts'
export { Graph } from '../graph/graph.ts'
export { Node } from '../graph/node.ts'
export { type PrintOptions, printGraph } from '../graph/print.ts'
export { specialize } from '../graph/rewrite.ts'
export { Value } from '../graph/value.ts'
export { verify } from '../graph/verify.ts'
export { findOperator, operators } from '../ops/index.ts'
export { Executable } from '../runtime/executable.ts'
