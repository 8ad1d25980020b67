"""Writes test/golden/keras-model.json: the public members of Keras's models, and the arguments of those that are called with many.
docs/coverage-model.md is measured against it."""

import inspect
import json
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras  # noqa: E402
from keras.src.layers.layer import Layer  # noqa: E402
from keras.src.models.functional import Functional  # noqa: E402
from keras.src.ops.operation import Operation  # noqa: E402
from keras.src.saving.keras_saveable import KerasSaveable  # noqa: E402
from keras.src.trainers.trainer import Trainer  # noqa: E402

assert keras.__version__ == "3.15.1", keras.__version__

CALLS = [
    "compile", "fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "predict_on_batch", "summary", "get_layer", "save",
    "save_weights", "load_weights", "export",
]
members = sorted({
    name
    for kind in (keras.Model, keras.Sequential, Functional, Trainer, Layer, Operation, KerasSaveable)
    for name in vars(kind)
    if not name.startswith("_")
})
arguments = {
    call: [name for name, p in inspect.signature(getattr(keras.Model, call)).parameters.items() if name != "self" and p.kind != p.VAR_KEYWORD]
    for call in CALLS
}
path = os.path.join(os.path.dirname(__file__), "../test/golden/keras-model.json")
with open(path, "w") as file:
    json.dump({"keras": keras.__version__, "members": members, "arguments": arguments}, file, indent=1)
    file.write("\n")
print(len(members), {call: len(names) for call, names in arguments.items()})
