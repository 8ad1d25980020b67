"""Models as Keras saves them → test/golden/formats/*.{keras,h5,weights.h5}, with inputs and outputs in models.json."""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import json
import sys
import zipfile

import keras
import numpy as np

from common import GOLDEN, hash32, keras_versions, tensor, uniform

FOLDER = GOLDEN / "formats"
L = keras.layers


def cnn():
    model = keras.Sequential([
        keras.Input((8, 8, 2)),
        L.Conv2D(3, 3, padding="same", activation="relu", kernel_regularizer=keras.regularizers.L2(0.01)),
        L.BatchNormalization(epsilon=0.01),
        L.MaxPooling2D(2),
        L.Dropout(0.3),
        L.Flatten(),
        L.Dense(5, activation="leaky_relu", kernel_initializer=keras.initializers.HeNormal(), bias_constraint="non_neg"),
        L.Dense(4, activation="softmax"),
    ], name="cnn")
    schedule = keras.optimizers.schedules.CosineDecay(0.01, 100)
    model.compile(keras.optimizers.Adam(schedule, beta_1=0.8), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, [("float32", (2, 8, 8, 2))]


def shared():
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    tower = L.Dense(3, activation="tanh", name="tower")
    inner_in = keras.Input((3,))
    inner = keras.Model(inner_in, L.Dense(2)(inner_in), name="inner")
    head = keras.Sequential([keras.Input((3,)), L.Dense(4), L.Activation("relu")], name="head")
    x, y = tower(a), tower(b)
    total = L.Add()([x, y])
    both = L.Concatenate()([inner(x), inner(total), head(y)])
    model = keras.Model([a, b], {"score": L.Dense(1, name="score")(both), "code": inner(total)}, name="shared")
    losses = {"score": keras.losses.MeanAbsoluteError(reduction="sum"), "code": "mse"}
    model.compile("sgd", losses, loss_weights={"score": 2.0, "code": 0.5}, metrics={"score": ["mae"]})
    return model, [("float32", (3, 4)), ("float32", (3, 4))]


def stack():
    """Layers of one class in an order that is not that of their names."""
    x = keras.Input((3,))
    left = L.Dense(4)(L.Dense(2)(L.Dense(5)(x)))
    right = L.Dense(4)(x)
    model = keras.Model(x, L.Multiply()([right, left]), name="stack")
    return model, [("float32", (2, 3))]


def words():
    ids = keras.Input((5,), dtype="int32")
    x = L.Embedding(7, 4, mask_zero=True)(ids)
    x = L.Bidirectional(L.GRU(3, return_sequences=True))(x)
    x = L.TimeDistributed(L.Dense(4))(x)
    x = L.LSTM(3)(x)
    return keras.Model(ids, L.Dense(2)(x), name="words"), [("int32", (3, 5))]


def cells():
    x = keras.Input((4, 3))
    y = L.RNN([L.LSTMCell(3), L.SimpleRNNCell(2)], return_sequences=True)(x)
    return keras.Model(x, L.SimpleRNN(2)(y), name="cells"), [("float32", (2, 4, 3))]


def attention():
    x = keras.Input((5, 6))
    y = L.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)
    y = L.LayerNormalization()(L.Add()([x, y]))
    y = L.GroupQueryAttention(4, 4, 2)(y, y)
    return keras.Model(x, L.GlobalAveragePooling1D()(y), name="attention"), [("float32", (2, 5, 6))]


def mixture():
    x = keras.Input((6, 6, 4))
    y = L.SeparableConv2D(3, 3)(x)
    y = L.GroupNormalization(3)(y)
    y = L.PReLU(shared_axes=[1, 2])(y)
    y = L.Conv2DTranspose(2, 2, strides=2)(y)
    y = L.UpSampling2D(2, interpolation="bilinear")(y)
    y = L.AveragePooling2D(2)(L.Cropping2D(1)(L.ZeroPadding2D(1)(y)))
    y = L.Reshape((-1, 2))(y)
    y = L.EinsumDense("abc,cd->abd", output_shape=(None, 3), bias_axes="d")(y)
    return keras.Model(x, L.UnitNormalization()(y), name="mixture"), [("float32", (2, 6, 6, 4))]


def prepared():
    """Layers that learned from data before training."""
    numbers, ids = keras.Input((3,)), keras.Input((4,), dtype="int64")
    scale = L.Normalization()
    scale.adapt(uniform(1, (20, 3), 2.0))
    bins = L.Discretization(num_bins=4)
    bins.adapt(uniform(2, (30, 3), 2.0))
    lookup = L.IntegerLookup(output_mode="tf_idf")
    lookup.adapt(np.array([[1, 5, 2, 5], [5, 1, 3, 3]], "int64"))
    x = L.Concatenate()([scale(numbers), L.Rescaling(0.5)(numbers), L.CategoryEncoding(4, output_mode="count")(bins(numbers)), lookup(ids)])
    return keras.Model([numbers, ids], L.Dense(2)(x), name="prepared"), [("float32", (3, 3)), ("int64", (3, 4))]


def augmented():
    """Random in training alone, with a layer inside that learned from data and one that is trained."""
    scale = L.Normalization()
    scale.adapt(uniform(3, (9, 6, 6, 2), 2.0))
    return keras.Sequential([
        keras.Input((6, 6, 2)),
        L.Pipeline([L.RandomFlip("horizontal"), scale, L.RandomRotation(0.2, fill_mode="wrap"), L.Conv2D(3, 2), L.RandomFlip(seed=3)]),
        L.RandomZoom((0.1, 0.2), interpolation="nearest"),
        L.RandomTranslation(0.1, (-0.2, 0.3)),
        L.RandomShear(0.2, (0.1, 0.2)),
        L.RandomPerspective(),
        L.RandomErasing(fill_value=(1.0, 2.0, 3.0)),
        L.RandomElasticTransform(fill_mode="constant", fill_value=0.5),
        L.MaxNumBoundingBoxes(4),
        L.Flatten(),
        L.Dense(2),
    ], name="augmented"), [("float32", (2, 6, 6, 2))]


def coloured():
    """Random colours in training; the first two change images always. Keras 3.15 cannot build a model with Equalization."""
    unit = {"value_range": (-1.0, 1.0)}
    return keras.Sequential([
        keras.Input((6, 6, 3)),
        L.ContrastLimitedAdaptiveHistogramEqualization(tile_grid_size=(2, 3), **unit),
        L.AutoContrast(**unit),
        L.Solarization(0.2, (0.1, 0.4), **unit),
        L.RandomBrightness(0.3, **unit),
        L.RandomContrast((0.2, 0.6), seed=3, **unit),
        L.RandomSaturation(0.4, **unit),
        L.RandomHue((0.1, 0.3), **unit),
        L.RandomColorDegeneration(0.7, **unit),
        L.RandomColorJitter(brightness_factor=0.2, hue_factor=(0.1, 0.2), **unit),
        L.RandomGrayscale(0.3),
        L.RandomInvert(**unit),
        L.RandomPosterization(5, **unit),
        L.RandomSharpness((0.2, 0.9), **unit),
        L.RandomGaussianBlur(0.5, kernel_size=5, sigma=(0.2, 0.8), **unit),
        L.MixUp(0.4),
        L.CutMix((0.2, 0.7)),
        L.RandAugment(num_ops=3, factor=0.4, **unit),
        L.AugMix(num_chains=2, all_ops=False, interpolation="nearest", **unit),
        L.Flatten(),
        L.Dense(2),
    ], name="coloured"), [("float32", (2, 6, 6, 3))]


def wrapped():
    """A wrapper around a wrapper."""
    inner = L.SpectralNormalization(L.Dense(2, activation="tanh"))
    return keras.Sequential([keras.Input((4, 3)), L.TimeDistributed(inner)], name="wrapped"), [("float32", (2, 4, 3))]


MODELS = [cnn, shared, stack, words, cells, attention, mixture, prepared, augmented, coloured, wrapped]


def inputs_of(seed: int, specs: list) -> list:
    return [
        (hash32(seed + i, int(np.prod(shape))) % 7).astype(dtype).reshape(shape) if dtype.startswith("int") else uniform(seed + i, shape, 1.0)
        for i, (dtype, shape) in enumerate(specs)
    ]


def save(index: int, make) -> dict:
    keras.utils.clear_session()
    model, specs = make()
    weights = [uniform(100 * index + i, w.shape, 0.5) for i, w in enumerate(model.get_weights())]
    # A variance is positive, and what was learned from data stays.
    weights = [np.abs(w) + np.float32(0.5) if "variance" in v.path else w for w, v in zip(weights, model.weights)]
    weights = [v.numpy() if "normalization/" in v.path and "batch" not in v.path and "layer_n" not in v.path and model.name in ("prepared", "augmented") else w for w, v in zip(weights, model.weights)]
    model.set_weights(weights)
    inputs = inputs_of(40 * index, specs)
    model.save(FOLDER / f"{model.name}.keras")
    # An .h5 file has no place for what lookup layers learned: Keras cannot read such a model again. Nor can it copy some random layers.
    if model.name not in ("prepared", "coloured"):
        model.save(FOLDER / f"{model.name}.h5")
    model.save_weights(FOLDER / f"{model.name}.weights.h5")
    outputs = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
    named = outputs if isinstance(outputs, dict) else {"output": outputs}
    return {
        "name": model.name,
        "inputs": [{"dtype": dtype, **tensor(x)} for x, (dtype, _) in zip(inputs, specs)],
        "outputs": {name: tensor(y) for name, y in named.items()},
    }


def refused() -> None:
    x = keras.Input((2,))
    keras.Model(x, L.Lambda(lambda t: t * 2)(x)).save(FOLDER / "lambda.keras")

    @keras.saving.register_keras_serializable()
    class Doubling(keras.layers.Layer):
        def call(self, t):
            return 2 * t

    keras.Model(x, Doubling()(x)).save(FOLDER / "custom.keras")
    keras.Model(x, x * 2).save(FOLDER / "operation.keras")


if __name__ == "__main__":
    wanted = sys.argv[1:]
    entries = [save(i, make) for i, make in enumerate(MODELS) if not wanted or make.__name__ in wanted]
    refused()
    path = FOLDER / "models.json"
    rows = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in entries)
    path.write_text(f'{{"versions":{json.dumps(keras_versions())},"models":[\n{rows}\n]}}\n')
    for file in sorted(FOLDER.iterdir()):
        print(f"{file.name}: {file.stat().st_size:,} bytes")
