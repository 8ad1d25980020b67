"""Whole training steps of small models in Keras → test/golden/training-steps.json.

Each case is one of MODELS, which test/golden/training-steps.test.ts builds too, an optimizer, and a loss for each output or none.
Weight i begins as uniform(100 + i, shape, 0.8); the inputs of step t are uniform(1000 + 10·t + input, shape, 1.5), its targets
uniform(2000 + 10·t + output, shape, 1). `losses` are those of the steps, before each update; `weights` those that are left.
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import keras
import numpy as np

from common import keras_versions, tensor, uniform, write
from layer_cases import camel_config

STEPS = 4
BATCH = 3
layers = keras.layers


def spectral():
    """A layer that replaces its own kernel, which is penalised and held to a norm too."""
    x = keras.Input((4,))
    inner = layers.Dense(3, activation="tanh", kernel_regularizer=keras.regularizers.L2(0.1), kernel_constraint=keras.constraints.MaxNorm(0.9))
    return keras.Model(x, layers.Dense(2)(layers.SpectralNormalization(inner, power_iterations=2)(x)))


def heads():
    """Two outputs, of which one may have no loss."""
    x = keras.Input((4,))
    body = layers.Dense(3, activation="tanh")(x)
    other = layers.Dense(2, kernel_constraint=keras.constraints.UnitNorm(), name="other")(body)
    return keras.Model(x, [layers.Dense(2, name="main")(body), other])


def states():
    """Penalties on all outputs of a recurrent layer."""
    x = keras.Input((5, 3))
    sequence, *last = layers.LSTM(2, return_sequences=True, return_state=True, activity_regularizer=keras.regularizers.L2(0.2))(x)
    pooled = layers.GlobalAveragePooling1D()(sequence)
    return keras.Model(x, layers.Dense(1)(layers.Concatenate()([pooled, *last])))


def scores():
    """Penalties on the outputs of an attention layer, scores among them."""
    x = keras.Input((5, 4))
    attention = layers.GroupQueryAttention(head_dim=2, num_query_heads=4, num_key_value_heads=2, activity_regularizer=keras.regularizers.L2(0.2))
    y, _ = attention(x, x, return_attention_scores=True)
    return keras.Model(x, layers.Dense(1)(layers.GlobalAveragePooling1D()(y)))


def gate():
    """A penalty on what a gate lets through."""
    x = keras.Input((5, 4))
    y = layers.MultiHeadAttention(num_heads=2, key_dim=2, use_gate=True, activity_regularizer=keras.regularizers.L2(0.2))(x, x)
    return keras.Model(x, layers.Dense(1)(layers.GlobalAveragePooling1D()(y)))


MODELS = {"spectral": spectral, "heads": heads, "states": states, "scores": scores, "gate": gate}
EMA = {"use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 2}

CASES = [
    ("spectral", "SGD", {"learning_rate": 0.1, "momentum": 0.9}, ["mse"]),
    ("spectral", "AdamW", {"learning_rate": 0.05, "weight_decay": 0.5, **EMA}, ["mse"]),
    ("spectral", "Lamb", {"learning_rate": 0.1, "weight_decay": 0.2}, ["mse"]),
    ("spectral", "Ftrl", {"learning_rate": 0.1, "gradient_accumulation_steps": 2}, ["mse"]),
    ("heads", "AdamW", {"learning_rate": 0.05, "weight_decay": 0.5}, ["mse", None]),
    ("heads", "Ftrl", {"learning_rate": 0.1, "global_clipnorm": 0.5}, [None, "mse"]),
    ("heads", "SGD", {"learning_rate": 0.1, "momentum": 0.9, "weight_decay": 0.2, "gradient_accumulation_steps": 2, **EMA}, ["mse", None]),
    ("heads", "Muon", {"learning_rate": 0.02, "weight_decay": 0.3}, ["mse", None]),
    ("heads", "AdamW", {"learning_rate": 0.05, "weight_decay": 0.5}, ["mse", "mae"]),
    ("states", "SGD", {"learning_rate": 0.2}, ["mse"]),
    ("scores", "SGD", {"learning_rate": 0.02}, ["mse"]),
    ("gate", "SGD", {"learning_rate": 0.02}, ["mse"]),
]


def run(name: str, optimizer: str, config: dict, losses: list) -> dict:
    keras.utils.clear_session()
    model = MODELS[name]()
    for i, weight in enumerate(model.weights):
        weight.assign(uniform(100 + i, tuple(weight.shape), 0.8))
    one = len(losses) == 1
    model.compile(optimizer=getattr(keras.optimizers, optimizer)(**config), loss=losses[0] if one else losses, jit_compile=False)
    results = []
    for t in range(STEPS):
        x = uniform(1000 + 10 * t, (BATCH, *model.input_shape[1:]), 1.5)
        y = [uniform(2000 + 10 * t + i, (BATCH, *output.shape[1:]), 1.0) for i, output in enumerate(model.outputs)]
        results.append(float(model.train_on_batch(x, y[0] if one else y, return_dict=True)["loss"]))
    return {
        "model": name,
        "optimizer": optimizer,
        "config": camel_config(config),
        "compiled": losses,
        "losses": [float(f"{loss:.9g}") for loss in results],
        "weights": [tensor(np.asarray(weight)) for weight in model.weights],
    }


if __name__ == "__main__":
    write("training-steps.json", {"versions": keras_versions(), "steps": STEPS, "batch": BATCH, "cases": [run(*case) for case in CASES]})
