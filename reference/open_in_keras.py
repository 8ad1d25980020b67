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
    outputs = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    if isinstance(case["outputs"], list):
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        case["outputs"] = {str(i): entry for i, entry in enumerate(case["outputs"])}
        outputs = {str(i): value for i, value in enumerate(outputs)}
    named = outputs if isinstance(outputs, dict) else {"output": outputs}
    assert sorted(named) == sorted(case["outputs"]), f"{sorted(named)} are not {sorted(case['outputs'])}"
    largest = 0.0
    for name, entry in case["outputs"].items():
        found = np.asarray(named[name], "float64")
        assert list(found.shape) == entry["shape"], f"{found.shape} is not {entry['shape']}"
        if found.size:
            largest = max(largest, float(np.max(np.abs(found - array(entry)) / (1 + np.abs(found)))))
    return largest


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    failed = 0
    cases = json.loads((folder / "cases.json").read_text())
    for case in cases:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                error = worst(folder, case)
                told = f"worst difference {error:.1e}"
            except Exception as refused:
                error, told = float("inf"), str(refused)[-300:]
        if not error < 1e-5:
            failed += 1
            print(f"FAIL {case['file']}: {told}")
        elif not case["file"].startswith("layers"):
            print(f"ok   {case['file']}: {told}")
    print(f"{len(cases) - failed} of {len(cases)} files give the same outputs")
    sys.exit(1 if failed else 0)
