"""How layers are run in Keras for the golden files: one case is a layer, its options, inputs, masks and call options.

`outputs` are the layer's on `inputs` (with `training` as given) with `weights` in Keras's order. `gradients` are those of
Σ outputs·cotangents + losses by the float inputs and the trainable weights, in that order. `updated` holds the non-trainable weights
after the call, where it changes them; `mask` is the first output's, where it has one.
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

from common import hash32, numbers, tensor, uniform


def camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda m: m.group(1).upper(), name)


def camel_value(value):
    """Options as Tenon spells them; a nested layer is given as (class name, options)."""
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], dict):
        return {"layer": value[0], "config": camel_config(value[1])}
    if isinstance(value, (list, tuple)):
        return [camel_value(v) for v in value]
    return camel(value) if isinstance(value, str) else value


def camel_config(config: dict) -> dict:
    return {camel(k): camel_value(v) for k, v in config.items()}


def made(value):
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], dict):
        return getattr(keras.layers, value[0])(**value[1])
    return value


def integers(seed: int, shape: tuple, below: int) -> np.ndarray:
    return (hash32(seed, int(np.prod(shape))) % below).astype(np.int32).reshape(shape)


def mask_of(seed: int, shape: tuple) -> np.ndarray:
    mask = hash32(seed, int(np.prod(shape))).reshape(shape) % 4 != 0
    mask[..., 0] = True
    return mask


def layer_case(index: int, name: str, config: dict, shapes, *, training=False, masks=(), call=None, extra=None, below=None, limit=2.0, mask_axes=2) -> dict:
    """`shapes`: one input's, or a list of several inputs'. `masks`: which inputs have one, over their first `mask_axes` axes. `below`: integer inputs. `extra`: Keras call arguments that Tenon takes as further inputs, masks by their shapes or in lists."""
    shapes = shapes if isinstance(shapes, list) else [shapes]
    keras.utils.clear_session()
    call = dict(call or {})
    layer = getattr(keras.layers, name)(**{k: made(v) for k, v in config.items()})
    seed = 10_000 * (index + 1)
    if below:
        inputs = [tf.constant(integers(seed + i, shape, below)) for i, shape in enumerate(shapes)]
    else:
        inputs = [tf.constant(uniform(seed + i, shape, limit)) for i, shape in enumerate(shapes)]
    given_masks = [mask_of(seed + 100 + i, shape[:mask_axes]) if i in masks else None for i, shape in enumerate(shapes)]
    extra = {k: mask_of(seed + 200 + i, shape) if isinstance(shape, tuple) else np.array(shape, bool) for i, (k, shape) in enumerate((extra or {}).items())}

    def run():
        for x, mask in zip(inputs, given_masks):
            # A mask that comes with an input, as one from an Embedding would.
            keras.src.backend.set_keras_mask(x, None if mask is None else tf.constant(mask))
        mode = {"training": training} if "training" in layer.call_signature_parameters else {}
        if name in ("MultiHeadAttention", "GroupQueryAttention"):
            return layer(*inputs, **mode, **extra, **call)
        return layer(inputs if len(inputs) > 1 else inputs[0], **mode, **extra, **call)

    run()
    weights = [uniform(seed + 300 + i, tuple(w.shape), 1.0) for i, w in enumerate(layer.weights)]
    weights = [np.abs(w) + np.float32(0.5) if re.search("variance|stddev", v.path) else w for w, v in zip(weights, layer.weights)]
    layer.set_weights(weights)
    real = [] if below else list(inputs)
    with tf.GradientTape() as tape:
        for x in real:
            tape.watch(x)
        outputs = run()
        outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
        cotangents = [uniform(seed + 400 + i, tuple(y.shape), 1.0) for i, y in enumerate(outputs)]
        target = sum(tf.reduce_sum(tf.cast(y, tf.float32) * c) for y, c in zip(outputs, cotangents)) + sum(layer.losses)
        total = float(sum(layer.losses)) if layer.losses else None
    sources = real + [v.value for v in layer.trainable_weights]
    gradients = [
        np.zeros(s.shape, np.float32) if g is None else tf.convert_to_tensor(g).numpy()
        for g, s in zip(tape.gradient(target, sources), sources)
    ] if sources else []
    after = layer.get_weights()
    changed = training and any((a != b).any() for a, b in zip(weights, after))
    mask = getattr(outputs[0], "_keras_mask", None)
    return {
        "layer": name,
        "config": camel_config(config),
        "training": training,
        "inputs": [
            *[{**tensor(x.numpy()), "dtype": "int32" if below else "float32"} for x in inputs],
            *[{**tensor(m), "dtype": "bool"} for m in extra.values()],
        ],
        **({"masks": [None if m is None else tensor(m) for m in given_masks]} if masks else {}),
        **({"call": camel_config(call)} if call else {}),
        "weights": [{"name": "/".join(v.path.split("/")[1:]), **tensor(w)} for v, w in zip(layer.weights, weights)],
        "outputs": [tensor(y.numpy()) for y in outputs],
        "cotangents": [numbers(c) for c in cotangents],
        "gradients": [tensor(g) for g in gradients],
        **({"loss": total} if total is not None else {}),
        **({"mask": tensor(np.asarray(mask))} if mask is not None else {}),
        **({"updated": [tensor(v.numpy()) for v in layer.non_trainable_weights]} if changed else {}),
    }
