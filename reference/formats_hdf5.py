"""HDF5 files by h5py, in the styles that its settings give → test/golden/formats/hdf5-*.h5, and what is in them → hdf5.json."""

import json

import h5py
import numpy as np

from common import GOLDEN, hash32, uniform

FOLDER = GOLDEN / "formats"
DTYPES = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", ">f4", ">i2", "bool"]
NAMES = {"f": "float", "i": "int", "u": "uint"}


def arrays(old: bool) -> dict:
    found = {"scalar": np.float32(2.5), "empty": np.zeros((0, 3), "f4"), "nested/a/b": uniform(1, (3, 4), 1.0)}
    # Beyond eight members or attributes, new-style groups keep them in a fractal heap.
    for index, dtype in enumerate(DTYPES if old else DTYPES[-8:]):
        bits = (hash32(index, 6) % 100).reshape(2, 3)
        values = bits % 2 == 0 if dtype == "bool" else bits.astype(dtype) * (1 if "u" in dtype else np.array(-1, dtype))
        found[f"types/{dtype.replace('>', 'big-')}"] = values
    return found


def fill(file: h5py.File, old: bool) -> dict:
    """Writes the arrays, plain and in chunks; returns everything by path."""
    found = arrays(old)
    for path, values in found.items():
        file[path] = values
    cube = np.arange(7 * 11 * 5, dtype="f4").reshape(7, 11, 5)
    chunks = (3, 4, 2) if old else (7, 11, 5)
    file.create_dataset("chunks/gzip", data=cube, chunks=chunks, compression="gzip", shuffle=True, fletcher32=old)
    found["chunks/gzip"] = cube
    if old:
        file.create_dataset("chunks/plain", data=cube, chunks=(2, 5, 5))
        partly = file.create_dataset("chunks/partly", shape=(4, 4), chunks=(2, 2), dtype="f4", fillvalue=3.5)
        partly[0:2, 0:2] = 1
        found["chunks/plain"] = cube
        found["chunks/partly"] = partly[()]
        for index in range(60):
            file[f"many/d{index}"] = np.float32(index)
        found["many/d59"] = np.float32(59)
    file.create_dataset("unwritten", shape=(2, 2), dtype="f4")
    found["unwritten"] = np.zeros((2, 2), "f4")
    return found


ATTRIBUTES = {
    "text": "héllo", "bytes": b"abc", "number": 3, "flag": True, "long": "y" * 70_000,
    "list": np.array([b"x", b"yyy"]), "numbers": np.arange(3.0),
}


def entry(values) -> dict:
    values = np.asarray(values)
    dtype = "bool" if values.dtype == bool else f"{NAMES[values.dtype.kind]}{values.dtype.itemsize * 8}"
    return {"dtype": dtype, "shape": list(values.shape), "data": values.astype("f8").ravel().tolist()}


def write_file(name: str, old: bool, **options) -> dict:
    with h5py.File(FOLDER / f"hdf5-{name}.h5", "w", **options) as file:
        found = fill(file, old)
        for key, value in ATTRIBUTES.items():
            file["nested/a"].attrs[key] = value
        file["nested/a"].attrs["texts"] = np.array(["a", "bb"], dtype=h5py.string_dtype())
        if not old:
            del file["nested/a"].attrs["number"]
        lists = np.empty(1, object)
        lists[0] = np.array([4, 5, 6], "i4")
        file["nested/a"].attrs.create("lists", lists, dtype=h5py.vlen_dtype("i4"))
        file["words"] = ["a", "bb", "ccc"]
    return {"name": name, "datasets": {path: entry(values) for path, values in found.items()}}


def hostile() -> None:
    """Files that are well formed, but lead elsewhere or in circles."""
    with h5py.File(FOLDER / "hdf5-circle.h5", "w") as file:
        file.create_group("a")["b"] = file["/"]
    with h5py.File(FOLDER / "hdf5-soft-link.h5", "w") as file:
        file["a"] = h5py.SoftLink("/b")
    with h5py.File(FOLDER / "hdf5-external-link.h5", "w") as file:
        file["a"] = h5py.ExternalLink("/etc/passwd", "/b")
    with h5py.File(FOLDER / "hdf5-external-data.h5", "w") as file:
        file.create_dataset("a", (4,), "f4", external=[("/etc/passwd", 0, 16)])
    with h5py.File(FOLDER / "hdf5-heap.h5", "w", libver="latest") as file:
        for index in range(9):
            file.create_group(f"g{index}")
    with h5py.File(FOLDER / "hdf5-bomb.h5", "w") as file:
        bomb = file.create_dataset("a", (2**20, 2**20), "f4", chunks=(2**10, 2**10), compression="gzip")
        bomb[:8, :8] = 1
        file.create_dataset("b", (2**40,), "f4")  # never written: no bytes at all
    with h5py.File(FOLDER / "hdf5-checked.h5", "w") as file:
        file.create_dataset("a", data=np.arange(10, dtype="i4"), chunks=(5,), fletcher32=True)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    files = [
        write_file("old", True),
        write_file("user-block", True, userblock_size=1024),
        write_file("v108", False, libver=("earliest", "v108")),
        write_file("latest", False, libver="latest"),
    ]
    hostile()
    path = FOLDER / "hdf5.json"
    path.write_text(json.dumps({"h5py": h5py.__version__, "files": files}, separators=(",", ":")) + "\n")
