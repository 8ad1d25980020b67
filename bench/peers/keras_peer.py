"""The works of bench/README.md in Keras on TensorFlow: `python keras_peer.py cnn 32 2`."""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from protocol import arguments, serve


def cnn() -> keras.Model:
    return keras.Sequential([
        layers.Input((28, 28, 1)),
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
        return layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)

    shortcut = x if stride == 1 and x.shape[-1] == filters else conv(x, 1, stride)
    y = conv(layers.ReLU()(conv(x, 3, stride)), 3, 1)
    return layers.ReLU()(layers.Add()([y, shortcut]))


def resnet() -> keras.Model:
    image = layers.Input((32, 32, 3))
    x = layers.Conv2D(64, 3, padding="same", use_bias=False)(image)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x))
    x = residual(residual(residual(x, 64, 1), 128, 2), 256, 2)
    return keras.Model(image, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))


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
    x = layers.GlobalAveragePooling1D()(layers.LayerNormalization(epsilon=1e-5)(x))
    return keras.Model(tokens, layers.Dense(10)(x))


def normal_relu(x):
    return layers.ReLU()(layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x))


def mobilenet() -> keras.Model:
    image = layers.Input((32, 32, 3))
    x = normal_relu(layers.Conv2D(32, 3, padding="same", use_bias=False)(image))
    for filters, stride in [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1)]:
        x = normal_relu(layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False)(x))
        x = normal_relu(layers.Conv2D(filters, 1, use_bias=False)(x))
    return keras.Model(image, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))


def resnet20() -> keras.Model:
    image = layers.Input((32, 32, 3))
    x = normal_relu(layers.Conv2D(16, 3, padding="same", use_bias=False)(image))
    for filters, first in [(16, 1), (32, 2), (64, 2)]:
        for stride in (first, 1, 1):
            x = residual(x, filters, stride)
    return keras.Model(image, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))


def recurrent(kind: str) -> keras.Model:
    layer = {"lstm": layers.LSTM, "gru": layers.GRU}[kind]
    return keras.Sequential([layers.Input((128, 128)), layer(256), layers.Dense(10)])


def make(work: str, batch: int):
    """The model, one batch of random data, and its labels."""
    rng = np.random.default_rng(0)
    classes = rng.integers(10, size=batch).astype(np.int32)
    normal = lambda *shape: rng.standard_normal((batch, *shape), np.float32)
    if work == "cnn":
        return cnn(), normal(28, 28, 1), classes
    if work == "mlp":
        return mlp(), normal(784), classes
    if work == "encoder":
        return encoder(), rng.integers(1000, size=(batch, 128)).astype(np.int32), classes
    if work in ("mobilenet", "resnet20"):
        return {"mobilenet": mobilenet, "resnet20": resnet20}[work](), normal(32, 32, 3), classes
    if work == "resnet":
        return resnet(), normal(32, 32, 3), classes
    if work in ("lstm", "gru"):
        return recurrent(work), normal(128, 128), classes
    depth, heads, width, context = (4, 4, 128, 64) if work == "nanogpt" else (6, 6, 384, 256)
    tokens = rng.integers(65, size=(2, batch, context)).astype(np.int32)
    return GPT(depth, heads, width, context), tokens[0], tokens[1]


if __name__ == "__main__":
    args = arguments(["default"])
    tf.config.threading.set_intra_op_parallelism_threads(args.threads)
    tf.config.threading.set_inter_op_parallelism_threads(args.threads)
    keras.utils.set_random_seed(0)
    model, x, y = make(args.work, args.batch)
    model.compile(optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    x, y = tf.constant(x), tf.constant(y)

    def step() -> float:
        return float(model.train_on_batch(x, y))

    def parameters() -> int:
        return sum(int(np.prod(w.shape)) for w in model.trainable_weights)

    serve(step, f"Keras {keras.__version__} on TensorFlow {tf.__version__}", parameters)
