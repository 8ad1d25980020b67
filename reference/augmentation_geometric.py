"""Keras's geometric augmentation layers → test/golden/augmentation-geometric.json.

A case is a layer, its options, `input` images and `output`. With `transformation`, what Keras draws at random is given, and `output` is that of
transform_images; without, the options leave nothing to chance and the layer itself was called in training.
"""

from layer_cases import camel_config, keras, tf
from common import keras_versions, tensor, uniform, write

import numpy as np

SIZE = (3, 5, 6, 2)
MODES = ("reflect", "wrap", "constant", "nearest")
KINDS = ("bilinear", "nearest")
FIRST = {"data_format": "channels_first"}


def image(seed, shape=SIZE):
    return np.round(uniform(seed, shape, 100.0), 2) + np.float32(100)


def draws(seed, shape, low=0.0, high=1.0):
    return ((uniform(seed, shape, 1.0) + 1) / 2 * (high - low) + low).astype(np.float32)


def every(layer, options, seed, transformation, shape=SIZE):
    """All fill modes and interpolations."""
    return [
        (layer, {**options, "fill_mode": mode, "interpolation": kind, "fill_value": 7.5 if kind == "bilinear" else 3.0}, image(seed + i, shape), transformation)
        for i, (mode, kind) in enumerate((m, k) for m in MODES for k in KINDS)
    ]


def some(*values):
    return np.array(values, np.float32)


FAR = {"height": some(-17.0, 3.5, 11.25), "width": some(6.0, -13.5, 22.0)}
CORNERS = draws(90, (3, 4, 2), -0.5, 0.5)

# Layer, options, images, what is drawn.
CASES = [
    *[("RandomFlip", {"mode": mode, **more}, image(i, shape), {"flips": some(1, 0, 1)})
      for i, (mode, more, shape) in enumerate([("horizontal", {}, SIZE), ("vertical", {}, SIZE), ("horizontal_and_vertical", {}, SIZE), ("horizontal", FIRST, (3, 2, 4, 5)), ("vertical", FIRST, (3, 2, 4, 5))])],
    *every("RandomRotation", {"factor": 0.5}, 10, {"angle": some(17.3, -141.7, 66.0)}),
    ("RandomRotation", {"factor": 0.5, **FIRST}, image(20, (3, 2, 5, 4)), {"angle": some(90.5, -31.0, 0.0)}),
    ("RandomRotation", {"factor": (0.1, 0.1)}, image(21), None), ("RandomRotation", {"factor": (-0.3, -0.3), "fill_mode": "wrap"}, image(22), None),
    ("RandomRotation", {"factor": (0.2, 0.2)}, image(23, (7, 4, 1)), None),
    *every("RandomZoom", {"height_factor": 0.9}, 30, {"height_zoom": some(0.37, 1.61, 1.93), "width_zoom": some(1.27, 0.63, 1.88)}),
    ("RandomZoom", {"height_factor": 0.9, **FIRST}, image(40, (3, 1, 4, 7)), {"height_zoom": some(0.4, 1.3, 1.0), "width_zoom": some(0.4, 1.3, 1.0)}),
    ("RandomZoom", {"height_factor": (0.3, 0.3), "width_factor": (-0.4, -0.4)}, image(41), None), ("RandomZoom", {"height_factor": (-0.25, -0.25), "fill_mode": "constant"}, image(42), None),
    *every("RandomTranslation", {"height_factor": 1.0, "width_factor": 1.0}, 50, FAR),
    *every("RandomTranslation", {"height_factor": 1.0, "width_factor": 1.0}, 60, {"height": some(1.3, -2.6, 0.4), "width": some(-0.7, 3.1, -4.45)}),
    *every("RandomTranslation", {"height_factor": 1.0, "width_factor": 1.0}, 100, {"height": some(1.3, -2.6, 0.4), "width": some(-0.7, 3.1, -4.45)}, (3, 1, 6, 2)),
    ("RandomTranslation", {"height_factor": (0.3, 0.3), "width_factor": (-0.25, -0.25)}, image(70), None),
    ("RandomTranslation", {"height_factor": (-0.5, -0.5), "width_factor": (0.1, 0.1), "fill_mode": "constant", **FIRST}, image(71, (2, 3, 5, 4)), None),
    *every("RandomShear", {"x_factor": 0.9, "y_factor": 0.9}, 80, {"x": some(0.33, -0.77, 0.05), "y": some(-0.91, 0.12, 0.61)}),
    *[("RandomPerspective", {"interpolation": kind, "fill_value": fill, **more}, image(91 + i, shape), {"applied": some(1, 1, 0), "corners": CORNERS * share})
      for i, (kind, fill, share, more, shape) in enumerate([("bilinear", 0.0, 1, {}, SIZE), ("nearest", 4.0, 1, {}, SIZE), ("bilinear", 9.5, 0.3, {}, (3, 8, 5, 1)), ("bilinear", 0.0, 0.5, FIRST, (3, 2, 5, 7))])],
    ("RandomCrop", {"height": 3, "width": 4}, image(110), {"top": 1, "left": 0}), ("RandomCrop", {"height": 2, "width": 2, **FIRST}, image(111, (3, 2, 5, 6)), {"top": 3, "left": 2}),
    *[("RandomCrop", {"height": h, "width": w}, image(112 + i), None) for i, (h, w) in enumerate([(8, 9), (3, 9), (9, 3), (5, 4), (2, 6), (5, 6), (12, 4)])],
    *[("RandomErasing", {"fill_value": fill, "value_range": span, **more}, image(120 + i, shape), {"applied": some(1, 1, 0), "left": some(0.6, 2.0, 1.0), "right": some(3.1, 5.0, 2.5), "top": some(1.0, 0.2, 2.0), "bottom": some(2.0, 3.9, 4.0)})
      for i, (fill, span, more, shape) in enumerate([(33.5, (0, 255), {}, SIZE), ((1.0, 2.0, 300.0), (0, 255), {}, (3, 5, 6, 3)), (-4.0, (0.0, 1.0), FIRST, (3, 2, 5, 6)), (None, (0, 200), {}, SIZE)])],
    *[("RandomElasticTransform", {"fill_mode": mode, "interpolation": kind, "fill_value": 20.0}, image(130 + i, shape), {"applied": some(1, 0), "strength": np.float32(strength), "horizontal": uniform(140 + i, shape[:3], 2.0), "vertical": uniform(150 + i, shape[:3], 2.0)})
      for i, (mode, kind, strength, shape) in enumerate((m, k, s, z) for m in MODES for k, s, z in (("bilinear", 0.93, (2, 9, 11, 2)), ("nearest", 0.8, (2, 26, 24, 1))))],
    ("RandomElasticTransform", {"value_range": (50, 120), **FIRST}, image(160, (2, 3, 6, 22)), {"applied": some(1, 1), "strength": np.float32(0.3), "horizontal": uniform(161, (2, 6, 22), 2.0), "vertical": uniform(162, (2, 6, 22), 2.0)}),
]


def matrix(layer, angle, height, width):
    none, one = tf.zeros([len(angle)]), tf.ones([len(angle)])
    return layer._compute_affine_matrix(0.5, 0.5, tf.constant(angle), none, none, one, none, none, height, width)


def transformed(name, layer, x, given):
    """Keras's own transformation from what it would have drawn."""
    first = layer.data_format == "channels_first"
    height, width = x.shape[2:4] if first else x.shape[1:3]
    batch = x.shape[0]
    if name == "RandomFlip":
        return {"flips": given["flips"].reshape(-1, 1, 1, 1) > 0, "input_shape": x.shape}
    if name == "RandomRotation":
        return {"rotation_matrix": matrix(layer, given["angle"], height, width)}
    if name == "RandomZoom":
        return {key: value.reshape(-1, 1) for key, value in given.items()}
    if name == "RandomTranslation":
        return {"translations": tf.constant(np.stack([given["width"], given["height"]], 1))}
    if name == "RandomShear":
        return {"shear_factor": tf.constant(np.stack([given["x"], given["y"]], 1))}
    if name == "RandomPerspective":
        start = np.array([[[0, 0], [width - 1, 0], [0, height - 1], [width - 1, height - 1]]] * batch, np.float32)
        return {"apply_perspective": given["applied"] > 0, "start_points": start, "end_points": start + start * given["corners"]}
    if name == "RandomCrop":
        return (given["top"], given["left"])
    if name == "RandomErasing":
        corners = tuple(tf.constant(given[side]) for side in ("left", "right", "top", "bottom"))
        fill = given.get("fill")
        low, high = layer.value_range
        fill = layer._get_fill_value(x, x.shape, 0) if fill is None else np.clip(fill * high, low, high)
        return {"apply_erasing": given["applied"] > 0, "batch_masks": layer._generate_batch_mask(x.shape, corners), "fill_value": fill}
    noise = iter([given["horizontal"], given["vertical"]])
    tf.random.stateless_normal = lambda **_: tf.constant(next(noise))
    return {"apply_transform": tf.constant(given["applied"] > 0), "distortion_factor": tf.constant(given["strength"]), "seed": 1}


def case(name, config, x, given):
    layer = getattr(keras.layers, name)(**config)
    if name == "RandomErasing" and config["fill_value"] is None:
        given = {**given, "fill": uniform(127, x.shape, 2.0)}
    out = layer(x, training=True) if given is None else layer.transform_images(tf.constant(x), transformed(name, layer, x, given), training=True)
    drawn = {} if given is None else {"transformation": {key: tensor(value) for key, value in given.items()}}
    return {"layer": name, "config": camel_config(config), "input": tensor(x), **drawn, "output": tensor(out)}


if __name__ == "__main__":
    write("augmentation-geometric.json", {**keras_versions(), "cases": [case(*item) for item in CASES]})
