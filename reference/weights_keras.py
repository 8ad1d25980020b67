"""Keras's initializers, regularizers and constraints → test/golden/weights-keras.json.

Initializers: fans of shapes, values of those that draw nothing, and of the others the mean, the variance and the largest
magnitude of a large draw. Regularizers: the penalty and its gradient. Constraints: the constrained weight.
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np
import tensorflow as tf
from keras.src.initializers.random_initializers import compute_fans

from common import keras_versions, numbers, tensor, uniform, write
from optimizers_keras import camel

FANS = [
    ((), None, None),
    ((5,), None, None),
    ((3, 4), None, None),
    ((3, 4, 5), None, None),
    ((3, 3, 8, 16), None, None),
    ((2, 3, 4, 5, 6), None, None),
    ((4, 2, 8), [0], [1, 2]),
    ((2, 8, 4), [0, 1], [-1]),
    ((6, 7), [0], None),
]

FIXED = [
    ("Zeros", {}, (2, 3)),
    ("Ones", {}, (2, 3)),
    ("Constant", {}, (3,)),
    ("Constant", {"value": 0.3}, (2, 2)),
    ("Identity", {}, (3, 3)),
    ("Identity", {"gain": 0.5}, (2, 4)),
    ("Identity", {"gain": 2.0}, (3, 2)),
    ("STFT", {}, (8, 1, 5)),
    ("STFT", {"side": "imag"}, (8, 1, 5)),
    ("STFT", {"side": "imag", "window": "hamming", "scaling": "spectrum", "periodic": True}, (7, 1, 5)),
    ("STFT", {"window": None, "scaling": None}, (6, 1, 4)),
    *[("STFT", {"window": window, "scaling": None, "periodic": periodic}, (9, 1, 5))
      for window in ("boxcar", "blackman", "nuttall", "blackmanharris", "flattop", "bartlett", "cosine", "triang")
      for periodic in (False, True)],
]

KERNEL = (3, 3, 50, 80)
RANDOM = [
    ("RandomUniform", {}, KERNEL),
    ("RandomUniform", {"minval": -1.0, "maxval": 3.0}, KERNEL),
    ("RandomNormal", {}, KERNEL),
    ("RandomNormal", {"mean": 1.0, "stddev": 2.0}, KERNEL),
    ("TruncatedNormal", {}, KERNEL),
    ("TruncatedNormal", {"mean": -1.0, "stddev": 0.5}, KERNEL),
    *[(name, {}, KERNEL) for name in
      ("GlorotUniform", "GlorotNormal", "HeUniform", "HeNormal", "LecunUniform", "LecunNormal")],
    ("GlorotUniform", {"input_axes": [2], "output_axes": [0, 1, 3]}, KERNEL),
    ("HeNormal", {"input_axes": [2], "output_axes": [3]}, KERNEL),
    *[("VarianceScaling", {"scale": 0.5, "mode": mode, "distribution": distribution}, KERNEL)
      for mode in ("fan_in", "fan_out", "fan_avg")
      for distribution in ("uniform", "truncated_normal", "untruncated_normal", "normal")],
    ("VarianceScaling", {}, KERNEL),
    ("Orthogonal", {}, (40, 20)),
    ("Orthogonal", {"gain": 1.5}, (3, 3, 4, 50)),
]

REGULARIZERS = [
    ("L1", {}, (3, 4)),
    ("L1", {"l1": 0.3}, (2, 3, 2)),
    ("L2", {}, (3, 4)),
    ("L2", {"l2": 0.2}, (5,)),
    ("L1L2", {}, (3, 4)),
    ("L1L2", {"l1": 0.1, "l2": 0.2}, (3, 4)),
    ("L1L2", {"l2": 0.2}, (3, 4)),
    ("OrthogonalRegularizer", {}, (3, 4)),
    ("OrthogonalRegularizer", {"factor": 0.5, "mode": "columns"}, (3, 4)),
    ("OrthogonalRegularizer", {"factor": 0.5, "mode": "rows"}, (4, 2)),
]

CONSTRAINTS = [
    ("MaxNorm", {}, (3, 4)),
    ("MaxNorm", {"max_value": 0.8, "axis": 1}, (3, 4)),
    ("MaxNorm", {"max_value": 0.9, "axis": [0, 1, 2]}, (2, 2, 3, 4)),
    ("NonNeg", {}, (3, 4)),
    ("UnitNorm", {}, (3, 4)),
    ("UnitNorm", {"axis": [0, 1, 2]}, (2, 2, 3, 4)),
    ("UnitNorm", {"axis": -1}, (3, 4)),
    ("MinMaxNorm", {}, (3, 4)),
    ("MinMaxNorm", {"min_value": 0.9, "max_value": 1.2, "rate": 0.3, "axis": 1}, (3, 4)),
    ("MinMaxNorm", {"min_value": 1.0, "max_value": 2.0}, (5,)),
]

VALUES = {"fan_in": "fanIn", "fan_out": "fanOut", "fan_avg": "fanAvg",
          "truncated_normal": "truncatedNormal", "untruncated_normal": "untruncatedNormal"}


def plain(config: dict) -> dict:
    """In camelCase: keys, and those values that are words."""
    return {camel(k): VALUES.get(v, v) if isinstance(v, str) else v for k, v in config.items()}


def full_config(made) -> dict:
    config = made.get_config()
    return {k: round(v, 12) if isinstance(v, float) else v for k, v in plain(config).items()}


def weight(seed: int, shape: tuple) -> np.ndarray:
    w = uniform(seed, shape, 1.0)
    if len(shape) == 2:
        w[:, 0] = 0.0  # a vector of zeros along axis 0
    return w


def main() -> None:
    fixed, random, regularizers, constraints = [], [], [], []
    for name, config, shape in FIXED:
        made = getattr(keras.initializers, name)(**config)
        fixed.append({"type": name, "given": plain(config), "config": full_config(made), "values": tensor(made(shape))})
    for i, (name, config, shape) in enumerate(RANDOM):
        made = getattr(keras.initializers, name)(**config)
        seeded = getattr(keras.initializers, name)(**config, seed=100 + i)
        values = np.asarray(seeded(shape)).astype(np.float64)
        random.append({"type": name, "given": plain(config), "config": full_config(made), "shape": list(shape),
                       "mean": float(values.mean()), "variance": float(values.var()), "largest": float(np.abs(values).max())})
    for i, (name, config, shape) in enumerate(REGULARIZERS):
        made = getattr(keras.regularizers, name)(**config)
        x = tf.constant(uniform(400 + i, shape, 1.0))
        with tf.GradientTape() as tape:
            tape.watch(x)
            penalty = made(x)
        gradient = tape.gradient(penalty, x)
        regularizers.append({"type": name, "given": plain(config), "config": full_config(made), "weight": tensor(x),
                             "penalty": numbers(penalty)[0],
                             "gradient": numbers(tf.zeros_like(x) if gradient is None else gradient)})
    for i, (name, config, shape) in enumerate(CONSTRAINTS):
        made = getattr(keras.constraints, name)(**config)
        w = weight(450 + i, shape)
        constraints.append({"type": name, "given": plain(config), "config": full_config(made),
                            "weight": tensor(w), "result": numbers(made(w))})
    write("weights-keras.json", {
        "versions": keras_versions(),
        "fans": [{"shape": list(shape), "inputAxes": i, "outputAxes": o, "fans": list(compute_fans(shape, i, o))}
                 for shape, i, o in FANS],
        "fixed": fixed,
        "random": random,
        "regularizers": regularizers,
        "constraints": constraints,
    })


if __name__ == "__main__":
    main()
