"""The works of bench/README.md in Keras on TensorFlow or PyTorch: `python keras_peer.py cnn 32 2 [--variant torch]`."""

import os
from collections.abc import Callable

from protocol import arguments, serve

args = arguments(["tensorflow", "torch"])
# Keras reads its backend when it is imported.
os.environ["KERAS_BACKEND"] = args.variant
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np
from keras import layers, ops

# Each backend's own layout: PyTorch's convolutions would transpose the other one forth and back, TensorFlow's lack it on CPUs.
FIRST = args.variant == "torch"
keras.config.set_image_data_format("channels_first" if FIRST else "channels_last")
CHANNELS = 1 if FIRST else -1


def image(height: int, width: int, channels: int) -> tuple[int, int, int]:
    return (channels, height, width) if FIRST else (height, width, channels)


def normalization() -> layers.Layer:
    return layers.BatchNormalization(axis=CHANNELS, momentum=0.9, epsilon=1e-5)


def cnn() -> keras.Model:
    return keras.Sequential([
        layers.Input(image(28, 28, 1)),
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
        layers.Dense(10),
    ])


def mlp() -> keras.Model:
    return keras.Sequential([
        layers.Input((784,)),
        layers.Dense(512, activation="relu"),
        layers.Dense(512, activation="relu"),
        layers.Dense(10),
    ])


class TokensAndPositions(layers.Layer):
    """Embeddings of tokens and positions; `logits` reads the token embedding backwards (tied weights)."""

    def __init__(self, vocabulary: int, context: int, width: int):
        super().__init__()
        self.tokens, self.positions = layers.Embedding(vocabulary, width), layers.Embedding(context, width)

    def build(self, shape):
        self.tokens.build(shape)
        self.positions.build(shape)
        self.built = True

    def call(self, x):
        return self.tokens(x) + self.positions(ops.arange(x.shape[1]))

    def logits(self, x):
        return ops.matmul(x, ops.transpose(self.tokens.embeddings))


class GPT(keras.Model):
    def __init__(self, depth: int, heads: int, width: int, context: int, vocabulary: int = 65):
        super().__init__()
        small = keras.initializers.RandomNormal(stddev=0.02)
        self.embed = TokensAndPositions(vocabulary, context, width)
        self.blocks = [
            (
                layers.LayerNormalization(epsilon=1e-5),
                layers.MultiHeadAttention(heads, width // heads, kernel_initializer=small),
                layers.LayerNormalization(epsilon=1e-5),
                layers.Dense(4 * width, activation="gelu", kernel_initializer=small),
                layers.Dense(width, kernel_initializer=small),
            )
            for _ in range(depth)
        ]
        self.ln = layers.LayerNormalization(epsilon=1e-5)

    def call(self, tokens):
        x = self.embed(tokens)
        for ln1, attention, ln2, fc, proj in self.blocks:
            h = ln1(x)
            x = x + attention(h, h, use_causal_mask=True)
            x = x + proj(fc(ln2(x)))
        return self.embed.logits(self.ln(x))  # (B, T, vocabulary)


def residual(x, filters: int, stride: int):
    def conv(x, size, stride):
        x = layers.Conv2D(filters, size, strides=stride, padding="same", use_bias=False)(x)
        return normalization()(x)

    shortcut = x if stride == 1 and x.shape[CHANNELS] == filters else conv(x, 1, stride)
    y = conv(layers.ReLU()(conv(x, 3, stride)), 3, 1)
    return layers.ReLU()(layers.Add()([y, shortcut]))


def resnet() -> keras.Model:
    x = inputs = layers.Input(image(32, 32, 3))
    x = layers.Conv2D(64, 3, padding="same", use_bias=False)(x)
    x = layers.ReLU()(normalization()(x))
    x = residual(residual(residual(x, 64, 1), 128, 2), 256, 2)
    return keras.Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))


class Positions(layers.Layer):
    def build(self, shape):
        self.positions = self.add_weight(shape=shape[1:], initializer="random_uniform")

    def call(self, x):
        return x + self.positions


def encoder(depth: int = 6, heads: int = 6, width: int = 384, steps: int = 128, vocabulary: int = 1000) -> keras.Model:
    tokens = layers.Input((steps,), dtype="int32")
    x = Positions()(layers.Embedding(vocabulary, width)(tokens))
    for _ in range(depth):
        h = layers.LayerNormalization(epsilon=1e-5)(x)
        x = layers.Add()([x, layers.MultiHeadAttention(heads, width // heads)(h, h)])
        h = layers.Dense(4 * width, activation="gelu")(layers.LayerNormalization(epsilon=1e-5)(x))
        x = layers.Add()([x, layers.Dense(width)(h)])
    x = layers.GlobalAveragePooling1D("channels_last")(layers.LayerNormalization(epsilon=1e-5)(x))
    return keras.Model(tokens, layers.Dense(10)(x))


def normal_relu(x):
    return layers.ReLU()(normalization()(x))


def mobilenet() -> keras.Model:
    x = inputs = layers.Input(image(32, 32, 3))
    x = normal_relu(layers.Conv2D(32, 3, padding="same", use_bias=False)(x))
    for filters, stride in [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1)]:
        x = normal_relu(layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False)(x))
        x = normal_relu(layers.Conv2D(filters, 1, use_bias=False)(x))
    return keras.Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))


def resnet20() -> keras.Model:
    x = inputs = layers.Input(image(32, 32, 3))
    x = normal_relu(layers.Conv2D(16, 3, padding="same", use_bias=False)(x))
    for filters, first in [(16, 1), (32, 2), (64, 2)]:
        for stride in (first, 1, 1):
            x = residual(x, filters, stride)
    return keras.Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))


def recurrent(kind: str) -> keras.Model:
    layer = {"lstm": layers.LSTM, "gru": layers.GRU}[kind]
    return keras.Sequential([layers.Input((128, 128)), layer(256), layers.Dense(10)])


def make(work: str, batch: int):
    """The model, one batch of random data, and its labels."""
    rng = np.random.default_rng(0)
    classes = rng.integers(10, size=batch).astype(np.int32)
    normal = lambda *shape: rng.standard_normal((batch, *shape), np.float32)
    if work == "cnn":
        return cnn(), normal(*image(28, 28, 1)), classes
    if work == "mlp":
        return mlp(), normal(784), classes
    if work == "encoder":
        return encoder(), rng.integers(1000, size=(batch, 128)).astype(np.int32), classes
    if work in ("mobilenet", "resnet20"):
        return {"mobilenet": mobilenet, "resnet20": resnet20}[work](), normal(*image(32, 32, 3)), classes
    if work == "resnet":
        return resnet(), normal(*image(32, 32, 3)), classes
    if work in ("lstm", "gru"):
        return recurrent(work), normal(128, 128), classes
    depth, heads, width, context = (4, 4, 128, 64) if work == "nanogpt" else (6, 6, 384, 256)
    tokens = rng.integers(65, size=(2, batch, context)).astype(np.int32)
    return GPT(depth, heads, width, context), tokens[0], tokens[1]


def tensorflow_backend() -> tuple[str, Callable]:
    """The backend's version, and how arrays become its tensors."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(args.threads)
    tf.config.threading.set_inter_op_parallelism_threads(args.threads)
    return f"TensorFlow {tf.__version__}", tf.constant


def torch_backend() -> tuple[str, Callable]:
    import torch

    torch.set_num_threads(args.threads)
    return f"PyTorch {torch.__version__}", torch.from_numpy


if __name__ == "__main__":
    version, tensor = {"tensorflow": tensorflow_backend, "torch": torch_backend}[args.variant]()
    keras.utils.set_random_seed(0)
    model, x, y = make(args.work, args.batch)
    model.compile(optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    x, y = tensor(x), tensor(y)

    def step() -> float:
        return float(model.train_on_batch(x, y))

    def parameters() -> int:
        return sum(int(np.prod(w.shape)) for w in model.trainable_weights)

    serve(step, f"Keras {keras.__version__} on {version}", parameters)
