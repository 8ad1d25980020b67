"""Keras's colour and mixing augmentation layers → test/golden/augmentation-colour.json.

A case is a layer, its options, images (and labels) and `outputs`. With `transformation`, what Keras draws at random is given, under Keras's
names, and `outputs` are those of transform_images and transform_labels; without, the options leave nothing to chance and the layer itself
was called in training. A policy is RandAugment with the `names` of the layers it chose, or AugMix with those of each chain, None where nothing
was chosen, and the `shares` of the chains and of the images themselves; `factor` leaves nothing to chance, but for shear, contrast and solarization,
which are not chosen.
"""

from layer_cases import camel, camel_config, keras, tf
from common import keras_versions, tensor, uniform, write

import numpy as np


def pixels(seed, shape=(3, 5, 6, 3), high=255.0, whole=True):
    x = (uniform(seed, shape, 1.0) + 1) / 2 * high
    return np.floor(x).astype(np.float32) if whole else x


def draws(seed, shape, low=0.0, high=1.0):
    return ((uniform(seed, shape, 1.0) + 1) / 2 * (high - low) + low).astype(np.float32)


def per_image(seed, low, high, count=3):
    return draws(seed, (count, 1, 1, 1), low, high)


def grey_and_flat(seed):
    """Grey pixels, black ones, pure colours and a flat channel, which have edge cases of their own."""
    x = pixels(seed)
    x[0, :2] = x[0, :2, :, :1]
    x[1, 0] = 0
    x[1, 1, :3] = [[255, 0, 0], [0, 255, 0], [0, 0, 255]]
    x[2, ..., 1] = 7
    return x


UNIT = {"value_range": (0.0, 1.0)}
FIRST = {"data_format": "channels_first"}
ODD = (3, 3, 4, 5)  # channels first

# Layer, options, images, transformation.
CASES = [
    ("AutoContrast", {}, pixels(1, high=90), None),
    ("AutoContrast", {}, grey_and_flat(2), None),
    ("AutoContrast", UNIT, pixels(3, high=0.7, whole=False), None),
    ("Equalization", {}, pixels(4, (2, 9, 8, 3), 120), None),
    ("Equalization", {}, grey_and_flat(5), None),
    ("Equalization", {"bins": 12}, pixels(6, (1, 7, 6, 2)), None),
    ("Equalization", {**UNIT, "bins": 64}, pixels(7, high=0.9, whole=False), None),
    ("Equalization", FIRST, pixels(8, ODD), None),
    ("ContrastLimitedAdaptiveHistogramEqualization", {"tile_grid_size": (2, 3)}, pixels(9, (2, 8, 9, 3)), None),
    ("ContrastLimitedAdaptiveHistogramEqualization", {"tile_grid_size": (3, 2), "clip_limit": 1.5}, pixels(10, (1, 10, 7, 1), 100), None),
    ("ContrastLimitedAdaptiveHistogramEqualization", {"tile_grid_size": (2, 2), "clip_limit": 0.0}, pixels(11, (2, 7, 6, 3), 60), None),
    ("ContrastLimitedAdaptiveHistogramEqualization", {**UNIT, "clip_limit": 40.0}, pixels(12, (1, 16, 19, 1), 1.0, False), None),
    ("ContrastLimitedAdaptiveHistogramEqualization", {**FIRST, "tile_grid_size": (2, 2)}, pixels(13, (2, 3, 7, 8)), None),
    ("Solarization", {}, pixels(14), None),
    ("Solarization", {"addition_factor": 0.3, "threshold_factor": (0.2, 0.6)}, pixels(15), {"additions": per_image(16, 0, 76), "thresholds": per_image(17, 40, 150)}),
    ("Solarization", {**UNIT, "threshold_factor": 0.5}, pixels(18, high=1.0, whole=False), {"additions": per_image(19, 0, 1), "thresholds": per_image(20, 0, 128)}),
    ("RandomBrightness", {"factor": (0.2, 0.2)}, pixels(21), None),
    ("RandomBrightness", {"factor": 0.5, "value_range": (-1.0, 1.0)}, uniform(22, (3, 4, 5, 3), 1.0), {"rgb_delta": per_image(23, -1, 1)}),
    ("RandomContrast", {"factor": 0.7}, pixels(24), {"contrast_factor": per_image(25, 1, 1.7)}),
    ("RandomContrast", {"factor": (0.1, 0.9), **FIRST}, pixels(26, ODD), {"contrast_factor": per_image(27, 0.1, 1.9)}),
    ("RandomContrast", {"factor": (0.0, 0.0), **UNIT}, pixels(28, high=1.0, whole=False), None),
    ("RandomSaturation", {"factor": (0.8, 0.8)}, grey_and_flat(29), None),
    ("RandomSaturation", {"factor": (0.2, 0.2), **UNIT}, pixels(30, high=1.0, whole=False), None),
    ("RandomSaturation", {"factor": 0.5, **FIRST}, pixels(31, ODD), {"factor": draws(32, (3,), -0.5, 2.0)}),
    ("RandomSaturation", {"factor": 0.5}, pixels(33), {"factor": draws(34, (3,), -0.5, 2.0)}),
    ("RandomHue", {"factor": (0.0, 0.0)}, pixels(35), None),
    ("RandomHue", {"factor": 0.9}, grey_and_flat(36), {"factor": np.array([0.3, -0.45, 0.5], np.float32)}),
    ("RandomHue", {"factor": (0.2, 0.9), **UNIT}, pixels(37, high=1.0, whole=False), {"factor": np.array([-0.1, 0.22, -0.5], np.float32)}),
    ("RandomHue", {"factor": 0.9, **FIRST}, pixels(38, ODD), {"factor": np.array([0.15, -0.35, 0.4], np.float32)}),
    ("RandomColorDegeneration", {"factor": (0.4, 0.4)}, pixels(39), None),
    ("RandomColorDegeneration", {"factor": 0.9, **FIRST}, pixels(40, ODD), {"factor": per_image(41, -0.9, 0.9)}),
    ("RandomColorJitter", {"brightness_factor": (0.1, 0.1), "saturation_factor": (0.3, 0.3), "hue_factor": (0.0, 0.0)}, pixels(42), None),
    ("RandomColorJitter", {"brightness_factor": (-0.2, -0.2), "contrast_factor": (0.0, 0.0), **UNIT}, pixels(43, high=1.0, whole=False), None),
    ("RandomGrayscale", {"factor": 1.0}, pixels(44), None),
    ("RandomGrayscale", {"factor": 0.0}, pixels(45), None),
    ("RandomGrayscale", {"factor": 0.4, **FIRST}, pixels(46, ODD), {"should_apply": np.array([1, 0, 1]).reshape(3, 1, 1, 1) > 0}),
    ("RandomInvert", {"factor": (1.0, 1.0)}, pixels(47), None),
    ("RandomInvert", {"factor": 0.5, **UNIT}, pixels(48, high=1.0, whole=False), {"apply_inversion": np.array([True, False, True])}),
    ("RandomPosterization", {"factor": (3, 3)}, pixels(49), None),
    ("RandomPosterization", {"factor": (1, 1), **UNIT}, pixels(50, high=1.0, whole=False), None),
    ("RandomPosterization", {"factor": 8}, pixels(51, whole=False), {"shift_factor": np.array([1, 4, 7], np.uint8)}),
    ("RandomSharpness", {"factor": (0.9, 0.9)}, pixels(52), None),
    ("RandomSharpness", {"factor": 1.0, **FIRST}, pixels(53, ODD), {"factor": np.array([0.0, 0.5, 0.8], np.float32)}),
    ("RandomSharpness", {"factor": (0.1, 0.1), **UNIT}, pixels(54, (2, 4, 4, 1), 1.0, False), None),
    ("RandomGaussianBlur", {"factor": (1.0, 1.0), "sigma": (0.8, 0.8)}, pixels(55), None),
    ("RandomGaussianBlur", {"kernel_size": 5, "sigma": 1.0}, pixels(56), {"should_apply_blur": np.array([True, False, True]), "blur_factor": np.array([0.4, 0.9], np.float32)}),
    ("RandomGaussianBlur", {"kernel_size": (3, 5), **UNIT}, pixels(57, (2, 6, 7, 2), 1.0, False), {"should_apply_blur": np.array([True, True]), "blur_factor": np.array([0.9, 0.5], np.float32)}),
    ("RandomGaussianBlur", {"kernel_size": 3, **FIRST}, pixels(58, ODD), {"should_apply_blur": np.array([True, True, False]), "blur_factor": np.array([0.3, 0.6], np.float32)}),
    ("MixUp", {}, pixels(59), {"mix_weight": draws(60, (3,)), "permutation_order": np.array([2, 0, 1], np.int64)}),
]


def cut_mix_case(seed, config):
    """What CutMix's own functions make of given boxes."""
    layer = keras.layers.CutMix(**config)
    first = config.get("data_format") == "channels_first"
    images = pixels(seed, ODD if first else (3, 5, 6, 3))
    x0, y0 = draws(seed + 1, (3,), 0, 3), draws(seed + 2, (3,), 0, 2)
    corners = [x0, x0 + draws(seed + 3, (3,), 0, 3), y0, y0 + draws(seed + 4, (3,), 0, 2.5)]
    masks, weight = layer._generate_batch_mask(images.shape, [tf.constant(c) for c in corners])
    order = np.array([1, 2, 0], np.int32)
    given = {"permutation_order": tf.constant(order), "batch_masks": masks, "mix_weight": weight}
    labels = draws(seed + 5, (3, 4))
    return {
        "layer": "CutMix",
        "config": camel_config(config),
        "images": tensor(images),
        "labels": tensor(labels),
        "transformation": {"x0": tensor(corners[0]), "x1": tensor(corners[1]), "y0": tensor(corners[2]), "y1": tensor(corners[3]), "permutationOrder": tensor(order)},
        "outputs": [tensor(layer.transform_images(tf.constant(images), given)), tensor(layer.transform_labels(tf.constant(labels), given))],
    }


def case(index, name, config, images, transformation):
    layer = getattr(keras.layers, name)(**config)
    labels = draws(500 + index, (3, 4)) if name == "MixUp" else None
    x = tf.constant(images)
    if transformation is None:
        outputs = [layer(x, training=True)]
    else:
        given = {k: tf.constant(v) for k, v in transformation.items()}
        given = given["should_apply"] if name == "RandomGrayscale" else given
        outputs = [layer.transform_images(x, given, training=True)]
        if labels is not None:
            outputs.append(layer.transform_labels(tf.constant(labels), given))
    return {
        "layer": name,
        "config": camel_config(config),
        "images": tensor(images),
        **({} if labels is None else {"labels": tensor(labels)}),
        **({} if transformation is None else {"transformation": {camel(k): tensor(v) for k, v in transformation.items()}}),
        "outputs": [tensor(y) for y in outputs],
    }


POLICIES = [
    ("RandAugment", {}, pixels(700, (2, 8, 9, 3)), ["random_brightness", "random_rotation"]),
    ("RandAugment", {}, pixels(701, (2, 8, 9, 3)), ["random_translation", "random_posterization", "random_sharpness"]),
    ("RandAugment", UNIT, pixels(702, (2, 8, 9, 3), 1.0, False), ["equalization", "random_sharpness"]),
    ("RandAugment", FIRST, pixels(703, (2, 3, 7, 6)), ["random_color_degeneration", "auto_contrast", "random_translation"]),
    ("RandAugment", {"interpolation": "nearest"}, pixels(704, (2, 8, 9, 3)), ["random_rotation", "random_rotation"]),
    ("AugMix", {}, pixels(705, (2, 8, 9, 3)), [["random_translation", None], [None, None], ["random_color_degeneration", "random_rotation"]]),
    ("AugMix", UNIT, pixels(706, (2, 8, 9, 3), 1.0, False), [[None, "equalization", "random_brightness"], ["random_sharpness", "auto_contrast", None]]),
]


def policy_case(name, config, images, names):
    layer = getattr(keras.layers, name)(factor=(0.2, 0.2), **config)
    x = tf.constant(images)
    drawn = lambda key: getattr(layer, key).get_random_transformation(x)
    shares = {}
    if name == "RandAugment":
        keys = layer._AUGMENT_LAYERS
        layer.num_ops = len(names)
        given = {"layer_idxes": [keys.index(key) for key in names], "transforms": {key: drawn(key) for key in keys}}
    else:
        chains = draws(800, (len(names),))
        shares = {"shares": {"chains": tensor(chains), "own": 0.35}}
        given = {
            "chain_mixing_weights": tf.constant(chains),
            "weight_sample": tf.constant(0.35),
            "chain_transforms": [[{"layer_name": key, "transformation": drawn(key)} for key in chain if key] for chain in names],
        }
    return {
        "layer": name,
        "config": {"factor": [0.2, 0.2], **camel_config(config)},
        "images": tensor(images),
        "names": names,
        **shares,
        "outputs": [tensor(layer.transform_images(x, given))],
    }


if __name__ == "__main__":
    write(
        "augmentation-colour.json",
        {
            "versions": keras_versions(),
            "cases": [
                *[case(i, *c) for i, c in enumerate(CASES)],
                cut_mix_case(600, {}),
                cut_mix_case(610, {"data_format": "channels_first"}),
            ],
            "policies": [policy_case(*p) for p in POLICIES],
        },
    )
