import { readFileSync } from 'node:fs'
import { layers, sequential } from '../src/index.ts'
import type { EvaluateOptions, ModelFitOptions, PredictOptions, TrainOnBatchOptions } from '../src/models/calls.ts'
import type { SummaryOptions } from '../src/models/summary.ts'
import type { CompileOptions, MetricSpec } from '../src/models/types.ts'
import type { Weighting } from '../src/train/data-source.ts'

/** Keras's models, member by member and argument by argument, beside ours: docs/coverage-model.md. */

const camel = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

/** Options by the calls that take them. The compiler holds each list to its type, both ways. */
const options: Readonly<Record<string, Readonly<Record<string, true>>>> = {
  compile: {
    optimizer: true,
    loss: true,
    lossWeights: true,
    metrics: true,
    weightedMetrics: true,
    trainStep: true,
    precision: true,
    rematerialize: true,
    augmentation: true,
    engine: true,
  } satisfies Record<keyof CompileOptions<MetricSpec>, true>,
  fit: {
    epochs: true,
    initialEpoch: true,
    batchSize: true,
    stepsPerEpoch: true,
    shuffle: true,
    seed: true,
    callbacks: true,
    checkpoint: true,
    signal: true,
    sampleWeight: true,
    classWeight: true,
    validationSplit: true,
    validationData: true,
    validationSteps: true,
    validationBatchSize: true,
    validationFreq: true,
  } satisfies Record<keyof ModelFitOptions, true>,
  evaluate: { batchSize: true, sampleWeight: true, classWeight: true, steps: true, callbacks: true } satisfies Record<
    keyof EvaluateOptions,
    true
  >,
  predict: { batchSize: true, steps: true, callbacks: true } satisfies Record<keyof PredictOptions, true>,
  train_on_batch: { sampleWeight: true, classWeight: true, seed: true } satisfies Record<
    keyof TrainOnBatchOptions,
    true
  >,
  test_on_batch: { sampleWeight: true, classWeight: true } satisfies Record<keyof Weighting, true>,
  summary: { lineLength: true, expandNested: true, showTrainable: true, layerRange: true } satisfies Record<
    keyof SummaryOptions,
    true
  >,
  load_weights: { skipMismatch: true },
}

/** What stands in the place of a member, or why nothing does. */
const members: Readonly<Record<string, string>> = {
  add: '`sequential([…])` takes all layers at once: a model does not change after it is made',
  add_loss: '`addLoss` of a layer’s scope, or `compile({ trainStep })`; Keras refuses it for models of layers too',
  add_metric: 'gone in Keras 3 as well: it only throws',
  add_variable: '`scope.weight` in a layer',
  add_weight: '`scope.weight` in a layer',
  build: 'shapes are known when a model is made',
  build_from_config: 'shapes are known when a model is made',
  compile_from_config: '`loadModel` compiles as the file says',
  compute_dtype: '`compile({ precision })`',
  compute_loss: '`compile({ trainStep })`',
  compute_mask: '`masking` of a layer; masks flow along by themselves',
  compute_metrics:
    'metrics are part of the step’s graph; those of one’s own are `metrics.mean` or `metrics.sum` of a function',
  compute_output_shape: 'apply the model to `layers.input({ shape })`: its type and `shape` say it',
  compute_output_spec: 'apply the model to `layers.input({ shape })`',
  count_params: '`parameters`',
  dtype: 'weights are float32; `compile({ precision })` for the rest',
  dtype_policy: '`compile({ precision })`',
  export: '`exportOnnx`, and `exportTrainingOnnx` for the training step',
  from_config: '`loadModel`; models as bytes in `tenon/formats`',
  get_build_config: 'shapes are known when a model is made',
  get_compile_config: '`compileOptions`',
  get_config: 'written by `save`; models as bytes in `tenon/formats`',
  get_metrics_result: '`trainOnBatch`, `testOnBatch` and `evaluate` return the results',
  get_quantization_layer_structure: 'no quantisation',
  get_state_tree: 'checkpoints: `fit({ checkpoint })`',
  input: '`inputs`',
  input_dtype: '`inputs.dtype`',
  input_shape: '`inputs.shape`, without the batch axis',
  input_spec: 'inputs of other shapes are refused, by the types and when the model runs',
  jit_compile: 'everything is compiled to one graph',
  load_own_variables: '`loadWeights`',
  losses: 'part of the step’s graph; `addLoss` of a layer’s scope',
  metrics: '`compileOptions.metrics`',
  metrics_names: 'the keys of what `evaluate` returns, which its type knows',
  metrics_variables: 'part of the training state',
  non_trainable_variables: '`nonTrainableWeights`',
  output: '`outputs`',
  output_shape: '`outputs.shape`, without the batch axis',
  path: 'of each weight: `weights[0].path`',
  pop: '`model({ inputs, outputs })` of a part of the layers',
  quantization_mode: 'no quantisation',
  quantize: 'no quantisation',
  quantized_build: 'no quantisation',
  quantized_call: 'no quantisation',
  rematerialized_call: '`compile({ rematerialize })`',
  reset_metrics: 'each call’s results are its own',
  run_eagerly: 'nothing runs eagerly; `pure(model)` works on tensors that can be looked at',
  save_own_variables: '`saveWeights`',
  set_state_tree: 'checkpoints: `fit({ checkpoint })`',
  stateless_call: '`pure(model).apply`',
  stateless_compute_loss: '`pure(model)` with a loss',
  supports_masking: 'masks flow along by themselves',
  symbolic_call: 'apply the model to symbolic tensors',
  to_json: 'written by `save`; models as bytes in `tenon/formats`',
  trainable_variables: '`trainableWeights`',
  variable_dtype: 'float32',
  variables: '`weights`',
}

/** The same for arguments. `*`: wherever it appears. */
const argumentNotes: Readonly<Record<string, string>> = {
  '*.x': 'first',
  '*.y': 'second',
  '*.filepath': '`path`, first',
  '*.overwrite': 'files are replaced, atomically',
  '*.return_dict': 'results always come by name',
  '*.verbose': '`callbacks: [progressBar(process.stderr)]`',
  'compile.run_eagerly': 'nothing runs eagerly',
  'compile.steps_per_execution': 'a step costs tens of microseconds beside its kernels: there is nothing to save',
  'compile.jit_compile': 'everything is compiled',
  'compile.auto_scale_loss': '`precision: ’mixedFloat16’` scales the loss by itself',
  'get_layer.name': 'first',
  'get_layer.index': 'first',
  'summary.positions': 'columns are as wide as they need to be, within `lineLength`',
  'summary.print_fn': 'returns the text',
  'save.zipped': 'by the path’s end',
  'save_weights.max_shard_size': 'missing: one file',
  'export.format': '`exportOnnx`: ONNX',
  'export.input_signature': 'the model’s inputs, with an open batch size',
}

interface Golden {
  readonly keras: string
  readonly members: readonly string[]
  readonly arguments: Readonly<Record<string, readonly string[]>>
}

/** The document. Throws for a member or an argument that is neither here nor explained. */
export function modelDoc(): string {
  const golden: Golden = JSON.parse(readFileSync(new URL('../test/golden/keras-model.json', import.meta.url), 'utf8'))
  const net = sequential([layers.input({ shape: [1] }), layers.identity()])
  const rowOf = (name: string): string => {
    const [here, note] = [camel(name) in net, members[name]]
    if (here === (note !== undefined))
      throw new Error(`${name}: ${here ? 'here, and explained as missing' : 'missing'}`)
    return `| ${name} | ${here ? `\`${camel(name)}\`` : note} |`
  }
  const argumentRow = (call: string, name: string): string => {
    const here = options[call]?.[camel(name)] === true
    const note = argumentNotes[`${call}.${name}`] ?? argumentNotes[`*.${name}`]
    if (here === (note !== undefined)) throw new Error(`${call}(${name}): ${here ? 'here, and explained' : 'missing'}`)
    return `| ${call} | ${name} | ${here ? `\`${camel(name)}\`` : note} |`
  }
  const own = Object.entries(options).flatMap(([call, list]) =>
    Object.keys(list)
      .filter(key => !golden.arguments[call]?.some(name => camel(name) === key))
      .map(key => `\`${camel(call)}({ ${key} })\``),
  )
  return [
    '# Keras’s models beside ours',
    '',
    `The public members of Keras ${golden.keras}’s models, and the arguments of those that take many. Written by \`npm run docs:coverage\`; a test keeps it current.`,
    '',
    '| Keras | here |',
    '|---|---|',
    ...golden.members.map(rowOf),
    '',
    '## Arguments',
    '',
    '| call | argument | here |',
    '|---|---|---|',
    ...Object.entries(golden.arguments).flatMap(([call, names]) => names.map(name => argumentRow(call, name))),
    '',
    `Beyond Keras: ${own.join(', ')}.`,
    '',
  ].join('\n')
}
