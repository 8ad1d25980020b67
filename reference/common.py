"""What the reference scripts share: reproducible numbers without shipping them, and compact JSON."""

import json
from pathlib import Path

import numpy as np

GOLDEN = Path(__file__).resolve().parent.parent / "test" / "golden"


def hash32(seed: int, count: int) -> np.ndarray:
    """32 bits for each of 0 … count-1. test/golden/hash.ts is the same function in TypeScript.

    The finaliser of MurmurHash3 over index + seed·0x9E3779B9, modulo 2³².
    """
    x = np.arange(count, dtype=np.uint32) + np.uint32((seed * 0x9E3779B9) & 0xFFFFFFFF)
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x85EBCA6B)
    x ^= x >> np.uint32(13)
    x *= np.uint32(0xC2B2AE35)
    x ^= x >> np.uint32(16)
    return x


def uniform(seed: int, shape: tuple[int, ...], limit: float) -> np.ndarray:
    """float32 in [-limit, limit): the 24 high bits of the hash, scaled in double precision and rounded once."""
    count = int(np.prod(shape))
    signed = (hash32(seed, count) >> np.uint32(8)).astype(np.float64) / 2**23 - 1
    return (signed * limit).astype(np.float32).reshape(shape)


def numbers(array) -> list:
    """Elements in row-major order, with the nine digits that determine a float32."""
    array = np.asarray(array)
    if array.dtype.kind in "iub":
        return [int(x) for x in array.ravel()]
    return [float(f"{x:.9g}") for x in array.astype(np.float64).ravel()]


def tensor(array) -> dict:
    array = np.asarray(array)
    return {"shape": list(array.shape), "data": numbers(array)}


def write(name: str, content: dict) -> None:
    """One line per entry of each top-level list, so that a change shows as a small diff."""
    parts = []
    for key, value in content.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            rows = ",\n".join("    " + json.dumps(row, separators=(",", ":")) for row in value)
            parts.append(f"  {json.dumps(key)}: [\n{rows}\n  ]")
        else:
            parts.append(f"  {json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}")
    path = GOLDEN / name
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n")
    print(f"{path.name}: {path.stat().st_size:,} bytes")


def keras_versions() -> dict:
    import keras
    import tensorflow as tf

    return {"keras": keras.__version__, "tensorflow": tf.__version__}
