"""Compiled models in the middle of their training → test/golden/formats/training-*.{keras,h5}, and the losses of the five steps after
that in training.json. `python formats_training.py FOLDER` goes on in Keras from files that Tenon wrote."""

import json
import sys
from pathlib import Path

from formats import FOLDER, L, keras, np
from common import keras_versions, numbers, uniform

O = keras.optimizers
OPTIMIZERS = {
    "sgd": lambda: O.SGD(0.1),
    "momentum": lambda: O.SGD(0.05, momentum=0.9, nesterov=True),
    "adam": lambda: O.Adam(0.02, amsgrad=True),
    "adamw": lambda: O.AdamW(0.02, weight_decay=0.1),
    "rmsprop": lambda: O.RMSprop(0.01, momentum=0.5, centered=True),
    "nadam": lambda: O.Nadam(0.02),
    "adamax": lambda: O.Adamax(0.02),
    "adagrad": lambda: O.Adagrad(0.1),
    "adadelta": lambda: O.Adadelta(1.0),
    "ftrl": lambda: O.Ftrl(0.1),
    "lion": lambda: O.Lion(0.005),
    "lamb": lambda: O.Lamb(0.02),
    "schedule": lambda: O.Adam(O.schedules.ExponentialDecay(0.05, 2, 0.7)),
    "averaged": lambda: O.Adam(0.02, use_ema=True, ema_momentum=0.8, ema_overwrite_frequency=4, gradient_accumulation_steps=2),
    "adafactor": lambda: O.Adafactor(0.05),
    "muon": lambda: O.Muon(0.02),
    "schedule-free": lambda: O.ScheduleFreeAdamW(0.02, warmup_steps=7),
    # One scale is too high at first, so that a step is skipped; and it grows within the ten steps.
    "loss-scale": lambda: O.LossScaleOptimizer(O.Adam(0.02), initial_scale=2.0**127, dynamic_growth_steps=3),
    "loss-scale-adafactor": lambda: O.LossScaleOptimizer(O.Adafactor(0.05), dynamic_growth_steps=2),
    "loss-scale-nadam": lambda: O.LossScaleOptimizer(O.Nadam(0.02), dynamic_growth_steps=2),
    "multi": lambda: O.MultiOptimizer(several(O.Nadam), loss_scale_factor=4.0),
    "multi-scaled": lambda: O.LossScaleOptimizer(O.MultiOptimizer(several(O.Adam)), dynamic_growth_steps=2),
}
# Under loss scaling Keras does not write what its Nadam shares between weights: it goes on otherwise than it would have.
RELOADED = {"loss-scale-nadam"}


def several(other):
    """A path that is a key belongs to that key, though an expression matches it too."""
    several = O.OptimizerMap(O.Adam(0.02))
    several["dense(_1)?/.*"] = O.SGD(0.05, momentum=0.9, global_clipnorm=0.5)
    several["dense_1/bias"] = other(O.schedules.ExponentialDecay(0.05, 2, 0.7))
    several["batch_normalization/(gamma|beta)"] = O.SGD(0.2)
    return several


def data(step: int):
    x = uniform(500 + step, (6, 3), 1.0)
    return x, (x[:, :1] * x[:, 1:2] + uniform(600 + step, (6, 1), 0.2)).astype("float32")


def steps(model, first: int) -> list:
    return [float(model.train_on_batch(*data(step))) for step in range(first, first + 5)]


def save(index: int, name: str, make) -> dict:
    keras.utils.clear_session()
    x = keras.Input((3,))
    y = L.BatchNormalization()(L.Dense(4, activation="tanh")(x))
    model = keras.Model(x, L.Dense(1)(L.Add()([y, L.Dense(4)(x)])), name=name)
    model.compile(make(), "mse")
    weights = [uniform(1000 + 20 * index + i, w.shape, 0.6) for i, w in enumerate(model.get_weights())]
    model.set_weights([np.abs(w) + np.float32(0.5) if "variance" in v.path else w for w, v in zip(weights, model.weights)])
    steps(model, 0)
    if name == "momentum":
        model.optimizer.learning_rate.assign(0.01)  # another rate than the configuration's
    model.save(FOLDER / f"training-{name}.keras")
    if name in RELOADED:
        model = keras.models.load_model(FOLDER / f"training-{name}.keras")
    if name in ("momentum", "adam", "schedule"):
        model.save(FOLDER / f"training-{name}.h5")
    return {"optimizer": name, "losses": numbers(steps(model, 5))}


if __name__ == "__main__":
    if len(sys.argv) > 1:
        for path in sorted(Path(sys.argv[1]).glob("training-*")):
            wanted = json.loads((FOLDER / "training.json").read_text())
            name = path.stem.removeprefix("training-")
            losses = next(entry["losses"] for entry in wanted["models"] if entry["optimizer"] == name)
            model = keras.models.load_model(path)
            print(f"{path.name}: worst difference {np.abs(np.array(steps(model, 5)) - losses).max():.1e}")
        sys.exit()
    entries = [save(i, name, make) for i, (name, make) in enumerate(OPTIMIZERS.items())]
    batches = [{"x": numbers(x), "y": numbers(y)} for x, y in map(data, range(10))]
    rows = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in entries)
    models = {name: keras.models.load_model(FOLDER / f"{name}.keras", compile=False) for name in ("words", "shared", "cells", "calls-nested")}
    paths = {name: [v.path for v in model.trainable_variables] for name, model in models.items()}
    (FOLDER / "training.json").write_text(
        f'{{"paths":{json.dumps(paths, separators=(",", ":"))},"versions":{json.dumps(keras_versions())},"batches":{json.dumps(batches, separators=(",", ":"))},"models":[\n{rows}\n]}}\n'
    )
