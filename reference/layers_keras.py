"""Keras's layers, forward and backward → test/golden/layers-keras.json.

`output` is the layer called on `input` (with `training` as given), with `weights` in Keras's order. `gradients` are those of
Σ output·cotangent by the input (where it is real) and by the trainable weights, in that order. `updated` holds the
non-trainable weights after the call, where it changes them (moving statistics).
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import keras
import numpy as np
import tensorflow as tf

from common import hash32, keras_versions, numbers, tensor, uniform, write
from optimizers_keras import camel_config

IMAGE = (2, 6, 5, 3)

CASES = [
    ("Dense", {"units": 3}, (2, 4), False),
    ("Dense", {"units": 3, "use_bias": False, "activation": "tanh"}, (2, 4), False),
    ("Dense", {"units": 2, "activation": "softmax"}, (2, 3, 4), False),
    *[("Dense", {"units": 3, "activation": name}, (2, 4), False) for name in
      ("relu", "sigmoid", "elu", "selu", "softplus", "softsign", "silu", "gelu", "leaky_relu", "exponential", "hard_sigmoid", "mish", "log_softmax")],
    ("Conv2D", {"filters": 2, "kernel_size": 3}, IMAGE, False),
    ("Conv2D", {"filters": 2, "kernel_size": 3, "padding": "same", "activation": "relu"}, IMAGE, False),
    ("Conv2D", {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"}, IMAGE, False),
    ("Conv2D", {"filters": 2, "kernel_size": [2, 3], "strides": [2, 1], "padding": "valid", "use_bias": False}, IMAGE, False),
    ("Conv2D", {"filters": 2, "kernel_size": 2, "strides": 2, "padding": "same"}, IMAGE, False),
    ("Conv2D", {"filters": 2, "kernel_size": 3, "dilation_rate": 2, "padding": "same"}, IMAGE, False),
    ("Conv2D", {"filters": 2, "kernel_size": 2, "dilation_rate": [2, 1]}, IMAGE, False),
    ("MaxPooling2D", {"pool_size": 2}, IMAGE, False),
    ("MaxPooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, IMAGE, False),
    ("MaxPooling2D", {"pool_size": [2, 3], "strides": 1}, IMAGE, False),
    ("AveragePooling2D", {"pool_size": 2}, IMAGE, False),
    ("AveragePooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, IMAGE, False),
    ("GlobalAveragePooling2D", {}, IMAGE, False),
    ("GlobalMaxPooling2D", {}, IMAGE, False),
    ("Flatten", {}, (2, 2, 3, 2), False),
    ("Dropout", {"rate": 0.5}, (2, 4), False),
    ("BatchNormalization", {}, (4, 3), True),
    ("BatchNormalization", {}, (4, 3), False),
    ("BatchNormalization", {"momentum": 0.9, "epsilon": 1e-2}, (2, 3, 2, 3), True),
    ("BatchNormalization", {"momentum": 0.9, "epsilon": 1e-2}, (2, 3, 2, 3), False),
    ("BatchNormalization", {"center": False, "scale": False}, (4, 3), True),
    ("LayerNormalization", {}, (2, 5), False),
    ("LayerNormalization", {"epsilon": 1e-5}, (2, 3, 4), False),
    ("LayerNormalization", {"center": False}, (2, 5), False),
    ("Embedding", {"input_dim": 6, "output_dim": 3}, (2, 4), False),
]


def layer_case(index: int, name: str, config: dict, shape: tuple, training: bool) -> dict:
    layer = getattr(keras.layers, name)(**config)
    integers = name == "Embedding"
    if integers:
        x = tf.constant((hash32(500 + index, int(np.prod(shape))) % config["input_dim"]).astype(np.int32).reshape(shape))
    else:
        x = tf.constant(uniform(500 + index, shape, 2.0))
    layer.build(shape)
    weights = [uniform(600 + 10 * index + i, tuple(w.shape), 1.0) for i, w in enumerate(layer.weights)]
    # A variance is positive.
    weights = [np.abs(w) + np.float32(0.5) if "variance" in v.name else w for w, v in zip(weights, layer.weights)]
    layer.set_weights(weights)
    with tf.GradientTape() as tape:
        if not integers:
            tape.watch(x)
        y = layer(x, training=training)
        cotangent = uniform(700 + index, tuple(y.shape), 1.0)
        target = tf.reduce_sum(y * cotangent)
    sources = ([] if integers else [x]) + [v.value for v in layer.trainable_weights]
    gradients = [tf.convert_to_tensor(g).numpy() for g in tape.gradient(target, sources)]
    after = layer.get_weights()
    changed = training and any((a != b).any() for a, b in zip(weights, after))
    return {
        "layer": name,
        "config": camel_config(config),
        "training": training,
        "input": {**tensor(x.numpy()), "dtype": "int32" if integers else "float32"},
        "weights": [{"name": v.name, **tensor(w)} for v, w in zip(layer.weights, weights)],
        "output": tensor(y.numpy()),
        "cotangent": numbers(cotangent),
        "gradients": [tensor(g) for g in gradients],
        **({"updated": [tensor(v.numpy()) for v in layer.non_trainable_weights]} if changed else {}),
    }


if __name__ == "__main__":
    write("layers-keras.json", {
        "versions": keras_versions(),
        "layers": [layer_case(i, *case) for i, case in enumerate(CASES)],
    })
