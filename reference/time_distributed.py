"""Keras's TimeDistributed over layers that change as they run, with masks, and a layer applied twice in one call →
test/golden/time-distributed.json. What the fields hold: see layer_cases.py. `shared` holds the inputs of the two applications."""

import re

from layer_cases import keras, layer_case, tf
from common import keras_versions, tensor, uniform, write

X = (2, 3, 4)
CASES = [
    ("TimeDistributed", {"layer": ("BatchNormalization", {})}, X),
    ("TimeDistributed", {"layer": ("BatchNormalization", {"momentum": 0.8})}, X, {"training": True}),
    ("TimeDistributed", {"layer": ("BatchNormalization", {"momentum": 0.8, "epsilon": 0.1})}, (3, 4, 2), {"training": True, "masks": (0,)}),
    ("TimeDistributed", {"layer": ("BatchNormalization", {"momentum": 0.5})}, (2, 3, 2, 2, 2), {"training": True}),
    ("TimeDistributed", {"layer": ("LayerNormalization", {})}, X, {"training": True, "masks": (0,)}),
    ("TimeDistributed", {"layer": ("LSTM", {"units": 2})}, (2, 3, 4, 2), {"masks": (0,), "mask_axes": 3}),
    ("TimeDistributed", {"layer": ("GRU", {"units": 2, "return_sequences": True})}, (2, 3, 4, 2), {"training": True, "masks": (0,), "mask_axes": 3}),
    ("TimeDistributed", {"layer": ("GlobalAveragePooling1D", {})}, (2, 3, 4, 2), {"masks": (0,), "mask_axes": 3}),
    ("TimeDistributed", {"layer": ("Dense", {"units": 2, "kernel_regularizer": "l2"})}, X, {"training": True}),
    ("TimeDistributed", {"layer": ("Dropout", {"rate": 1.0, "noise_shape": [1, 4]})}, X),
]


def named(case: dict) -> dict:
    """Paths as Tenon has them: the wrapped layer is `layer`, a recurrent layer's cell `cell`."""
    for weight in case["weights"]:
        weight["name"] = re.sub(r"^[^/]+/((lstm|gru)_cell/)?", lambda m: "layer/cell/" if m[1] else "layer/", weight["name"])
    return case


def shared_case(name: str, config: dict, shape: tuple) -> dict:
    keras.utils.clear_session()
    layer = getattr(keras.layers, name)(**config)
    inputs = [tf.constant(uniform(7 + i, shape, 2.0)) for i in range(2)]
    layer.build(shape)
    weights = [abs(uniform(70 + i, tuple(w.shape), 1.0)) + 0.5 for i, w in enumerate(layer.weights)]
    layer.set_weights(weights)
    outputs = [layer(x, training=True) for x in inputs]
    return {
        "layer": name,
        "config": config,
        "inputs": [tensor(x.numpy()) for x in inputs],
        "weights": [tensor(w) for w in weights],
        "outputs": [tensor(y.numpy()) for y in outputs],
        "updated": [tensor(v.numpy()) for v in layer.weights],
    }


if __name__ == "__main__":
    write("time-distributed.json", {
        "versions": keras_versions(),
        "layers": [named(layer_case(i, *case[:3], **(case[3] if len(case) > 3 else {}))) for i, case in enumerate(CASES)],
        "shared": shared_case("BatchNormalization", {"momentum": 0.8}, (3, 2)),
    })
