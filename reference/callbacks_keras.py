"""What Keras's callbacks decide on given results → test/golden/callbacks-keras.json."""

import tempfile
from pathlib import Path

from layer_cases import camel, camel_config, keras, np
from common import keras_versions, numbers, uniform, write

C = keras.callbacks


class Model:
    """What a callback sees of a model: its weights are the number of the epoch."""

    def __init__(self, rate: float):
        self.stop_training = False
        self.metrics = []
        self.optimizer = keras.optimizers.SGD(rate)
        self.epoch = -1
        self.restored = None
        self.saved = []

    def get_weights(self):
        return [np.float32(self.epoch)]

    def set_weights(self, weights):
        self.restored = int(weights[0])

    def save(self, path, overwrite=True):
        self.saved.append({"epoch": self.epoch, "path": Path(path).name, "weightsOnly": False})

    def save_weights(self, path, overwrite=True):
        self.saved.append({"epoch": self.epoch, "path": Path(path).name, "weightsOnly": True})


def run(name: str, config: dict, results: list, key: str = "val_loss", rate: float = 0.1, batches: int = 3) -> dict:
    """An epoch's results are those of its batches."""
    model = Model(rate)
    given = dict(config)
    folder = tempfile.mkdtemp()
    if "filepath" in given:
        given["filepath"] = str(Path(folder) / given["filepath"])
    if name == "LearningRateScheduler":
        given = {"schedule": lambda epoch, lr: lr * 0.5 if epoch % 2 else lr}
    callback = getattr(C, name)(**given)
    callback.set_model(model)
    callback.on_train_begin()
    rates = []
    for epoch, value in enumerate(results):
        model.epoch = epoch
        logs = {"loss": value / 2, key: value}
        callback.on_epoch_begin(epoch)
        for batch in range(batches):
            callback.on_train_batch_begin(batch)
            callback.on_train_batch_end(batch, logs)
        callback.on_epoch_end(epoch, logs)
        rates.append(float(model.optimizer.learning_rate))
        if model.stop_training:
            break
    callback.on_train_end()
    renamed = {"filepath": "path"}
    return {
        "callback": name,
        "config": {renamed.get(k, camel(k)): camel(v) if k == "monitor" else v for k, v in config.items()},
        "results": [None if np.isnan(value) else value for value in results],
        "key": camel(key),
        "rate": rate,
        "epochs": model.epoch + 1,
        "restored": model.restored,
        "rates": numbers(rates),
        "saved": model.saved,
    }


UP_AND_DOWN = [5.0, 4.0, 4.5, 4.2, 3.9995, 3.9, 4.0, 4.1, 4.2, 3.0, 3.5, 3.6]
RISING = [0.1, 0.3, 0.2, 0.35, 0.34, 0.33, 0.36, 0.2, 0.1]
ACCURACY = {"monitor": "val_accuracy", "mode": "max"}
CASES = [
    *[("EarlyStopping", config, UP_AND_DOWN) for config in (
        {}, {"patience": 1}, {"patience": 2, "restore_best_weights": True}, {"patience": 3, "min_delta": 0.01},
        {"patience": 2, "baseline": 4.1}, {"patience": 2, "baseline": 1.0, "restore_best_weights": True},
        {"patience": 2, "start_from_epoch": 5, "restore_best_weights": True}, {"patience": 20, "restore_best_weights": True},
        {"mode": "max", "patience": 2, "restore_best_weights": True},
    )],
    ("EarlyStopping", {"patience": 2, "restore_best_weights": True}, [3.0, float("nan"), 2.0, float("nan"), 2.5]),
    ("EarlyStopping", {**ACCURACY, "patience": 2, "restore_best_weights": True}, RISING, "val_accuracy"),
    *[("ReduceLROnPlateau", config, UP_AND_DOWN) for config in (
        {"patience": 1}, {"patience": 2, "factor": 0.5}, {"patience": 1, "cooldown": 2, "factor": 0.5}, {"patience": 2, "min_delta": 0.5},
        {"patience": 1, "min_lr": 0.03, "factor": 0.5}, {"mode": "max", "patience": 1, "factor": 0.7}, {"patience": 0, "factor": 0.9},
    )],
    ("ReduceLROnPlateau", {**ACCURACY, "patience": 2}, RISING, "val_accuracy"),
    ("LearningRateScheduler", {}, UP_AND_DOWN),
    *[("ModelCheckpoint", {"filepath": "m-{epoch:02d}.keras", **config}, UP_AND_DOWN) for config in (
        {}, {"save_best_only": True}, {"save_best_only": True, "initial_value_threshold": 4.0},
        {"save_best_only": True, "mode": "max"}, {"save_freq": 5}, {"save_freq": 2, "save_best_only": True},
    )],
    ("ModelCheckpoint", {"filepath": "{epoch:03d}-{loss:.2f}.weights.h5", "save_weights_only": True}, UP_AND_DOWN),
    ("ModelCheckpoint", {"filepath": "{epoch}-{batch:04d}.keras", "save_freq": 4}, UP_AND_DOWN),
    ("ModelCheckpoint", {"filepath": "b.keras", "save_best_only": True, **ACCURACY}, RISING, "val_accuracy"),
]


def csv() -> dict:
    path = Path(tempfile.mkdtemp()) / "log.csv"
    rows = [{"loss": 0.5, "accuracy": 0.25, "val_loss": 1e-7}, {"loss": 2.0, "accuracy": 1.0, "val_loss": 12345678.0}, {"loss": 0.125}]
    callback = C.CSVLogger(str(path), separator=";")
    callback.set_model(Model(0.1))
    callback.on_train_begin()
    for epoch, logs in enumerate(rows):
        callback.on_epoch_end(epoch, logs)
    callback.on_train_end()
    return {"callback": "CSVLogger", "rows": [camel_config(row) for row in rows], "text": path.read_bytes().decode()}


def averages(swap_on_epoch: bool) -> dict:
    """Validation sees the running averages, training the weights."""
    x, y = uniform(1, (12, 3), 1.0), uniform(2, (12, 1), 1.0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    first = [uniform(3, (3, 1), 1.0), uniform(4, (1,), 1.0)]
    model.set_weights(first)
    model.compile(keras.optimizers.SGD(0.2, use_ema=True, ema_momentum=0.7), "mse")
    swap = C.SwapEMAWeights(swap_on_epoch=swap_on_epoch)
    history = model.fit(x, y, epochs=4, batch_size=4, shuffle=False, validation_data=(x, y), callbacks=[swap], verbose=0).history
    return {
        "callback": "SwapEMAWeights", "swapOnEpoch": swap_on_epoch, "x": numbers(x), "y": numbers(y),
        "first": [numbers(w) for w in first], "last": [numbers(w) for w in model.get_weights()],
        "loss": numbers(history["loss"]), "valLoss": numbers(history["val_loss"]),
    }


if __name__ == "__main__":
    write("callbacks-keras.json", {
        "versions": keras_versions(),
        "decisions": [run(*case) for case in CASES],
        "csv": csv(),
        "averages": [averages(swap) for swap in (False, True)],
    })
