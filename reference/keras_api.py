"""Writes test/golden/keras-api.json: what Keras publishes, by kind. The list that docs/coverage.md is measured against."""

import inspect
import json
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras  # noqa: E402

assert keras.__version__ == "3.15.1", keras.__version__


def classes(module):
    return sorted(name for name in dir(module) if inspect.isclass(getattr(module, name)))


def functions(module):
    skip = {"get", "serialize", "deserialize"}
    return sorted(
        name for name in dir(module) if inspect.isfunction(getattr(module, name)) and name not in skip
    )


api = {
    "keras": keras.__version__,
    "layers": classes(keras.layers),
    "activations": functions(keras.activations),
    "losses": classes(keras.losses),
    "metrics": classes(keras.metrics),
    "optimizers": classes(keras.optimizers),
    "schedules": classes(keras.optimizers.schedules),
    "initializers": classes(keras.initializers),
    "regularizers": classes(keras.regularizers),
    "constraints": classes(keras.constraints),
    "callbacks": classes(keras.callbacks),
    "boundingBoxes": functions(keras.utils.bounding_boxes),
}
path = os.path.join(os.path.dirname(__file__), "../test/golden/keras-api.json")
with open(path, "w") as file:
    json.dump(api, file, indent=1)
    file.write("\n")
print({kind: len(names) for kind, names in api.items() if isinstance(names, list)})
