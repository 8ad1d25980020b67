"""Keras's losses: values, gradients and weighting → test/golden/losses-keras.json.

`value` is the loss with the reduction of its configuration, `perSample` what it is before weights and reduction, `gradient` the
derivative of the value (of its sum, if it is no scalar) by the predictions.
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend import get_keras_mask, set_keras_mask

from common import hash32, keras_versions, tensor, uniform, write
from optimizers_keras import camel

B, C = 5, 4
LOGITS = uniform(400, (B, C), 3.0)
PROBABILITIES = np.exp(LOGITS) / np.exp(LOGITS).sum(-1, keepdims=True)
# Not normalised: Keras divides by the sum itself.
POSITIVE = (uniform(401, (B, C), 0.5) + np.float32(0.6)).astype(np.float32)
# Zeros and ones, where clipping to epsilon decides.
SATURATED = np.eye(C, dtype=np.float32)[[0, 1, 2, 3, 0]]
CLASSES = (hash32(402, B) % C).astype(np.int32)
ONE_HOT = np.eye(C, dtype=np.float32)[CLASSES]
SOFT = (lambda w: (w / w.sum(-1, keepdims=True)).astype(np.float32))(uniform(403, (B, C), 0.5) + 0.6)
BITS = (hash32(404, B * C) % 2).astype(np.float32).reshape(B, C)
UNIT = ((uniform(405, (B, C), 1.0) + 1) / 2).astype(np.float32)
REAL, NEAR = uniform(406, (B, C), 2.0), uniform(407, (B, C), 2.0)
POSITIVE_TARGET = (uniform(408, (B, C), 0.5) + np.float32(0.6)).astype(np.float32)
SIGNS = BITS * 2 - 1
WEIGHTS = np.array([1.0, 0.5, 2.0, 0.0, 1.5], np.float32)
SEQUENCE, SEQUENCE_CLASSES = uniform(409, (2, 3, C), 3.0), (hash32(410, 6) % C).astype(np.int32).reshape(2, 3)
STEPS = np.array([[1.0, 0.5, 0.0], [2.0, 1.0, 0.25]], np.float32)
MASK = np.array([[1, 1, 0], [1, 0, 0]], bool)
SEQUENCE_HOT = np.eye(C, dtype=np.float32)[SEQUENCE_CLASSES]
FIRST = np.moveaxis(SEQUENCE, -1, 1).copy()  # classes on axis 1
FIRST_HOT = np.moveaxis(SEQUENCE_HOT, -1, 1).copy()
COLUMN, COLUMN_NEAR = uniform(411, (B,), 2.0), uniform(412, (B, 1), 2.0)
IMAGES = (hash32(413, 2 * 3 * 3 * 2) % 2).astype(np.float32).reshape(2, 3, 3, 2)
IMAGE_SCORES = ((uniform(414, (2, 3, 3, 2), 1.0) + 1) / 2).astype(np.float32)
EMBEDDINGS = (lambda e: (e / np.linalg.norm(e, axis=-1, keepdims=True)).astype(np.float32))(uniform(415, (6, 3), 1.0))
EMBEDDED = np.array([0, 1, 0, 2, 1, 0], np.int32)  # class 2 has one sample, without a partner
FRAMES = uniform(416, (3, 8, 5), 2.0)
SPELLED = np.array([[1, 2, 3], [4, 4, 0], [2, 0, 0]], np.int32)  # a repetition; lengths 3, 2 and 1
LONG, LONG_SPELLED = uniform(417, (2, 60, 6), 4.0), np.array([[1, 1, 2, 3, 5, 5, 4], [3, 2, 1, 0, 0, 0, 0]], np.int32)
EMPTY = np.array([[1, 0, 0], [0, 0, 0], [3, 3, 3]], np.int32)  # an empty target; one with two repetitions

LOSSES = [
    ("SparseCategoricalCrossentropy", {}, CLASSES, PROBABILITIES, {}),
    ("SparseCategoricalCrossentropy", {}, CLASSES, POSITIVE, {}),
    ("SparseCategoricalCrossentropy", {}, CLASSES, SATURATED, {}),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, CLASSES, LOGITS, {}),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, CLASSES[:, None], LOGITS, {}),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, CLASSES, LOGITS, {"weight": WEIGHTS}),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, SEQUENCE_CLASSES, SEQUENCE, {}),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, SEQUENCE_CLASSES, SEQUENCE, {"weight": STEPS}),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, SEQUENCE_CLASSES, SEQUENCE, {"mask": MASK}),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, SEQUENCE_CLASSES, SEQUENCE, {"mask": MASK, "weight": STEPS}),
    ("SparseCategoricalCrossentropy", {"from_logits": True, "ignore_class": 1}, SEQUENCE_CLASSES, SEQUENCE, {}),
    ("SparseCategoricalCrossentropy", {"from_logits": True, "ignore_class": 1}, SEQUENCE_CLASSES, SEQUENCE, {"mask": MASK, "weight": STEPS}),
    ("SparseCategoricalCrossentropy", {"ignore_class": -1}, np.where(CLASSES == 0, -1, CLASSES), POSITIVE, {"weight": WEIGHTS}),
    ("CategoricalCrossentropy", {}, ONE_HOT, PROBABILITIES, {}),
    ("CategoricalCrossentropy", {}, SOFT, POSITIVE, {}),
    ("CategoricalCrossentropy", {"from_logits": True}, SOFT, LOGITS, {"weight": WEIGHTS}),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, ONE_HOT, LOGITS, {}),
    ("CategoricalCrossentropy", {"from_logits": True, "axis": 1}, FIRST_HOT, FIRST, {}),
    ("CategoricalCrossentropy", {"label_smoothing": 0.3, "axis": -1}, SEQUENCE_HOT, np.abs(SEQUENCE), {"weight": STEPS}),
    ("BinaryCrossentropy", {}, BITS, UNIT, {}),
    ("BinaryCrossentropy", {}, BITS, SATURATED, {}),
    ("BinaryCrossentropy", {"from_logits": True}, BITS, LOGITS, {"weight": WEIGHTS}),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.2}, BITS, LOGITS, {}),
    ("BinaryCrossentropy", {"axis": 1}, IMAGES, IMAGE_SCORES, {}),
    ("BinaryCrossentropy", {"from_logits": True}, BITS[:, 0], LOGITS[:, :1], {}),
    ("BinaryFocalCrossentropy", {}, BITS, UNIT, {}),
    ("BinaryFocalCrossentropy", {"gamma": 1.5, "from_logits": True}, BITS, LOGITS, {"weight": WEIGHTS}),
    ("BinaryFocalCrossentropy", {"apply_class_balancing": True, "alpha": 0.3, "label_smoothing": 0.1}, BITS, UNIT, {}),
    ("BinaryFocalCrossentropy", {"axis": 1}, IMAGES, IMAGE_SCORES, {}),
    ("CategoricalFocalCrossentropy", {}, ONE_HOT, PROBABILITIES, {}),
    ("CategoricalFocalCrossentropy", {"alpha": [0.1, 0.2, 0.3, 0.4], "gamma": 3.0, "from_logits": True}, SOFT, LOGITS, {}),
    ("CategoricalFocalCrossentropy", {"label_smoothing": 0.2, "axis": 1}, FIRST_HOT, np.abs(FIRST), {}),
    ("CategoricalGeneralizedCrossEntropy", {}, CLASSES, PROBABILITIES, {}),
    ("CategoricalGeneralizedCrossEntropy", {"q": 0.7}, CLASSES, PROBABILITIES, {"weight": WEIGHTS}),
    ("MeanSquaredError", {}, REAL, NEAR, {}),
    ("MeanSquaredError", {}, REAL, NEAR, {"weight": WEIGHTS}),
    ("MeanSquaredError", {"reduction": "sum"}, REAL, NEAR, {"weight": WEIGHTS}),
    ("MeanSquaredError", {"reduction": "mean"}, REAL, NEAR, {"weight": WEIGHTS[:, None]}),
    ("MeanSquaredError", {"reduction": "mean_with_sample_weight"}, REAL, NEAR, {"weight": WEIGHTS}),
    ("MeanSquaredError", {"reduction": "mean_with_sample_weight"}, SEQUENCE_HOT, SEQUENCE, {"weight": STEPS, "mask": MASK}),
    ("MeanSquaredError", {"reduction": "mean_with_sample_weight"}, SEQUENCE_HOT, SEQUENCE, {"mask": MASK}),
    ("MeanSquaredError", {"reduction": "mean_with_sample_weight"}, REAL, NEAR, {}),
    ("MeanSquaredError", {"reduction": "mean_with_sample_weight"}, REAL, NEAR, {"weight": WEIGHTS * 0}),
    ("MeanSquaredError", {"reduction": "sum"}, SEQUENCE_HOT, SEQUENCE, {"mask": MASK}),
    ("MeanSquaredError", {"reduction": "none"}, SEQUENCE_HOT, SEQUENCE, {"mask": MASK, "weight": STEPS}),
    ("MeanSquaredError", {}, SEQUENCE_HOT, SEQUENCE, {"mask": MASK & False}),
    ("MeanSquaredError", {}, COLUMN, COLUMN_NEAR, {"weight": WEIGHTS}),
    ("MeanAbsoluteError", {}, REAL, NEAR, {}),
    ("MeanAbsoluteError", {"reduction": "sum"}, COLUMN[:, None], COLUMN_NEAR, {}),
    ("MeanAbsolutePercentageError", {}, REAL, NEAR, {}),
    ("MeanAbsolutePercentageError", {}, ONE_HOT, NEAR, {"weight": WEIGHTS}),
    ("MeanSquaredLogarithmicError", {}, POSITIVE_TARGET, POSITIVE, {}),
    ("MeanSquaredLogarithmicError", {}, REAL, NEAR, {"weight": WEIGHTS}),
    ("Huber", {}, REAL, NEAR, {}),
    ("Huber", {"delta": 0.5}, REAL, NEAR, {"weight": WEIGHTS}),
    ("LogCosh", {}, REAL, NEAR, {}),
    ("LogCosh", {}, REAL * 50, NEAR, {}),
    ("KLDivergence", {}, SOFT, PROBABILITIES, {}),
    ("KLDivergence", {}, ONE_HOT, POSITIVE, {"weight": WEIGHTS}),
    ("Poisson", {}, POSITIVE_TARGET, POSITIVE, {}),
    ("Poisson", {"reduction": "sum"}, BITS, UNIT, {"weight": WEIGHTS}),
    ("Hinge", {}, SIGNS, NEAR, {}),
    ("Hinge", {}, BITS, NEAR, {"weight": WEIGHTS}),
    ("Hinge", {}, REAL, NEAR, {}),
    ("SquaredHinge", {}, BITS, NEAR, {}),
    ("SquaredHinge", {}, SIGNS, NEAR, {"weight": WEIGHTS}),
    ("CategoricalHinge", {}, ONE_HOT, NEAR, {}),
    ("CategoricalHinge", {}, ONE_HOT, PROBABILITIES, {"weight": WEIGHTS}),
    ("CosineSimilarity", {}, REAL, NEAR, {}),
    ("CosineSimilarity", {"axis": 1}, SEQUENCE_HOT, SEQUENCE, {"weight": STEPS[:, :1]}),
    ("Dice", {}, IMAGES, IMAGE_SCORES, {}),
    ("Dice", {"axis": (1, 2, 3)}, IMAGES, IMAGE_SCORES, {"weight": np.array([0.5, 2.0], np.float32)}),
    ("Dice", {}, BITS, UNIT, {"weight": WEIGHTS}),
    ("Tversky", {}, IMAGES, IMAGE_SCORES, {}),
    ("Tversky", {"alpha": 0.3, "beta": 0.8, "axis": (1, 2)}, IMAGES, IMAGE_SCORES, {}),
    ("Circle", {}, EMBEDDED, EMBEDDINGS, {}),
    ("Circle", {"gamma": 4.0, "margin": 0.25}, EMBEDDED, EMBEDDINGS, {}),
    ("Circle", {"gamma": 4.0, "remove_diagonal": False}, EMBEDDED[:, None], EMBEDDINGS, {"weight": np.arange(6).astype(np.float32)}),
    ("CTC", {}, SPELLED, FRAMES, {}),
    ("CTC", {"reduction": "sum"}, SPELLED, FRAMES, {"weight": np.array([1.0, 0.5, 2.0], np.float32)}),
    ("CTC", {}, EMPTY, FRAMES, {}),
    ("CTC", {}, LONG_SPELLED, LONG, {}),
]


def optional(name: str, value) -> dict:
    return {} if value is None else {name: tensor(value)}


def camel_value(value):
    if isinstance(value, tuple):
        return list(value)
    return camel(value) if isinstance(value, str) else value


def loss_case(name, config, y_true, y_pred, weighting) -> dict:
    loss = getattr(keras.losses, name)(**config)
    predictions = tf.constant(y_pred)
    mask, weight = weighting.get("mask"), weighting.get("weight")
    with tf.GradientTape() as tape:
        tape.watch(predictions)
        if mask is not None:
            set_keras_mask(predictions, tf.constant(mask))
        value = loss(y_true, predictions, sample_weight=weight)
        total = tf.reduce_sum(value)
    assert mask is None or get_keras_mask(predictions) is not None
    # Keras converts targets to float32 before a loss sees them.
    per_sample = loss.call(tf.cast(y_true, "float32"), tf.constant(y_pred))
    return {
        "loss": name,
        "config": {camel(key): camel_value(given) for key, given in config.items()},
        "yTrue": tensor(y_true),
        "yPred": tensor(y_pred),
        **optional("sampleWeight", weight),
        **optional("mask", mask),
        "perSample": tensor(per_sample.numpy()),
        "value": tensor(value.numpy()),
        "gradient": tensor(tape.gradient(total, predictions).numpy()),
    }


if __name__ == "__main__":
    write("losses-keras.json", {"versions": keras_versions(), "losses": [loss_case(*case) for case in LOSSES]})
