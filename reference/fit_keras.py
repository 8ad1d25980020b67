"""What Keras's fit, evaluate and predict compute, and the order in which they call callbacks → test/golden/fit-keras.json."""

from layer_cases import camel, keras, np
from common import keras_versions, numbers, uniform, write

L = keras.layers
N = 11  # no batch size divides it


def renamed(logs: dict) -> dict:
    return {camel(name): float(f"{value:.9g}") for name, value in logs.items()}


class Recorder(keras.callbacks.Callback):
    """Writes down every call: hook, number of the epoch or batch, and names of the results."""

    def __init__(self, stop_at: str | None = None):
        super().__init__()
        self.calls = []
        self.stop_at = stop_at

    def note(self, hook, number=None, logs=None):
        self.calls.append([hook, *([] if number is None else [number]), *([] if not logs else [",".join(sorted(camel(k) for k in logs))])])
        if self.stop_at == ":".join(map(str, self.calls[-1][:2])):
            if hook.startswith("train"):
                self.model.stop_training = True
            elif hook.startswith("test"):
                self.model.stop_evaluating = True
            else:
                self.model.stop_predicting = True

    def on_train_begin(self, logs=None): self.note("trainBegin")
    def on_train_end(self, logs=None): self.note("trainEnd", None, logs)
    def on_epoch_begin(self, epoch, logs=None): self.note("epochBegin", epoch)
    def on_epoch_end(self, epoch, logs=None): self.note("epochEnd", epoch, logs)
    def on_train_batch_begin(self, batch, logs=None): self.note("trainBatchBegin", batch)
    def on_train_batch_end(self, batch, logs=None): self.note("trainBatchEnd", batch, logs)
    def on_test_begin(self, logs=None): self.note("testBegin")
    def on_test_end(self, logs=None): self.note("testEnd", None, logs)
    def on_test_batch_begin(self, batch, logs=None): self.note("testBatchBegin", batch)
    def on_test_batch_end(self, batch, logs=None): self.note("testBatchEnd", batch, logs)
    def on_predict_begin(self, logs=None): self.note("predictBegin")
    def on_predict_end(self, logs=None): self.note("predictEnd")
    def on_predict_batch_begin(self, batch, logs=None): self.note("predictBatchBegin", batch)
    def on_predict_batch_end(self, batch, logs=None): self.note("predictBatchEnd", batch)


def data():
    x = uniform(1, (N, 3), 1.0)
    y = (x[:, :1] - 2 * x[:, 1:2] + uniform(2, (N, 1), 0.3)).astype("float32")
    labels = (np.arange(N) * 7 % 3).astype("int32")
    weights = np.abs(uniform(3, (N,), 2.0))
    return x, y, labels, weights


def single():
    x = keras.Input((3,))
    model = keras.Model(x, L.Dense(1)(L.Dense(4, activation="tanh", kernel_regularizer=keras.regularizers.L2(0.02))(x)))
    return first(model)


def double():
    x = keras.Input((3,))
    h = L.Dense(4, activation="tanh")(x)
    model = keras.Model(x, {"kind": L.Dense(3, activation="softmax", name="kind")(h), "size": L.Dense(1, name="size")(h)})
    return first(model)


def first(model):
    """Its first weights are the same numbers as in the test."""
    model.set_weights([uniform(10 + i, w.shape, 0.7) for i, w in enumerate(model.get_weights())])
    return model


def endless(x, y, size):
    i = 0
    while True:
        rows = [(i * size + k) % N for k in range(size)]
        yield x[rows], y[rows]
        i += 1


METRICS = {"metrics": ["mean_absolute_error"], "weighted_metrics": ["mean_squared_error"]}
BOTH = {"loss": {"kind": "sparse_categorical_crossentropy", "size": "mse"}, "loss_weights": {"size": 0.5, "kind": 2.0},
        "metrics": {"kind": ["accuracy"]}, "weighted_metrics": {"size": ["mean_absolute_error"], "kind": ["accuracy"]}}
ONE = {"loss": {"kind": "sparse_categorical_crossentropy", "size": None}, "metrics": {"kind": ["accuracy"]}}
OTHER = {"loss": {"kind": "sparse_categorical_crossentropy", "size": None}, "metrics": {"kind": ["accuracy"], "size": ["mean_absolute_error"]}}
# model, compile, options of fit; data by name: see `case`.
CASES = [
    ("odd batches", "single", METRICS, {"batch_size": 4, "epochs": 3}),
    ("a batch larger than the data", "single", METRICS, {"batch_size": 50, "epochs": 2}),
    ("batches of 1", "single", METRICS, {"batch_size": 1, "epochs": 1}),
    ("initial epoch", "single", METRICS, {"batch_size": 4, "epochs": 5, "initial_epoch": 3, "validation_split": 0.3}),
    ("initial epoch beyond the last", "single", METRICS, {"batch_size": 4, "epochs": 2, "initial_epoch": 2}),
    ("validation every other epoch", "single", METRICS, {"batch_size": 4, "epochs": 5, "validation_split": 0.3, "validation_freq": 2}),
    ("validation after listed epochs", "single", METRICS, {"batch_size": 4, "epochs": 5, "validation_split": 0.3, "validation_freq": [1, 4]}),
    ("validation never", "single", METRICS, {"batch_size": 4, "epochs": 2, "validation_split": 0.3, "validation_freq": 3}),
    ("validation in batches of its own", "single", METRICS, {"batch_size": 4, "epochs": 2, "validation": "plain", "validation_batch_size": 3}),
    ("validation of a few steps", "single", METRICS, {"batch_size": 4, "epochs": 2, "validation": "plain", "validation_batch_size": 3, "validation_steps": 2}),
    ("validation steps alone", "single", METRICS, {"epochs": 2, "validation": "plain", "validation_steps": 3}),
    ("weighted validation data", "single", METRICS, {"batch_size": 4, "epochs": 2, "validation": "weighted"}),
    ("split and data for validation", "single", METRICS, {"batch_size": 4, "epochs": 2, "validation": "plain", "validation_split": 0.3}),
    ("sample weights, split", "single", METRICS, {"batch_size": 4, "epochs": 2, "weights": True, "validation_split": 0.3}),
    ("steps per epoch", "single", METRICS, {"batch_size": 2, "epochs": 5, "steps_per_epoch": 4}),
    ("steps per epoch alone", "single", METRICS, {"epochs": 3, "steps_per_epoch": 4}),
    ("steps per epoch from a later epoch", "single", METRICS, {"batch_size": 2, "epochs": 6, "initial_epoch": 2, "steps_per_epoch": 4}),
    ("more steps than batches", "single", METRICS, {"batch_size": 4, "epochs": 2, "steps_per_epoch": 7}),
    ("an endless generator", "single", METRICS, {"epochs": 3, "steps_per_epoch": 4, "generator": 3}),
    ("an endless generator, validated with another", "single", METRICS,
     {"epochs": 3, "steps_per_epoch": 2, "generator": 3, "validation": "generator", "validation_steps": 2}),
    ("an endless generator, validated with data", "single", METRICS, {"epochs": 2, "steps_per_epoch": 2, "generator": 5, "validation": "weighted"}),
    ("two outputs", "double", BOTH, {"batch_size": 4, "epochs": 2, "validation_split": 0.3}),
    ("two outputs, weights for both", "double", BOTH, {"batch_size": 4, "epochs": 2, "weights": True, "validation_split": 0.3}),
    ("two outputs, weights for each", "double", BOTH, {"batch_size": 5, "epochs": 2, "weights": "each", "validation": "each"}),
    ("two outputs, one loss", "double", ONE, {"batch_size": 4, "epochs": 2, "compiled": "one"}),
    ("two outputs, one loss, metrics of both", "double", OTHER, {"batch_size": 4, "epochs": 2, "compiled": "other"}),
    ("classes", "classes", {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"], "weighted_metrics": ["accuracy"]},
     {"batch_size": 4, "epochs": 2, "class_weight": {0: 0.5, 2: 3.0}, "validation_split": 0.3}),
    ("one-hot classes", "onehot", {"loss": "categorical_crossentropy", "weighted_metrics": ["accuracy"]},
     {"batch_size": 4, "epochs": 2, "class_weight": {1: 2.5, 2: 0.25}, "validation_split": 0.3}),
    ("sum of squares", "single", {"loss": keras.losses.MeanSquaredError(reduction="sum"), "metrics": ["mean_absolute_error"]}, {"batch_size": 4, "epochs": 2}),
    ("stopped in the middle of an epoch", "single", METRICS,
     {"batch_size": 4, "epochs": 3, "validation_split": 0.3, "stop": "trainBatchEnd:1"}),
    ("validation stopped", "single", METRICS, {"batch_size": 4, "epochs": 2, "validation": "plain", "stop": "testBatchEnd:0"}),
]


def case(name: str, kind: str, compiled: dict, options: dict) -> dict:
    keras.utils.clear_session()
    x, y, labels, weights = data()
    if kind == "double":
        model, targets = double(), {"size": y, "kind": labels}
    elif kind in ("classes", "onehot"):
        model = keras.Sequential([keras.Input((3,)), L.Dense(3, activation="softmax")])
        model, targets = first(model), labels if kind == "classes" else np.eye(3, dtype="float32")[labels]
    else:
        model, targets = single(), y
    # Graphs of unknown batch size make TensorFlow forget that losses of single outputs are to count by the size of the batch.
    model.compile(keras.optimizers.SGD(0.1), **{"loss": "mse", **compiled}, run_eagerly=kind == "double")
    given = dict(options)
    each = {"size": weights, "kind": weights[::-1].copy()}
    given.pop("compiled", None)
    recorder = Recorder(given.pop("stop", None))
    chosen = given.pop("weights", None)
    if chosen:
        given["sample_weight"] = each if chosen == "each" else weights
    validation = given.pop("validation", None)
    if validation:
        given["validation_data"] = {
            "plain": (x[:7], y[:7]), "weighted": (x[:7], y[:7], weights[:7]), "each": (x, targets, each), "generator": endless(x, y, N),  # TensorFlow draws ahead: they are all alike
        }[validation]
    size = given.pop("generator", None)
    source = (endless(x, y, size),) if size else (x, targets)
    fitted = model.fit(*source, shuffle=False, verbose=0, callbacks=[recorder], **given)
    evaluated = model.evaluate(x, targets, batch_size=4, verbose=0, return_dict=True)
    weighted = model.evaluate(x, targets, batch_size=3, sample_weight=each if kind == "double" else weights, verbose=0, return_dict=True)
    return {
        "name": name, "model": kind, "options": {camel(k): v for k, v in options.items()},
        "history": {camel(k): numbers(v) for k, v in fitted.history.items()},
        "calls": recorder.calls, "evaluated": renamed(evaluated), "weighted": renamed(weighted),
        "last": [numbers(w) for w in model.get_weights()],
    }


def called(name: str, method: str, options: dict) -> dict:
    """Calls of callbacks and results of evaluate or predict alone."""
    keras.utils.clear_session()
    x, y, _, weights = data()
    model = single()
    model.compile("sgd", "mse", **METRICS)
    given = dict(options)
    recorder = Recorder(given.pop("stop", None))
    size = given.pop("generator", None)
    if given.pop("weights", False):
        given["sample_weight"] = weights
    source = (endless(x, y, size),) if size else (x, y)
    if method == "evaluate":
        result = renamed(model.evaluate(*source, verbose=0, return_dict=True, callbacks=[recorder], **given))
    else:
        result = {"output": numbers(model.predict(source[0], verbose=0, callbacks=[recorder], **given))}
    return {"name": name, "method": method, "options": {camel(k): v for k, v in options.items()}, "calls": recorder.calls, "result": result}


CALLS = [
    ("small last batch", {"batch_size": 4}),
    ("default", {}),
    ("a few steps", {"batch_size": 4, "steps": 2}),
    ("steps alone", {"steps": 3}),
    ("more steps than batches", {"batch_size": 4, "steps": 9}),
    ("an endless generator", {"steps": 4, "generator": 3}),
]


if __name__ == "__main__":
    write("fit-keras.json", {
        "versions": keras_versions(),
        "fits": [case(*entry) for entry in CASES],
        "calls": [
            *[called(name, method, options) for method in ("evaluate", "predict") for name, options in CALLS],
            called("weights", "evaluate", {"batch_size": 4, "weights": True}),
            called("stopped", "evaluate", {"batch_size": 4, "stop": "testBatchEnd:1"}),
            called("stopped", "predict", {"batch_size": 4, "stop": "predictBatchEnd:0"}),
        ],
    })
