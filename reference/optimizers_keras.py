"""Ten steps of Keras's optimizers, and values of its schedules → test/golden/optimizers-keras.json.

Every case starts from the same variables and gets the same gradients, which do not depend on the variables; so a
difference is the optimizer's own. Configurations are written in camelCase, as Tenon's options are; `weights` holds the
variables after each step.
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np

from common import keras_versions, numbers, tensor, uniform, write

SHAPES = [(3, 2), (2,), (2, 2, 2)]
STEPS = 10


def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def camel_config(config: dict) -> dict:
    return {camel(k): schedule_config(v) if isinstance(v, tuple) else v for k, v in config.items()}


def schedule_config(pair: tuple) -> dict:
    name, config = pair
    return {"schedule": name, "config": camel_config(config)}


def schedule(name: str, config: dict):
    return getattr(keras.optimizers.schedules, name)(**config)


def run_optimizer(name: str, config: dict, initial, gradients) -> list:
    made = {k: schedule(*v) if isinstance(v, tuple) else v for k, v in config.items()}
    optimizer = getattr(keras.optimizers, name)(**made)
    variables = [keras.Variable(w, name=f"v{i}") for i, w in enumerate(initial)]
    optimizer.build(variables)
    history = []
    for step in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(g) for g in step], variables)
        history.append([numbers(keras.ops.convert_to_numpy(v)) for v in variables])
    return history


OPTIMIZERS = [
    ("Adam", {}),
    ("Adam", {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-4}),
    ("Adam", {"learning_rate": 0.01, "amsgrad": True}),
    ("Adam", {"learning_rate": 0.01, "weight_decay": 0.1}),
    ("Adam", {"learning_rate": 0.01, "clipnorm": 0.5}),
    ("Adam", {"learning_rate": 0.01, "clipvalue": 0.2}),
    ("Adam", {"learning_rate": 0.01, "global_clipnorm": 0.7}),
    ("AdamW", {}),
    ("AdamW", {"learning_rate": 0.01, "weight_decay": 0.1, "amsgrad": True}),
    ("AdamW", {"learning_rate": 0.01, "weight_decay": 0.1, "global_clipnorm": 0.7}),
    ("SGD", {}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "weight_decay": 0.05}),
    ("SGD", {"learning_rate": 0.1, "clipnorm": 0.5}),
    ("SGD", {"learning_rate": 0.1, "clipvalue": 0.2}),
    ("SGD", {"learning_rate": 0.1, "global_clipnorm": 0.7}),
    ("RMSprop", {}),
    ("RMSprop", {"learning_rate": 0.01, "rho": 0.8, "momentum": 0.9}),
    ("RMSprop", {"learning_rate": 0.01, "centered": True}),
    ("RMSprop", {"learning_rate": 0.01, "momentum": 0.9, "centered": True}),
    ("RMSprop", {"learning_rate": 0.01, "weight_decay": 0.1, "clipnorm": 0.5}),
    ("SGD", {"learning_rate": ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5})}),
    ("Adam", {"learning_rate": ("CosineDecay", {"initial_learning_rate": 0.0, "decay_steps": 6, "warmup_target": 0.1, "warmup_steps": 3})}),
]

SCHEDULES = [
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.9}),
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.9, "staircase": True}),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 10}),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "alpha": 0.2}),
    ("CosineDecay", {"initial_learning_rate": 0.01, "decay_steps": 10, "alpha": 0.1, "warmup_target": 0.2, "warmup_steps": 5}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 4}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 3, "t_mul": 1.5, "m_mul": 0.8, "alpha": 0.1}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 5, "t_mul": 1.0, "m_mul": 0.5}),
    ("PiecewiseConstantDecay", {"boundaries": [3, 8], "values": [0.1, 0.05, 0.01]}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "end_learning_rate": 0.01, "power": 2.0}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 4, "end_learning_rate": 0.01, "power": 0.5, "cycle": True}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5, "staircase": True}),
]

AT = list(range(21))


def main() -> None:
    initial = [uniform(200 + i, shape, 1.0) for i, shape in enumerate(SHAPES)]
    gradients = [[uniform(300 + 10 * t + i, shape, 1.0) for i, shape in enumerate(SHAPES)] for t in range(STEPS)]
    # One element whose gradient is always zero, and one that is tiny: where epsilon decides.
    for step in gradients:
        step[0][0, 0] = 0.0
        step[0][0, 1] = np.float32(1e-6)
    write("optimizers-keras.json", {
        "versions": keras_versions(),
        "initial": [tensor(w) for w in initial],
        "gradients": [[numbers(g) for g in step] for step in gradients],
        "optimizers": [
            {"optimizer": name, "config": camel_config(config), "weights": run_optimizer(name, config, initial, gradients)}
            for name, config in OPTIMIZERS
        ],
        "scheduleSteps": AT,
        "schedules": [
            {"schedule": name, "config": camel_config(config), "values": numbers(np.array([float(schedule(name, config)(t)) for t in AT]))}
            for name, config in SCHEDULES
        ],
    })


if __name__ == "__main__":
    main()
