"""Values and gradients of Keras's losses, and its metrics → test/golden/losses-keras.json.

`value` is the loss with the default reduction (the mean over the batch), `gradient` its derivative by the predictions.
Metrics are updated with each entry of `updates` in turn; `result` is read at the end.
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np
import tensorflow as tf

from common import hash32, keras_versions, tensor, uniform, write
from optimizers_keras import camel_config

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

LOSSES = [
    ("SparseCategoricalCrossentropy", {}, CLASSES, PROBABILITIES, None),
    ("SparseCategoricalCrossentropy", {}, CLASSES, POSITIVE, None),
    ("SparseCategoricalCrossentropy", {}, CLASSES, SATURATED, None),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, CLASSES, LOGITS, None),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, CLASSES, LOGITS, WEIGHTS),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, SEQUENCE_CLASSES, SEQUENCE, None),
    ("SparseCategoricalCrossentropy", {"from_logits": True, "ignore_class": 1}, SEQUENCE_CLASSES, SEQUENCE, None),
    ("CategoricalCrossentropy", {}, ONE_HOT, PROBABILITIES, None),
    ("CategoricalCrossentropy", {}, SOFT, POSITIVE, None),
    ("CategoricalCrossentropy", {"from_logits": True}, SOFT, LOGITS, WEIGHTS),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, ONE_HOT, LOGITS, None),
    ("BinaryCrossentropy", {}, BITS, UNIT, None),
    ("BinaryCrossentropy", {}, BITS, SATURATED, None),
    ("BinaryCrossentropy", {"from_logits": True}, BITS, LOGITS, WEIGHTS),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.2}, BITS, LOGITS, None),
    ("BinaryFocalCrossentropy", {"gamma": 2.0}, BITS, UNIT, None),
    ("CategoricalFocalCrossentropy", {}, ONE_HOT, PROBABILITIES, None),
    ("MeanSquaredError", {}, REAL, NEAR, None),
    ("MeanSquaredError", {}, REAL, NEAR, WEIGHTS),
    ("MeanAbsoluteError", {}, REAL, NEAR, None),
    ("MeanAbsolutePercentageError", {}, REAL, NEAR, None),
    ("MeanSquaredLogarithmicError", {}, POSITIVE_TARGET, POSITIVE, None),
    ("Huber", {}, REAL, NEAR, None),
    ("Huber", {"delta": 0.5}, REAL, NEAR, None),
    ("LogCosh", {}, REAL, NEAR, None),
    ("KLDivergence", {}, SOFT, PROBABILITIES, None),
    ("Poisson", {}, POSITIVE_TARGET, POSITIVE, None),
    ("Hinge", {}, SIGNS, NEAR, None),
    ("SquaredHinge", {}, BITS, NEAR, None),
    ("CategoricalHinge", {}, ONE_HOT, NEAR, None),
    ("CosineSimilarity", {}, REAL, NEAR, None),
]

PAIR = [(CLASSES, PROBABILITIES, None), (CLASSES[::-1].copy(), POSITIVE, WEIGHTS)]
HOT_PAIR = [(ONE_HOT, PROBABILITIES, None), (SOFT, POSITIVE, WEIGHTS)]
BIT_PAIR = [(BITS, UNIT, None), (BITS[::-1].copy(), UNIT, None)]
REAL_PAIR = [(REAL, NEAR, None), (NEAR, POSITIVE, WEIGHTS)]

METRICS = [
    ("SparseCategoricalAccuracy", {}, PAIR),
    ("CategoricalAccuracy", {}, HOT_PAIR),
    ("BinaryAccuracy", {}, BIT_PAIR),
    ("BinaryAccuracy", {"threshold": 0.3}, BIT_PAIR),
    ("Accuracy", {}, [(CLASSES, CLASSES[::-1].copy(), None)]),
    ("SparseTopKCategoricalAccuracy", {"k": 2}, PAIR),
    ("TopKCategoricalAccuracy", {"k": 3}, HOT_PAIR),
    ("SparseCategoricalCrossentropy", {}, PAIR),
    ("MeanSquaredError", {}, REAL_PAIR),
    ("RootMeanSquaredError", {}, REAL_PAIR),
    ("MeanAbsoluteError", {}, REAL_PAIR),
    ("CosineSimilarity", {}, REAL_PAIR),
    ("Precision", {}, BIT_PAIR),
    ("Recall", {}, BIT_PAIR),
    ("AUC", {}, BIT_PAIR),
]


def optional(name: str, value) -> dict:
    return {} if value is None else {name: tensor(value)}


def loss_case(name, config, y_true, y_pred, weights) -> dict:
    loss = getattr(keras.losses, name)(**config)
    predictions = tf.constant(y_pred)
    with tf.GradientTape() as tape:
        tape.watch(predictions)
        value = loss(y_true, predictions, sample_weight=weights)
    gradient = tape.gradient(value, predictions)
    return {
        "loss": name,
        "config": camel_config(config),
        "yTrue": tensor(y_true),
        "yPred": tensor(y_pred),
        **optional("sampleWeight", weights),
        "value": float(value),
        "gradient": tensor(gradient.numpy()),
    }


def metric_case(name, config, updates) -> dict:
    metric = getattr(keras.metrics, name)(**config)
    for y_true, y_pred, weights in updates:
        metric.update_state(y_true, y_pred, sample_weight=weights)
    return {
        "metric": name,
        "config": camel_config(config),
        "updates": [{"yTrue": tensor(t), "yPred": tensor(p), **optional("sampleWeight", w)} for t, p, w in updates],
        "result": float(metric.result()),
    }


if __name__ == "__main__":
    write("losses-keras.json", {
        "versions": keras_versions(),
        "losses": [loss_case(*case) for case in LOSSES],
        "metrics": [metric_case(*case) for case in METRICS],
    })
