"""Keras's metrics over two or three batches, with and without sample weights → test/golden/metrics-keras.json.

Metrics are updated with each entry of `updates` in turn; `results` are read after each of them.
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np

from common import hash32, keras_versions, tensor, uniform, write
from losses_keras import camel_value, optional
from optimizers_keras import camel

C = 4
SIZES = [6, 4, 5]
EYE = np.eye(C, dtype=np.float32)


def classes(seed: int, shape, count: int = C) -> np.ndarray:
    return (hash32(seed, int(np.prod(shape))) % count).astype(np.int32).reshape(shape)


def unit(seed: int, shape) -> np.ndarray:
    return ((uniform(seed, shape, 1.0) + 1) / 2).astype(np.float32)


def softmax(x) -> np.ndarray:
    e = np.exp(x)
    return (e / e.sum(-1, keepdims=True)).astype(np.float32)


def batches(make):
    """Three batches (targets, outputs), without weights and with one for each sample."""
    plain = [make(500 + 10 * i, n) for i, n in enumerate(SIZES)]
    weights = [unit(600 + i, (n,)) * 2 for i, n in enumerate(SIZES)]
    return [[(t, y, None) for t, y in plain], [(t, y, w) for (t, y), w in zip(plain, weights)]]


def mixed(make):
    """One batch with weights between two without."""
    plain, weighted = batches(make)
    return [plain[0], weighted[1], plain[2]]


SPARSE = lambda s, n: (classes(s, n), softmax(uniform(s + 1, (n, C), 3.0)))
SPARSE_COLUMN = lambda s, n: (classes(s, (n, 1)), softmax(uniform(s + 1, (n, C), 3.0)))
SEQUENCE = lambda s, n: (classes(s, (n, 3)), softmax(uniform(s + 1, (n, 3, C), 3.0)))
LOGITS = lambda s, n: (classes(s, n), uniform(s + 1, (n, C), 3.0))
HOT = lambda s, n: (EYE[classes(s, n)], softmax(uniform(s + 1, (n, C), 3.0)))
HOT_SEQUENCE = lambda s, n: (EYE[classes(s, (n, 3))], softmax(uniform(s + 1, (n, 3, C), 3.0)))
TIES = lambda s, n: (classes(s, n), np.round(unit(s + 1, (n, C)) * 3).astype(np.float32))
IDS = lambda s, n: (classes(s, n), classes(s + 1, (n, C)).astype(np.float32))
SAME = lambda s, n: (classes(s, (n, 2), 2), classes(s + 1, (n, 2), 2).astype(np.float32))
BITS = lambda s, n: (classes(s, (n, 3), 2).astype(np.float32), unit(s + 1, (n, 3)))
BINARY = lambda s, n: (classes(s, (n,), 2).astype(np.float32), unit(s + 1, (n, 1)))
BIT_LOGITS = lambda s, n: (classes(s, (n, 3), 2).astype(np.float32), uniform(s + 1, (n, 3), 3.0))
GRID = lambda s, n: (classes(s, (n, 3), 2).astype(np.float32), (classes(s + 1, (n, 3), 9) / 8).astype(np.float32))
REAL = lambda s, n: (uniform(s, (n, 3), 2.0), uniform(s + 1, (n, 3), 2.0))
CLOSE = lambda s, n: (uniform(s, (n, 3), 2.0), (uniform(s, (n, 3), 2.0) + uniform(s + 1, (n, 3), 0.5)).astype(np.float32))
DEEP = lambda s, n: (uniform(s, (n, 2, 3), 2.0), uniform(s + 1, (n, 2, 3), 2.0))
COLUMN = lambda s, n: (uniform(s, (n,), 2.0), uniform(s + 1, (n, 1), 2.0))
POSITIVE = lambda s, n: (unit(s, (n, 3)), unit(s + 1, (n, 3)))
SIGNS = lambda s, n: (classes(s, (n, 3), 2) * np.float32(2) - 1, uniform(s + 1, (n, 3), 2.0))
MAPS = lambda s, n: (classes(s, (n, 2, 3)), classes(s + 1, (n, 2, 3)))
SEGMENTED = lambda s, n: (EYE[classes(s, (n, 2))], softmax(uniform(s + 1, (n, 2, C), 2.0)))
BEYOND = lambda s, n: (classes(s, (n, 2), C + 2) - 1, classes(s + 1, (n, 2)))

TABLE = [
    ("Accuracy", [{}], [SAME]),
    ("BinaryAccuracy", [{}, {"threshold": 0.3}], [BITS, BINARY]),
    ("CategoricalAccuracy", [{}], [HOT, HOT_SEQUENCE]),
    ("SparseCategoricalAccuracy", [{}], [SPARSE, SPARSE_COLUMN, SEQUENCE]),
    ("TopKCategoricalAccuracy", [{"k": 2}, {"k": 3}], [HOT, HOT_SEQUENCE]),
    ("SparseTopKCategoricalAccuracy", [{"k": 2}], [SPARSE, SEQUENCE, TIES]),
    ("SparseTopKCategoricalAccuracy", [{"k": 2, "from_sorted_ids": True}], [IDS]),
    ("MeanSquaredError", [{}], [REAL, DEEP, COLUMN]),
    ("RootMeanSquaredError", [{}], [REAL, DEEP, COLUMN]),
    ("MeanAbsoluteError", [{}], [REAL, COLUMN]),
    ("MeanAbsolutePercentageError", [{}], [REAL]),
    ("MeanSquaredLogarithmicError", [{}], [POSITIVE]),
    ("CosineSimilarity", [{}], [REAL]),
    ("CosineSimilarity", [{"axis": 1}], [DEEP]),
    ("LogCoshError", [{}], [REAL]),
    ("R2Score", [{}, {"class_aggregation": None}, {"class_aggregation": "variance_weighted_average"}], [REAL, CLOSE]),
    ("R2Score", [{"num_regressors": 2}, {"num_regressors": 2, "class_aggregation": None}, {"num_regressors": 40}], [CLOSE]),
    ("PearsonCorrelation", [{}], [REAL, CLOSE]),
    ("PearsonCorrelation", [{"axis": 1}], [DEEP]),
    ("ConcordanceCorrelation", [{}], [REAL, CLOSE]),
    ("ConcordanceCorrelation", [{"axis": 1}], [DEEP]),
    ("Hinge", [{}], [SIGNS, BITS]),
    ("SquaredHinge", [{}], [SIGNS]),
    ("CategoricalHinge", [{}], [HOT]),
    ("KLDivergence", [{}], [HOT, POSITIVE]),
    ("Poisson", [{}], [POSITIVE]),
    ("BinaryCrossentropy", [{}, {"label_smoothing": 0.2}], [BITS]),
    ("BinaryCrossentropy", [{"from_logits": True}], [BIT_LOGITS]),
    ("CategoricalCrossentropy", [{}, {"label_smoothing": 0.1}], [HOT]),
    ("SparseCategoricalCrossentropy", [{}], [SPARSE, SEQUENCE]),
    ("SparseCategoricalCrossentropy", [{"ignore_class": 1}], [SPARSE]),
    ("SparseCategoricalCrossentropy", [{"from_logits": True}], [LOGITS]),
    ("TruePositives", [{}, {"thresholds": [0.2, 0.7]}, {"thresholds": [0.0, 0.25, 0.5, 0.75, 1.0]}], [BITS, GRID]),
    ("TrueNegatives", [{}, {"thresholds": [0.2, 0.7]}, {"thresholds": [0.0, 0.25, 0.5, 0.75, 1.0]}], [BITS, GRID]),
    ("FalsePositives", [{}, {"thresholds": [0.2, 0.7]}, {"thresholds": [0.0, 0.25, 0.5, 0.75, 1.0]}], [BITS, GRID]),
    ("FalseNegatives", [{}, {"thresholds": [0.2, 0.7]}, {"thresholds": [0.0, 0.25, 0.5, 0.75, 1.0]}], [BITS, BINARY]),
    ("Precision", [{}, {"thresholds": 0.3}, {"thresholds": [0.2, 0.5, 0.9]}, {"class_id": 1}], [BITS]),
    ("Precision", [{}], [BINARY]),
    ("Precision", [{"top_k": 2}, {"top_k": 2, "class_id": 1}, {"top_k": 1, "thresholds": 0.5}], [HOT]),
    ("Recall", [{}, {"thresholds": 0.3}, {"thresholds": [0.0, 0.5, 1.0]}, {"class_id": 2}], [BITS]),
    ("Recall", [{"top_k": 2}, {"top_k": 3, "class_id": 1}], [HOT]),
    ("SensitivityAtSpecificity", [{"specificity": 0.5}, {"specificity": 0.7, "num_thresholds": 1}, {"specificity": 0.9, "class_id": 1, "num_thresholds": 20}], [BITS]),
    ("SpecificityAtSensitivity", [{"sensitivity": 0.5}, {"sensitivity": 0.8, "num_thresholds": 2}], [BITS]),
    ("PrecisionAtRecall", [{"recall": 0.5}, {"recall": 0.8, "class_id": 0}], [BITS]),
    ("RecallAtPrecision", [{"precision": 0.5}, {"precision": 0.95}], [BITS]),
    ("AUC", [{"curve": c, "summation_method": m} for c in ("ROC", "PR", "PRGAIN") for m in ("interpolation", "majoring", "minoring")], [BITS]),
    ("AUC", [{"num_thresholds": 5}, {"thresholds": [0.7, 0.1, 0.4]}, {"thresholds": [0.25, 0.5, 0.75]}], [GRID, BINARY]),
    ("AUC", [{"multi_label": True, "curve": c, "label_weights": w} for c in ("ROC", "PR") for w in (None, [0.2, 0.5, 1.5])], [BITS]),
    ("AUC", [{"multi_label": True, "num_labels": 3, "thresholds": [0.3, 0.4]}, {"label_weights": [0.2, 0.5, 1.5]}], [BITS]),
    ("AUC", [{"from_logits": True}], [BIT_LOGITS]),
    ("F1Score", [{"average": a, "threshold": t} for a in (None, "micro", "macro", "weighted") for t in (None, 0.4)], [HOT]),
    ("F1Score", [{"threshold": 0.5}], [BITS]),
    ("FBetaScore", [{"average": a, "beta": b, "threshold": 0.6} for a, b in ((None, 2.0), ("macro", 0.5), ("micro", 3.0), ("weighted", 2.0))], [BITS]),
    ("IoU", [{"num_classes": C, "target_class_ids": [0, 2], "dtype": "float32"}, {"num_classes": C, "target_class_ids": [1], "ignore_class": 0, "dtype": "float32"}], [MAPS]),
    ("IoU", [{"num_classes": C, "target_class_ids": [0, 1, 3], "sparse_y_true": False, "sparse_y_pred": False, "dtype": "float32"}], [SEGMENTED]),
    ("MeanIoU", [{"num_classes": C, "dtype": "float32"}, {"num_classes": C + 2, "dtype": "float32"}], [MAPS, BEYOND]),
    ("OneHotIoU", [{"num_classes": C, "target_class_ids": [0, 3], "dtype": "float32"}], [SEGMENTED]),
    ("OneHotMeanIoU", [{"num_classes": C, "dtype": "float32"}, {"num_classes": C, "ignore_class": 2, "dtype": "float32"}], [SEGMENTED]),
    ("BinaryIoU", [{"dtype": "float32"}, {"target_class_ids": [1], "threshold": 0.3, "dtype": "float32"}], [BITS]),
]
# Their numbers are taken for values alone, not for pairs.
SINGLE = [("Mean", REAL), ("Mean", COLUMN), ("Sum", REAL), ("Sum", DEEP)]
# A weight for each step of each sample.
STEPPED = [("MeanSquaredError", {}, DEEP, (2,)), ("SparseCategoricalAccuracy", {}, SEQUENCE, (3,)), ("Precision", {}, HOT_SEQUENCE, (3,)),
           ("AUC", {}, HOT_SEQUENCE, (3,)), ("MeanIoU", {"num_classes": C, "dtype": "float32"}, MAPS, (2, 3)), ("BinaryAccuracy", {}, BITS, (3,)),
           ("SparseCategoricalCrossentropy", {"ignore_class": 2}, SEQUENCE, (3,))]


def spread_weight(name, target, weight):
    """Keras's IoU takes only one weight for each entry of a map."""
    if weight is None or "IoU" not in name:
        return weight
    return np.broadcast_to(weight.reshape(weight.shape + (1,) * (target.ndim - weight.ndim)), target.shape).copy()


def metric_case(name, config, updates, single=False) -> dict:
    metric = getattr(keras.metrics, name)(**config)
    results = []
    for y_true, y_pred, weight in updates:
        # The axis of classes of dense targets does not count among those that weights are for.
        entries = y_true.argmax(-1) if config.get("sparse_y_true") is False or "OneHot" in name else y_true
        given = spread_weight(name, entries, weight)
        metric.update_state(*([y_pred] if single else [y_true, y_pred]), sample_weight=given)
        results.append(tensor(keras.ops.convert_to_numpy(metric.result())))
    return {
        "metric": name,
        "config": {camel(key): camel_value(value) for key, value in config.items() if key != "dtype"},
        "updates": [{"yTrue": tensor(t), "yPred": tensor(p), **optional("sampleWeight", w)} for t, p, w in updates],
        "results": results,
    }


def cases():
    for name, configs, makers in TABLE:
        for config in configs:
            for make in makers:
                for updates in batches(make):
                    yield metric_case(name, config, updates)
    for name, make in SINGLE:
        for updates in [*batches(make), mixed(make)]:
            yield metric_case(name, {}, updates, single=True)
    for name, config, make, steps in STEPPED:
        updates = [(*make(500 + 10 * i, n), unit(700 + i, (n, *steps))) for i, n in enumerate(SIZES)]
        yield metric_case(name, config, updates)


if __name__ == "__main__":
    write("metrics-keras.json", {"versions": keras_versions(), "metrics": list(cases())})
