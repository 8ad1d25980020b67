"""Keras's preprocessing layers, with what adapt() learns → test/golden/preprocessing.json.

`adapt` holds the data given to adapt(), `input` what the layer is called on (a list of strings, or a tensor), `output` its result.
`vocabulary` is get_vocabulary() for the layers that have one.
"""

from layer_cases import camel, camel_value, keras, tf
from common import keras_versions, tensor, uniform, write

import numpy as np

INTS = [[5, 3, 5], [3, 9, 7], [3, 12, 5]]
WORDS = [["cat", "dog", "cat"], ["cow", "cat", "emu"], ["dog", "ant", "cat"]]
SEEN = [["cat", "yak", "dog"], ["", "emu", "cat"]]
TEXTS = ["The quick, brown Fox!", "the lazy dog; the END", "A fox... a DOG? it's a fox"]
NEW = ["the fox and the dog", "Quick: an end", "xyz"]
IMAGE = (2, 5, 6, 3)


def image(seed, shape=IMAGE):
    return uniform(seed, shape, 2.0)


CASES = [
    ("Rescaling", {"scale": 0.5, "offset": -1.0}, None, image(1)),
    ("Rescaling", {"scale": [0.5, 1.0, 2.0], "offset": [1.0, 2.0, 3.0]}, None, image(2)),
    ("Normalization", {}, image(3, (7, 4)), image(4, (3, 4))),
    ("Normalization", {"axis": None}, image(5, (7, 4)), image(6, (3, 4))),
    ("Normalization", {"axis": [1, 2]}, image(7, (7, 4, 3)), image(8, (2, 4, 3))),
    ("Normalization", {"invert": True}, image(9, (7, 2, 4)), image(10, (3, 2, 4))),
    ("Normalization", {"mean": 3.0, "variance": 2.0}, None, image(11, (3, 4))),
    ("Normalization", {"mean": [1.0, 2.0, 3.0, 4.0], "variance": [2.0, 3.0, 4.0, 0.0]}, None, image(12, (3, 4))),
    *[("CategoryEncoding", {"num_tokens": 6, "output_mode": mode}, None, np.array([[1, 3, 1], [0, 5, 4]], np.int32)) for mode in ("one_hot", "multi_hot", "count")],
    ("CategoryEncoding", {"num_tokens": 4, "output_mode": "one_hot"}, None, np.array([[1], [3]], np.int32)),
    *[("Discretization", {"bin_boundaries": [-1.0, 0.0, 0.5], "output_mode": mode}, None, np.array([[-1.5, -1.0, 0.2], [0.5, 0.0, 3.0]], np.float32)) for mode in ("int", "one_hot", "multi_hot", "count")],
    ("Discretization", {"num_bins": 4}, image(13, (50, 1)), image(14, (6, 2))),
    ("Discretization", {"num_bins": 3, "epsilon": 0.05}, image(15, (333,)), image(16, (6, 2))),
    *[("Resizing", {"height": h, "width": w, "interpolation": i, "antialias": a}, None, image(17))
      for h, w in ((10, 3), (4, 9)) for i, a in (("bilinear", False), ("nearest", False), ("bilinear", True), ("bicubic", True), ("lanczos3", True), ("lanczos5", False))],
    ("Resizing", {"height": 10, "width": 12, "interpolation": "bicubic"}, None, image(18)),
    ("Resizing", {"height": 4, "width": 2, "crop_to_aspect_ratio": True}, None, image(19)),
    ("Resizing", {"height": 4, "width": 2, "pad_to_aspect_ratio": True, "fill_value": 1.5}, None, image(20)),
    ("Resizing", {"height": 3, "width": 4, "data_format": "channels_first"}, None, image(21, (2, 3, 5, 6))),
    ("CenterCrop", {"height": 2, "width": 3}, None, image(22)), ("CenterCrop", {"height": 8, "width": 3}, None, image(23)),
    ("IntegerLookup", {}, INTS, [[5, 1, 7], [9, 3, 3]]),
    ("IntegerLookup", {"mask_token": 0, "max_tokens": 4}, INTS, [[5, 0, 7], [9, 3, 3]]),
    ("IntegerLookup", {"num_oov_indices": 3}, INTS, [[5, 1, -7], [9, 3, 20]]),
    ("IntegerLookup", {"num_oov_indices": 0, "vocabulary": [4, 7, 2]}, None, [[4, 2], [7, 4]]),
    ("IntegerLookup", {"vocabulary": [4, 7, 2], "invert": True}, None, [[1, 2], [0, 3]]),
    *[("IntegerLookup", {"output_mode": mode, "mask_token": 0}, INTS, [[5, 1, 5], [0, 3, 9]]) for mode in ("one_hot", "multi_hot", "count", "tf_idf")],
    ("StringLookup", {}, WORDS, SEEN), ("StringLookup", {"mask_token": ""}, WORDS, SEEN),
    ("StringLookup", {"vocabulary": ["b", "a"], "invert": True, "mask_token": ""}, None, np.array([[1, 2], [0, 3]], np.int64)),
    *[("StringLookup", {"output_mode": mode, "max_tokens": 9, "pad_to_max_tokens": True}, WORDS, SEEN) for mode in ("multi_hot", "count", "tf_idf")],
    ("StringLookup", {"output_mode": "tf_idf", "vocabulary": ["b", "a"], "idf_weights": [0.5, 2.0]}, None, [["a", "c"], ["b", "a"]]),
    ("TextVectorization", {"output_sequence_length": 4}, TEXTS, NEW), ("TextVectorization", {}, TEXTS, NEW),
    ("TextVectorization", {"ngrams": 2, "max_tokens": 8}, TEXTS, NEW),
    ("TextVectorization", {"split": "character", "standardize": "lower", "output_sequence_length": 6}, TEXTS, NEW),
    ("TextVectorization", {"ngrams": (2,), "standardize": "strip_punctuation"}, TEXTS, NEW),
    *[("TextVectorization", {"output_mode": mode}, TEXTS, NEW) for mode in ("multi_hot", "count", "tf_idf")],
]


def plain(data):
    return tensor(data) if isinstance(data, np.ndarray) else data


def case(name, config, adapt, x):
    layer = getattr(keras.layers, name)(**config)
    if adapt is not None:
        layer.adapt(np.array(adapt) if name in ("IntegerLookup", "StringLookup", "TextVectorization") else adapt)
    y = np.asarray(layer(tf.constant(x)))
    strings = y.dtype.kind in "OS"
    return {
        "layer": name,
        # Values of options that are words of Keras's become Tenon's; tokens stay.
        "config": {camel(k): v if k in ("vocabulary", "mask_token") else camel_value(v) for k, v in config.items()},
        **({"adapt": plain(adapt)} if adapt is not None else {}),
        "input": {**plain(x), "dtype": str(x.dtype)} if isinstance(x, np.ndarray) else x,
        "output": {"shape": list(y.shape), "data": [s.decode() for s in y.ravel()]} if strings else tensor(y),
        **({"vocabulary": [v if isinstance(v, str) else int(v) for v in layer.get_vocabulary()]} if hasattr(layer, "get_vocabulary") and not config.get("invert") else {}),
    }


if __name__ == "__main__":
    write("preprocessing.json", {"versions": keras_versions(), "cases": [case(*c) for c in CASES]})
