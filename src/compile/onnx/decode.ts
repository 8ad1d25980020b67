import { fromBinary } from '@bufbuild/protobuf'
import type { Graph } from '../../graph/graph.ts'
import { functionKey, GraphDecoder, type Opsets, opsetsOf } from './decode-graph.ts'
import type { ExternalReader } from './decode-tensor.ts'
import { badFormat, quote } from './failure.ts'
import { type ModelProto, ModelProtoSchema } from './proto/onnx_pb.ts'
import { newestOpset } from './upgrade/target.ts'
import { checkWire } from './wire.ts'

export interface DecodeOptions {
  /** What errors call the model, e.g. its path. */
  readonly name?: string
  /** Fetches weights kept in files beside the model. Without it such models are refused. */
  readonly external?: ExternalReader
}

/** An ONNX model read: its graph, and what its file says about it. */
export interface DecodedModel {
  readonly graph: Graph
  readonly producer: string
  readonly producerVersion: string
  readonly domain: string
  readonly modelVersion: number
  readonly irVersion: number
  /** As the file has them; the graph itself is brought up to date. */
  readonly opsets: Opsets
}

/**
 * Reads an ONNX model of any tool and any opset: functions are inlined, Constant nodes and initializers become constants,
 * operators are brought up to the version that the table follows. An operator outside the table stays as it is: it runs,
 * but its outputs have a type only where the file declares one, and no gradient passes it.
 *
 * Tensors are views of `bytes` where alignment allows, so the bytes must not be changed afterwards.
 * @throws {FormatError} for anything that is not a well-formed model, naming the place in the file.
 */
export function decodeModel(bytes: Uint8Array, options: DecodeOptions = {}): DecodedModel {
  const name = options.name ?? 'model'
  const proto = parse(bytes, name)
  if (!proto.graph) throw badFormat(name, 'an ONNX model with a graph', 'none')
  const opsets = importedOpsets(proto, name)
  const functions = new Map(proto.functions.map(f => [functionKey(f.domain, f.name, f.overload), f]))
  if (functions.size !== proto.functions.length)
    throw badFormat(name, 'functions with different names', 'two of one name')
  const metadata = Object.fromEntries(proto.metadataProps.map(({ key, value }) => [key, value]))
  return {
    graph: new GraphDecoder(name, functions, options.external).model(proto.graph, opsets, metadata, proto.docString),
    producer: proto.producerName,
    producerVersion: proto.producerVersion,
    domain: proto.domain,
    modelVersion: Number(proto.modelVersion),
    irVersion: Number(proto.irVersion),
    opsets,
  }
}

function parse(bytes: Uint8Array, name: string): ModelProto {
  if (bytes.length === 0) throw badFormat(name, 'an ONNX model', 'an empty file')
  checkWire(ModelProtoSchema, bytes, name)
  try {
    return fromBinary(ModelProtoSchema, bytes)
  } catch (cause) {
    throw badFormat(
      name,
      'an ONNX model',
      `something else (${cause instanceof Error ? cause.message : String(cause)})`,
      cause,
    )
  }
}

function importedOpsets(proto: ModelProto, name: string): Opsets {
  const opsets = opsetsOf(proto.opsetImport)
  // Before IR version 3 there were no operator sets: it is the first.
  const version = opsets.get('') ?? (proto.opsetImport.length === 0 ? 1 : undefined)
  if (version !== undefined && (version < 1 || version > newestOpset)) {
    throw badFormat(name, `opset 1 to ${newestOpset}`, `opset ${version}`)
  }
  for (const [domain, number] of opsets) {
    if (!(number >= 1 && number <= Number.MAX_SAFE_INTEGER))
      throw badFormat(name, `a version of the operator set ${quote(domain)} from 1`, String(number))
  }
  return version === undefined ? opsets : new Map([...opsets, ['', version]])
}
