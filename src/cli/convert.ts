import { extname } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { readModel } from '../compile/onnx/read.ts'
import { writeModel } from '../compile/onnx/write.ts'
import { ArgumentError } from '../core/errors.ts'
import type { TensorData } from '../core/tensor-data.ts'
import { writeFileAtomic } from '../io/files.ts'
import { encodeSafetensors } from '../io/safetensors.ts'
import { kindOf, loadModel } from '../models/formats/files.ts'

interface ConvertOptions {
  readonly opset?: number
  readonly weights?: string
}

/** `tenon convert a.keras b.onnx`: a model in another format, by the ends of the two names. */
export const convert = new Command('convert')
  .description('write a model in another format: from .keras, .h5, model.json (TensorFlow.js) or .onnx')
  .argument('<from>', 'path of a model: .keras, .h5, model.json or .onnx')
  .argument('<to>', 'path to write: .keras, .h5, .onnx, or weights alone: .weights.h5, .safetensors')
  .option('--opset <version>', 'version of ONNX’s operator set for .onnx', version)
  .option('--weights <path>', 'take the weights from here: .weights.h5, .h5, .keras or .safetensors')
  .action(async (from: string, to: string, options: ConvertOptions) => {
    if (kindOf(from) === 'onnx') await fromOnnx(from, to, options)
    else await fromLayers(from, to, options)
    console.log(`${from} → ${to}`)
  })

function version(text: string): number {
  if (/^[1-9]\d?$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Expected a version such as 21.')
}

async function fromLayers(from: string, to: string, { opset, weights }: ConvertOptions): Promise<void> {
  checkOpset(to, opset)
  const model = await loadModel(from, { compile: kindOf(to) === 'keras' })
  if (weights !== undefined) await model.loadWeights(weights)
  switch (kindOf(to)) {
    case 'onnx':
      return model.exportOnnx(to, opset === undefined ? {} : { opset })
    case 'h5Weights':
    case 'safetensors':
      return model.saveWeights(to)
    default:
      return model.save(to)
  }
}

/** A graph has no layers to write; it can be brought up to date, and its weights can be taken out. */
async function fromOnnx(from: string, to: string, { opset, weights }: ConvertOptions): Promise<void> {
  if (weights !== undefined)
    throw new ArgumentError({ where: 'convert', expected: '--weights with a model of layers', received: from })
  checkOpset(to, opset)
  const kind = kindOf(to)
  if (kind !== 'onnx' && kind !== 'safetensors') {
    throw new ArgumentError({
      where: 'convert',
      expected: "a path that ends in '.onnx' or '.safetensors', since an ONNX model is a graph and not layers",
      received: `'${extname(to) || to}'`,
    })
  }
  const { graph } = await readModel(from)
  if (kind === 'onnx') {
    await writeModel(to, graph, opset === undefined ? {} : { opset })
    return
  }
  const tensors = new Map<string, TensorData>()
  for (const value of graph.constants) {
    // Small constants without a name of their own are part of how a graph computes, not weights.
    if (value.constant && value.name !== undefined && value.constant.dtype !== 'string')
      tensors.set(value.name, value.constant)
  }
  await writeFileAtomic(to, encodeSafetensors({ tensors, metadata: {} }))
}

function checkOpset(to: string, opset: number | undefined): void {
  if (opset === undefined || kindOf(to) === 'onnx') return
  throw new ArgumentError({ where: 'convert', expected: '--opset with an .onnx file to write', received: to })
}
