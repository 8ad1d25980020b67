"""Keras's hashing layers → test/golden/hashing.json: `bins` of `values`, which for HashedCrossing is a list of features."""

from layer_cases import camel_config, keras, tf
from common import keras_versions, write

import numpy as np

LETTERS = "The quick brown fox jumps over the lazy dog, señor; 0123456789 and so on until it has run for more than 128 bytes, which takes a while. Ω"
WORDS = [LETTERS[:n] for n in (0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 31, 32, 33, 40, 48, 63, 64, 65, 80, 127, 128, 129, len(LETTERS))]
INTS = [0, 1, -1, 42, 12345, 2**31 - 1, 123456789012, -987654321]

CASES = [
    ("Hashing", {"num_bins": 1_000_003}, WORDS),
    ("Hashing", {"num_bins": 1_000_003}, INTS),
    ("Hashing", {"num_bins": 7, "mask_value": ""}, WORDS),
    ("Hashing", {"num_bins": 1_000_003, "salt": 133}, WORDS),
    ("Hashing", {"num_bins": 1_000_003, "salt": [133, 137], "mask_value": 42}, INTS),
    ("HashedCrossing", {"num_bins": 1_000_003}, [WORDS[:8], INTS]),
    ("HashedCrossing", {"num_bins": 1_000_003}, [WORDS[5:9], WORDS[9:13]]),
    ("HashedCrossing", {"num_bins": 11}, [INTS, INTS[::-1], WORDS[:8]]),
]


def constant(values):
    return tf.constant(np.array(values) if isinstance(values[0], str) else np.array(values, np.int64))


def case(name, config, values):
    layer = getattr(keras.layers, name)(**config)
    y = layer([constant(v) for v in values] if name == "HashedCrossing" else constant(values))
    return {"layer": name, "config": camel_config(config), "values": values, "bins": [int(b) for b in np.asarray(y).ravel()]}


if __name__ == "__main__":
    write("hashing.json", {"versions": keras_versions(), "cases": [case(*c) for c in CASES]})
