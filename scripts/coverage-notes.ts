/** Why something of Keras's public list is not here, or is not quite the same. Everything else is held equal by golden values. */

export type Note = { readonly missing: string } | { readonly differs: string } | { readonly alias: string }

const otherBackend = { missing: 'wraps a module of another Python framework' }
const base = { missing: 'a base class of Python; here a type (see the guide)' }
const alias = (name: string): Note => ({ alias: name })

export const notes: Readonly<Record<string, Readonly<Record<string, Note>>>> = {
  layers: {
    RandAugment: { differs: 'takes boxes through the layers in the order that images go through them' },
    CutMix: { differs: 'images and labels as a list too; masks need not have the channels of images' },
    MixUp: {
      differs:
        'images and labels as a list too; boxes’ labels along the axis of boxes, masks along the batch, where Keras mixes them up',
    },
    MaxNumBoundingBoxes: { differs: 'boxes, and labels with them, as inputs of their own too' },
    CenterCrop: { differs: 'masks of small images are enlarged by the nearest pixel (Keras: interpolated)' },
    RandomCrop: {
      differs:
        'in inference it crops, as Keras documents: Keras 3.15 hands images on, takes rows off the left of boxes, and interpolates masks',
    },
    RandomElasticTransform: {
      differs:
        'moves pixels independently along both axes (Keras on TensorFlow: equally), and masks as images (Keras: anew)',
    },
    RandomFlip: { differs: 'cuts boxes off at all four borders (Keras 3.15: only at the upper and left ones)' },
    RandomPerspective: { differs: 'boxes in every format (Keras 3.15: gives xyxy, whatever the format)' },
    RandomRotation: { differs: 'boxes in every format (Keras 3.15: takes them for xyxy, whatever the format)' },
    RandomShear: {
      differs:
        'opens its own files: Keras refuses the negative factors that it writes; boxes right for images that are not square, and along both axes',
    },
    AvgPool1D: alias('AveragePooling1D'),
    AvgPool2D: alias('AveragePooling2D'),
    AvgPool3D: alias('AveragePooling3D'),
    MaxPool1D: alias('MaxPooling1D'),
    MaxPool2D: alias('MaxPooling2D'),
    MaxPool3D: alias('MaxPooling3D'),
    GlobalAvgPool1D: alias('GlobalAveragePooling1D'),
    GlobalAvgPool2D: alias('GlobalAveragePooling2D'),
    GlobalAvgPool3D: alias('GlobalAveragePooling3D'),
    GlobalMaxPool1D: alias('GlobalMaxPooling1D'),
    GlobalMaxPool2D: alias('GlobalMaxPooling2D'),
    GlobalMaxPool3D: alias('GlobalMaxPooling3D'),
    Convolution1D: alias('Conv1D'),
    Convolution2D: alias('Conv2D'),
    Convolution3D: alias('Conv3D'),
    Convolution1DTranspose: alias('Conv1DTranspose'),
    Convolution2DTranspose: alias('Conv2DTranspose'),
    Convolution3DTranspose: alias('Conv3DTranspose'),
    SeparableConvolution1D: alias('SeparableConv1D'),
    SeparableConvolution2D: alias('SeparableConv2D'),
    FlaxLayer: otherBackend,
    JaxLayer: otherBackend,
    TFSMLayer: otherBackend,
    TorchModuleWrapper: otherBackend,
    Layer: { alias: '`makeLayer`, `layers.custom`' },
    Wrapper: base,
    InputSpec: base,
    InputLayer: { alias: '`layers.input`' },
    Lambda: { differs: 'holds a function of this program; Python code in files is refused' },
    TextVectorization: {
      differs:
        'functions of one’s own for standardising and splitting are not taken: apply them to the texts first. `ragged` is refused: such tensors exist in TensorFlow alone',
    },
    Hashing: {
      differs:
        'equal bins, but computed before the graph, by `hash`: ONNX cannot read the bytes of strings, as which integers are hashed too',
    },
    HashedCrossing: {
      differs: 'equal bins, but computed before the graph, by `cross`: ONNX cannot read the bytes of strings',
    },
    StringLookup: { differs: 'one out-of-vocabulary index at most: ONNX has no string hash' },
    CategoryEncoding: { differs: 'integers out of range give zeros, where Keras throws' },
    Dropout: { differs: 'draws other random numbers; rate, scale and noise shapes are tested by their statistics' },
  },
  losses: { Loss: base },
  metrics: { Metric: base, MeanMetricWrapper: { alias: '`metrics.mean(f)`' } },
  optimizers: { Optimizer: base, OptimizerMap: base },
  schedules: { LearningRateSchedule: base },
  initializers: {
    Initializer: base,
    IdentityInitializer: alias('Identity'),
    OrthogonalInitializer: alias('Orthogonal'),
    STFTInitializer: alias('STFT'),
  },
  regularizers: { Regularizer: base },
  constraints: { Constraint: base },
  activations: { sparsemax: { differs: 'follows the paper; Keras 3.15 is wrong where several outputs are not 0' } },
  boundingBoxes: {
    affine_transform: { differs: 'numbers for all images as well as tensors' },
    compute_ciou: { differs: 'relative formats too, with `imageShape`: Keras 3.15 refuses them' },
  },
  callbacks: {
    Callback: base,
    CallbackList: base,
    History: { alias: 'what `fit` returns' },
    ProgbarLogger: { alias: '`callbacks.progressBar`' },
    OrbaxCheckpoint: { missing: 'a checkpoint format of JAX' },
    BackupAndRestore: { differs: 'resumes bit for bit, in the middle of an epoch too' },
    EarlyStopping: { differs: 'a first result that is NaN is not taken for the best, which nothing could improve on' },
    CSVLogger: { differs: 'the same columns and numbers, in the order of the results, with names in camelCase' },
    TerminateOnNaN: { differs: 'without it `fit` throws, naming step, tensor and sample' },
    TensorBoard: { differs: 'event files hold the ONNX graph; no profiles and embeddings' },
  },
}
