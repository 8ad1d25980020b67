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

# Names and shapes: matrices both ways, a vector, a convolution's kernel; Muon leaves embeddings to Adam.
SHAPES = {"kernel": (4, 3), "bias": (3,), "conv_kernel": (2, 2, 2, 3), "wide_kernel": (2, 5), "embeddings": (3, 2)}
STEPS = 10


def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def camel_config(config: dict) -> dict:
    if "map" in config:
        names = [{"match": f"^{name}$", "optimizer": serialized(*made)} for name, made in config["map"].items()]
        return {"optimizers": names, "defaultOptimizer": serialized(*config["default"])}
    return {camel(k): serialized(*v) if isinstance(v, tuple) else v for k, v in config.items()}


def serialized(name: str, config: dict) -> dict:
    return {"type": name, "config": camel_config(config)}


def schedule(name: str, config: dict):
    return getattr(keras.optimizers.schedules, name)(**config)


def make_optimizer(name: str, config: dict):
    """`exclude`: names that do not decay. `constraint`: for all variables. Others are Keras's own arguments."""
    if name == "MultiOptimizer":
        default = make_optimizer(*config["default"])
        names = {name: make_optimizer(*made) for name, made in config["map"].items()}
        return keras.optimizers.MultiOptimizer(keras.optimizers.OptimizerMap(default, names))
    made = {k: schedule(*v) if isinstance(v, tuple) else v for k, v in config.items() if k not in ("exclude", "constraint", "inner")}
    if "inner" in config:
        made["inner_optimizer"] = make_optimizer(*config["inner"])
    optimizer = getattr(keras.optimizers, name)(**made)
    if "exclude" in config:
        optimizer.exclude_from_weight_decay(var_names=config["exclude"])
    return optimizer


def run_optimizer(name: str, config: dict, initial, gradients) -> dict:
    optimizer = make_optimizer(name, config)
    constraint = getattr(keras.constraints, config["constraint"])() if "constraint" in config else None
    variables = []
    for i, w in enumerate(initial):
        variable = keras.Variable(w, name=list(SHAPES)[i])
        variable.constraint = constraint
        variables.append(variable)
    optimizer.build(variables)
    history = []
    for t, step in enumerate(gradients):
        scaled = step
        if name == "LossScaleOptimizer":
            scale = float(optimizer.dynamic_scale)
            scaled = [g * np.float32(scale) for g in step]
            if t in OVERFLOWS:
                scaled[1][0] = np.float32("inf" if t == OVERFLOWS[0] else "nan")
        optimizer.apply([keras.ops.convert_to_tensor(g) for g in scaled], variables)
        history.append([x for v in variables for x in numbers(keras.ops.convert_to_numpy(v))])
    row = {"weights": history}
    if optimizer.use_ema:
        optimizer.finalize_variable_values(variables)
        row["finalized"] = [x for v in variables for x in numbers(keras.ops.convert_to_numpy(v))]
    if name == "LossScaleOptimizer":
        row["scale"] = float(optimizer.dynamic_scale)
    config = {k: v for k, v in optimizer.get_config().items() if k not in ("name", "inner_optimizer", "optimizer_map")}
    if isinstance(config.get("learning_rate"), dict):
        del config["learning_rate"]
    row["keras"] = {camel(k): float(f"{v:.7g}") if isinstance(v, float) else v for k, v in config.items()}
    return row


# Steps in which LossScaleOptimizer meets an infinite gradient, and one that is not a number.
OVERFLOWS = [3, 7]


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
    ("Adamax", {}),
    ("Adamax", {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-4}),
    ("Adamax", {"learning_rate": 0.01, "weight_decay": 0.1, "clipnorm": 0.5}),
    ("Adagrad", {}),
    ("Adagrad", {"learning_rate": 0.1, "initial_accumulator_value": 0.0, "epsilon": 1e-3}),
    ("Adagrad", {"learning_rate": 0.1, "weight_decay": 0.1, "clipvalue": 0.3}),
    ("Adadelta", {}),
    ("Adadelta", {"learning_rate": 1.0, "rho": 0.8, "epsilon": 1e-4}),
    ("Adadelta", {"learning_rate": 0.5, "weight_decay": 0.1, "global_clipnorm": 0.7}),
    ("Nadam", {}),
    ("Nadam", {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-4}),
    ("Nadam", {"learning_rate": 0.01, "weight_decay": 0.1, "clipnorm": 0.5}),
    ("Nadam", {"learning_rate": 0.05, "gradient_accumulation_steps": 3}),
    ("Ftrl", {}),
    ("Ftrl", {"learning_rate": 0.1, "l1_regularization_strength": 0.05, "l2_regularization_strength": 0.1, "beta": 0.2}),
    ("Ftrl", {"learning_rate": 0.1, "learning_rate_power": -0.7, "initial_accumulator_value": 0.3, "l2_shrinkage_regularization_strength": 0.1}),
    ("Ftrl", {"learning_rate": 0.1, "weight_decay": 0.1, "global_clipnorm": 0.7}),
    ("Lion", {}),
    ("Lion", {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.9}),
    ("Lion", {"learning_rate": 0.01, "weight_decay": 0.3, "clipnorm": 0.5}),
    ("Lamb", {}),
    ("Lamb", {"learning_rate": 0.05, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-4}),
    ("Lamb", {"learning_rate": 0.05, "weight_decay": 0.1, "global_clipnorm": 0.7}),
    ("Lamb", {"learning_rate": 0.05, "gradient_accumulation_steps": 2, "use_ema": True, "ema_momentum": 0.8}),
    ("Adafactor", {}),
    ("Adafactor", {"learning_rate": 0.5, "beta_2_decay": -0.6, "clip_threshold": 0.5, "epsilon_2": 0.01, "epsilon_1": 1e-8}),
    ("Adafactor", {"learning_rate": 0.5, "relative_step": False, "weight_decay": 0.01, "clipnorm": 0.5}),
    ("Adafactor", {"learning_rate": ("InverseTimeDecay", {"initial_learning_rate": 0.2, "decay_steps": 2, "decay_rate": 0.5})}),
    ("Muon", {}),
    ("Muon", {"learning_rate": 0.02, "momentum": 0.8, "nesterov": False, "ns_steps": 3, "rms_rate": None, "weight_decay": 0.1, "adam_weight_decay": 0.2}),
    ("Muon", {"learning_rate": 0.02, "exclude_layers": ["wide"], "exclude_embeddings": False, "adam_lr_ratio": 0.5, "adam_beta_1": 0.8, "adam_beta_2": 0.9, "epsilon": 1e-4}),
    ("Muon", {"learning_rate": 0.02, "weight_decay": None, "adam_weight_decay": None, "muon_a": 3.0, "muon_b": -4.0, "muon_c": 1.5, "global_clipnorm": 0.7}),
    ("ScheduleFreeAdamW", {}),
    ("ScheduleFreeAdamW", {"learning_rate": 0.05, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-4, "warmup_steps": 4}),
    ("ScheduleFreeAdamW", {"learning_rate": 0.05, "weight_decay": 0.1, "clipnorm": 0.5}),
    ("AdamW", {"learning_rate": 0.01, "weight_decay": 0.5, "exclude": ["bias", "^conv"]}),
    ("Lamb", {"learning_rate": 0.05, "weight_decay": 0.5, "exclude": ["bias", "embed"]}),
    ("Muon", {"learning_rate": 0.02, "weight_decay": 0.3, "adam_weight_decay": 0.4, "exclude": ["bias", "wide"]}),
    ("SGD", {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.7}),
    ("Adam", {"learning_rate": 0.05, "use_ema": True, "ema_momentum": 0.9, "ema_overwrite_frequency": 3}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "gradient_accumulation_steps": 2}),
    ("Adam", {"learning_rate": 0.05, "gradient_accumulation_steps": 4, "global_clipnorm": 0.4, "weight_decay": 0.1}),
    ("RMSprop", {"learning_rate": 0.05, "gradient_accumulation_steps": 3, "clipnorm": 0.2, "use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 2}),
    ("Adam", {"learning_rate": ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7}), "gradient_accumulation_steps": 2}),
    ("SGD", {"learning_rate": 0.1, "constraint": "NonNeg"}),
    ("Adam", {"learning_rate": 0.1, "constraint": "UnitNorm", "use_ema": True, "ema_momentum": 0.6, "ema_overwrite_frequency": 4}),
    ("RMSprop", {"learning_rate": 0.1, "constraint": "MaxNorm", "gradient_accumulation_steps": 2}),
    ("MultiOptimizer", {"map": {"bias": ("SGD", {"learning_rate": 0.1, "momentum": 0.9}), "embeddings": ("Lion", {"learning_rate": 0.01})},
                        "default": ("Adam", {"learning_rate": 0.05, "global_clipnorm": 0.7, "weight_decay": 0.1})}),
    ("MultiOptimizer", {"map": {"kernel": ("Nadam", {"learning_rate": 0.05, "gradient_accumulation_steps": 3}), "conv_kernel": ("Nadam", {"learning_rate": 0.01, "beta_1": 0.8})},
                        "default": ("Lamb", {"learning_rate": ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5})})}),
    ("LossScaleOptimizer", {"inner": ("MultiOptimizer", {"map": {"bias": ("SGD", {"learning_rate": 0.1})}, "default": ("Adam", {"learning_rate": 0.05})}), "initial_scale": 16.0}),
    ("LossScaleOptimizer", {"inner": ("Adam", {"learning_rate": 0.05, "clipnorm": 0.5}), "initial_scale": 1024.0, "dynamic_growth_steps": 2}),
    ("LossScaleOptimizer", {"inner": ("SGD", {"learning_rate": ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 2, "decay_rate": 0.5}), "momentum": 0.9})}),
    ("LossScaleOptimizer", {"inner": ("Lamb", {"learning_rate": 0.05, "weight_decay": 0.1, "gradient_accumulation_steps": 2}), "initial_scale": 8.0, "dynamic_growth_steps": 3}),
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
    shapes = SHAPES.values()
    initial = [uniform(200 + i, shape, 1.0) for i, shape in enumerate(shapes)]
    gradients = [[uniform(300 + 10 * t + i, shape, 1.0) for i, shape in enumerate(shapes)] for t in range(STEPS)]
    # One element whose gradient is always zero, and one that is tiny: where epsilon decides.
    for step in gradients:
        step[0][0, 0] = 0.0
        step[0][0, 1] = np.float32(1e-6)
    write("optimizers-keras.json", {
        "versions": keras_versions(),
        "initial": [{"name": name, **tensor(w)} for name, w in zip(SHAPES, initial)],
        "overflows": OVERFLOWS,
        "gradients": [[numbers(g) for g in step] for step in gradients],
        "optimizers": [
            {"optimizer": name, "config": camel_config(config), **run_optimizer(name, config, initial, gradients)}
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
