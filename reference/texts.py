"""Keras's TextVectorization from raw texts → test/golden/texts.json, and a text classifier as Keras saves it → test/golden/formats/texts.keras.

`texts` are those that each layer of `cases` was adapted to (the first `adapted` of them) and then called on, of shape [texts, 1]. Each case
holds the layer's config in Tenon's words, its vocabulary, and what it gives. `classifier` is what the saved model gives for the texts.
"""

from layer_cases import camel, camel_value, keras, tf
from common import GOLDEN, hash32, keras_versions, tensor, write

import numpy as np

L = keras.layers
ADAPTED = 9
TEXTS = [
    "It's GREAT: e-mail me\tnow -- really!",
    "The fox and the dog.\nThe fox; the end?",
    "",
    "   \t\r\n ",
    "!!! ... ?!",
    "ÀÉ Ünïcode ẞ İ Σ straße \u00a0nbsp\u2003em",
    "日本語 テキスト 😀👍🏽 e\u0301",
    "a.b.c.d.e-f_g (x) [y] {z} <t> ~`^|\\/ @#$%& *+= ,;:' \"q\"",
    "don't stop: 3.14, 1,000 and $5",
    "unseen words only",
    "the",
    " leading and trailing ",
    "vertical\x0btab form\x0cfeed unit\x1fseparator next\x85line",
    "don't-don't-don't " * 3,
]
# Long ones: a word of many marks, and many words.
TEXTS += ["a.b" * 200 + " the", " ".join(("the", "fox!", "it's", "x--y", "?")[int(n) % 5] for n in hash32(1, 400))]

CASES = [
    *[{"standardize": s, "split": p} for s in ("lower_and_strip_punctuation", "lower", "strip_punctuation", None) for p in ("whitespace", "character", None)],
    {"output_sequence_length": 6}, {"output_sequence_length": 600}, {"max_tokens": 8, "output_sequence_length": 4},
    {"split": "character", "output_sequence_length": 5},
    {"ngrams": 2}, {"ngrams": 3, "output_sequence_length": 12}, {"ngrams": (2,)}, {"ngrams": (3, 1), "output_sequence_length": 9},
    {"ngrams": 2, "split": "character", "output_sequence_length": 20},
    *[{"output_mode": m, "max_tokens": n, "ngrams": g} for m, n, g in (("multi_hot", 12, None), ("count", 12, None), ("tf_idf", 12, None), ("multi_hot", 90, 2), ("count", 90, None), ("tf_idf", 90, (1, 3)))],
    {"output_mode": "count", "max_tokens": 120, "pad_to_max_tokens": True}, {"output_mode": "multi_hot", "split": "character"},
    {"vocabulary": ["the", "fox", "its"], "output_sequence_length": 3},
    {"output_mode": "tf_idf", "vocabulary": ["the", "fox", "its"], "idf_weights": [0.5, 2.0, 1.25]},
]


def case(config):
    layer = L.TextVectorization(**config)
    if "vocabulary" not in config:
        layer.adapt(np.array(TEXTS[:ADAPTED]))
    y = layer(tf.constant([[text] for text in TEXTS]))
    return {
        "layer": "TextVectorization",
        "config": {camel(k): v if k == "vocabulary" else camel_value(v) for k, v in config.items()},
        "vocabulary": layer.get_vocabulary(),
        "output": tensor(np.asarray(y)),
    }


def classifier():
    keras.utils.set_random_seed(3)
    words = L.TextVectorization(max_tokens=30, output_sequence_length=12, ngrams=2)
    words.adapt(np.array(TEXTS[:ADAPTED]))
    x = keras.Input((1,), dtype="string", name="text")
    y = L.Embedding(30, 4, mask_zero=True)(words(x))
    y = L.Bidirectional(L.GRU(3))(y)
    model = keras.Model(x, L.Dense(2, activation="softmax")(y), name="texts")
    model.compile("adam", "sparse_categorical_crossentropy")
    model.save(GOLDEN / "formats" / "texts.keras")
    return tensor(np.asarray(model(tf.constant([[text] for text in TEXTS]))))


if __name__ == "__main__":
    write("texts.json", {"versions": keras_versions(), "adapted": ADAPTED, "texts": TEXTS, "cases": [case(c) for c in CASES], "classifier": classifier()})
