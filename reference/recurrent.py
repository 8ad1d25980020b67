"""Keras's recurrent layers, forward and backward → test/golden/recurrent-keras.json.

`inputs` are the sequences, then initial states; `mask` says which steps of the sequences count. `outputs` are the layer's with
`weights`, named as Tenon names them. `gradients` are those of Σ outputs·cotangents by the inputs and the trainable weights, in
that order. `states` holds a stateful layer's states after the call. A nested layer is `{"layer": class, "config": options}`.
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import re

import keras
import numpy as np
import tensorflow as tf

from common import hash32, keras_versions, numbers, tensor, uniform, write

SEQUENCE = (3, 5, 4)
STATE = (3, 2)


def camel(value):
    """Options as Tenon spells them; a nested layer is given as (class name, options)."""
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], dict):
        return {"layer": value[0], "config": camel(value[1])}
    if isinstance(value, dict):
        return {camel(k): camel(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [camel(v) for v in value]
    return re.sub(r"_(\w)", lambda m: m.group(1).upper(), value) if isinstance(value, str) else value


def made(value):
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], dict):
        return getattr(keras.layers, value[0])(**{k: made(v) for k, v in value[1].items()})
    return [made(v) for v in value] if isinstance(value, list) else value


def path(layer, variable) -> str:
    """The weight's path below the layer: inner layers by the attributes that hold them."""

    def search(inner, prefix: str):
        found = [f"{prefix}{v.name}" for v in inner._trainable_variables + inner._non_trainable_variables if v is variable]
        parts = {a: getattr(inner, a, None) for a in ("cell", "layer", "forward_layer", "backward_layer")}
        for attribute, part in parts.items():
            if isinstance(part, keras.layers.Layer):
                found += search(part, f"{prefix}{attribute}/")
        counts: dict = {}
        for part in getattr(inner, "cells", []) or []:
            base = keras.src.utils.naming.to_snake_case(part.__class__.__name__)
            count = counts.get(base, 0)
            counts[base] = count + 1
            found += search(part, f"{prefix}cells/{base if count == 0 else f'{base}_{count}'}/")
        return found

    return search(layer, "")[0]


def case(index: int, name: str, config: dict, shape=SEQUENCE, *, states=(), mask=False, training=False, is_cell=False) -> dict:
    seed = 1000 * (index + 1)
    layer = made((name, config))
    x = tf.constant(uniform(seed, shape, 1.5))
    initial = [tf.constant(uniform(seed + 1 + i, s, 1.0)) for i, s in enumerate(states)]
    steps = None
    if mask:
        steps = hash32(seed + 50, shape[0] * shape[1]).reshape(shape[:2]) % 3 != 0
        steps[0, 0] = False  # masked at the start
        steps[1, -1] = False  # and at the end
        steps[2] = True

    def run():
        arguments = {}
        if steps is not None:
            arguments["mask"] = tf.constant(steps)
        if is_cell:
            output, after = layer(x, initial, training=training)
            return [output, *tf.nest.flatten(after)]
        if initial:
            arguments["initial_state"] = initial
        result = layer(x, training=training, **arguments)
        return list(result) if isinstance(result, (list, tuple)) else [result]

    run()
    # Keras does not count the states of a stateful layer among its weights.
    rnn_states = tf.nest.flatten(layer.states) if getattr(layer, "stateful", False) else []
    variables = layer.weights + rnn_states
    weights = [uniform(seed + 100 + i, tuple(v.shape), 0.9) for i, v in enumerate(variables)]
    for variable, weight in zip(variables, weights):
        variable.assign(weight)
    sources = [x, *initial]
    with tf.GradientTape() as tape:
        for source in sources:
            tape.watch(source)
        outputs = run()
        cotangents = [uniform(seed + 200 + i, tuple(y.shape), 1.0) for i, y in enumerate(outputs)]
        target = sum(tf.reduce_sum(y * c) for y, c in zip(outputs, cotangents))
    wanted = sources + [v.value for v in layer.trainable_weights]
    gradients = tape.gradient(target, wanted)
    names = {id(v): path(layer, v) for v in layer.weights} | {
        id(v): f"state_{i}" for i, v in enumerate(rnn_states)
    }
    return {
        "layer": name,
        "config": camel(config),
        "training": training,
        "inputs": [tensor(source.numpy()) for source in sources],
        **({} if steps is None else {"mask": tensor(steps)}),
        "weights": [{"name": names[id(v)], **tensor(w)} for v, w in zip(variables, weights)],
        "outputs": [tensor(y.numpy()) for y in outputs],
        "cotangents": [numbers(c) for c in cotangents],
        "gradients": [tensor(np.zeros(s.shape) if g is None else tf.convert_to_tensor(g).numpy()) for g, s in zip(gradients, wanted)],
        **({"states": [tensor(v.numpy()) for v in rnn_states]} if rnn_states else {}),
    }


def cases() -> list:
    found = []

    def add(name: str, config: dict, *args, **options) -> None:
        found.append(case(len(found), name, config, *args, **options))

    for name, count in (("SimpleRNN", 1), ("GRU", 1), ("LSTM", 2)):
        two = {"units": 2}
        every = {**two, "return_sequences": True, "return_state": True}
        add(name, two)
        add(name, two, training=True)
        add(name, every, training=True)
        add(name, every)
        add(name, {**every, "go_backwards": True})
        add(name, {**every, "go_backwards": True}, training=True)
        add(name, {**two, "use_bias": False, "activation": "relu"}, training=True)
        add(name, {**two, "activation": "softsign"})
        add(name, two, mask=True)
        add(name, every, mask=True, training=True)
        add(name, {**every, "zero_output_for_mask": True}, mask=True)
        add(name, {**two, "zero_output_for_mask": True}, mask=True)
        add(name, {**every, "go_backwards": True}, mask=True)
        add(name, every, states=[STATE] * count)
        add(name, every, states=[STATE] * count, mask=True)
        add(name, {**every, "unroll": True}, training=True)
        add(name, {**every, "unroll": True, "go_backwards": True}, states=[STATE] * count, mask=True)
        add(name, {**two, "stateful": True}, training=True)
        add(f"{name}Cell", two, (3, 4), states=[STATE] * count, is_cell=True)
    for training in (False, True):
        add("GRU", {"units": 2, "reset_after": False}, training=training)
    add("GRU", {"units": 2, "reset_after": False, "use_bias": False, "recurrent_activation": "hard_sigmoid"})
    add("GRUCell", {"units": 2, "reset_after": False}, (3, 4), states=[STATE], is_cell=True)
    add("LSTM", {"units": 2, "unit_forget_bias": False, "recurrent_activation": "hard_sigmoid"}, training=True)

    stack = ("StackedRNNCells", {"cells": [("LSTMCell", {"units": 3}), ("GRUCell", {"units": 2}), ("LSTMCell", {"units": 2})]})
    add("RNN", {"cell": stack})
    add("RNN", {"cell": stack, "return_sequences": True}, mask=True, training=True)
    add("RNN", {"cell": ("SimpleRNNCell", {"units": 2}), "return_state": True, "go_backwards": True}, training=True)

    for mode in ("concat", "sum", "mul", "ave"):
        add("Bidirectional", {"layer": ("LSTM", {"units": 2, "return_sequences": True}), "merge_mode": mode})
    add("Bidirectional", {"layer": ("GRU", {"units": 2})}, training=True)
    add("Bidirectional", {"layer": ("GRU", {"units": 2, "return_sequences": True}), "merge_mode": None}, training=True)
    add("Bidirectional", {"layer": ("LSTM", {"units": 2, "return_sequences": True, "return_state": True})}, training=True)
    add("Bidirectional", {"layer": ("LSTM", {"units": 2, "return_state": True})}, states=[STATE] * 4)
    add("Bidirectional", {"layer": ("LSTM", {"units": 2, "return_sequences": True})}, mask=True)
    add("Bidirectional", {"layer": ("SimpleRNN", {"units": 2})}, mask=True, training=True)
    add(
        "Bidirectional",
        {"layer": ("LSTM", {"units": 2}), "backward_layer": ("GRU", {"units": 2, "go_backwards": True}), "merge_mode": "sum"},
    )

    add("TimeDistributed", {"layer": ("Dense", {"units": 2, "activation": "tanh"})})
    add("TimeDistributed", {"layer": ("Dense", {"units": 2})}, mask=True)
    add("TimeDistributed", {"layer": ("Conv2D", {"filters": 2, "kernel_size": 2})}, (2, 3, 4, 3, 2))

    same = {"filters": 2, "kernel_size": 3, "padding": "same"}
    add("ConvLSTM1D", {"filters": 2, "kernel_size": 2}, (2, 3, 5, 2))
    add("ConvLSTM1D", {**same, "return_sequences": True, "return_state": True}, (2, 3, 4, 2), training=True)
    add("ConvLSTM2D", {"filters": 2, "kernel_size": [2, 3]}, (2, 3, 4, 5, 2), training=True)
    add("ConvLSTM2D", {**same, "strides": 2, "return_sequences": True, "go_backwards": True}, (2, 3, 5, 4, 2))
    add("ConvLSTM2D", {**same, "kernel_size": 2, "dilation_rate": 2, "return_sequences": True}, (3, 3, 4, 4, 1), mask=True, training=True)
    add("ConvLSTM2D", {**same, "use_bias": False, "return_state": True}, (3, 2, 3, 3, 1), states=[(3, 3, 3, 2)] * 2)
    add("ConvLSTM3D", same, (1, 2, 3, 2, 3, 1), training=True)

    # Keras takes a layer that goes backwards only with another one that does not.
    back = {"units": 2, "return_sequences": True, "return_state": True}
    pair = {"layer": ("GRU", {**back, "go_backwards": True}), "backward_layer": ("SimpleRNN", back)}
    add("Bidirectional", {**pair, "merge_mode": None}, training=True)
    add("Bidirectional", {**pair, "merge_mode": "sum"}, mask=True)
    return found


def main() -> None:
    write("recurrent-keras.json", {**keras_versions(), "cases": cases()})


if __name__ == "__main__":
    main()
