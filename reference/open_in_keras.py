"""Opens files that Tenon wrote in Keras and compares outputs: python open_in_keras.py FOLDER.

FOLDER holds cases.json, a list of { file, weightsInto, inputs, outputs }, and the files; scripts/crossed-formats.ts writes them.
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import json
import sys
import warnings
from pathlib import Path

import keras
import numpy as np


def array(entry: dict) -> np.ndarray:
    return np.array(entry["data"], entry.get("dtype", "float32")).reshape(entry["shape"])


def worst(folder: Path, case: dict) -> float:
    if "weightsInto" in case:
        model = keras.models.load_model(folder / case["weightsInto"], compile=False)
        model.set_weights([np.zeros_like(w) for w in model.get_weights()])
        model.load_weights(folder / case["file"])
    else:
        model = keras.models.load_model(folder / case["file"])
    inputs = [array(entry) for entry in case["inputs"]]
    outputs = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
    named = outputs if isinstance(outputs, dict) else {"output": outputs}
    assert sorted(named) == sorted(case["outputs"]), f"{sorted(named)} are not {sorted(case['outputs'])}"
    return max(float(np.max(np.abs(named[name] - array(entry)))) for name, entry in case["outputs"].items())


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    failed = 0
    for case in json.loads((folder / "cases.json").read_text()):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            error = worst(folder, case)
        fine = error < 1e-5
        failed += not fine
        print(f"{'ok  ' if fine else 'FAIL'} {case['file']}: worst difference {error:.2e}")
    sys.exit(1 if failed else 0)
