"""The classic CNN in Keras: 50 losses and accuracies from given weights and batches → test/golden/cnn-keras.json.

Weights, images and labels come from a hash (common.py), so that the test makes the same ones without a file:
- weight tensor v, in Keras's order, is uniform(v + 1, shape, sqrt(6 / (fan in + fan out))); biases are zero;
- label i is hash32(100, i) mod 10, or, for one image in five (hash32(102, i) mod 5 = 0), hash32(103, i) mod 10, which
  the image does not show: so the loss stays far from zero, where relative errors would mean nothing;
- pixel p of image i is (3·prototype[label(i) before that][p] + noise[i][p]) >> 2, each in 0 … 255, over 256.
`python cnn_keras.py --torch` prints the losses of the same training in PyTorch instead and how far they are from the
golden ones: the size of what rounding alone does. (A run of its own, since the two libraries do not load into one process.)
"""

import json
import os
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import numpy as np

from common import GOLDEN, hash32, keras_versions, numbers, uniform, write

BATCH, STEPS = 32, 50


def data() -> tuple[np.ndarray, np.ndarray]:
    count, pixels = BATCH * STEPS, 28 * 28
    shown = hash32(100, count) % 10
    wrong = hash32(102, count) % 5 == 0
    labels = np.where(wrong, hash32(103, count) % 10, shown).astype(np.int32)
    prototypes = (hash32(104, 10 * pixels) >> 24).reshape(10, pixels)
    noise = (hash32(105, count * pixels) >> 24).reshape(count, pixels)
    images = ((3 * prototypes[shown] + noise) >> 2).astype(np.float32) / 256
    return images.reshape(count, 28, 28, 1), labels


def initial_weights(shapes) -> list[np.ndarray]:
    weights = []
    for v, shape in enumerate(shapes):
        if len(shape) == 1:
            weights.append(np.zeros(shape, np.float32))
            continue
        receptive = int(np.prod(shape[:-2]))
        limit = float(np.sqrt(6 / (receptive * shape[-2] + receptive * shape[-1])))
        weights.append(uniform(v + 1, shape, limit))
    return weights


def train_keras():
    import keras

    keras.utils.set_random_seed(0)
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()
    model = keras.Sequential([
        keras.layers.Input((28, 28, 1)),
        keras.layers.Conv2D(32, 3, activation="relu"),
        keras.layers.MaxPooling2D(2),
        keras.layers.Flatten(),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.set_weights(initial_weights([w.shape for w in model.weights]))
    x, y = data()
    losses, accuracies = [], []
    for step in range(STEPS):
        batch = slice(step * BATCH, (step + 1) * BATCH)
        model.reset_metrics()
        result = model.train_on_batch(x[batch], y[batch], return_dict=True)
        losses.append(float(result["loss"]))
        accuracies.append(float(result["accuracy"]))
    return model, losses, accuracies


def train_torch(shapes: list[list[int]]) -> list[float]:
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(1)
    kernel, kernel_bias, w1, b1, w2, b2 = [torch.tensor(w) for w in initial_weights(shapes)]
    parameters = [kernel.permute(3, 2, 0, 1).contiguous(), kernel_bias, w1, b1, w2, b2]
    for p in parameters:
        p.requires_grad_()
    # Keras adds epsilon to sqrt(v) before the correction of the bias, PyTorch after it: the same only for a small epsilon.
    m, v = [[torch.zeros_like(p) for p in parameters] for _ in range(2)]
    x, y = data()
    losses = []
    for step in range(STEPS):
        batch = slice(step * BATCH, (step + 1) * BATCH)
        h = F.max_pool2d(F.relu(F.conv2d(torch.tensor(x[batch]).permute(0, 3, 1, 2), parameters[0], parameters[1])), 2)
        h = h.permute(0, 2, 3, 1).reshape(BATCH, -1)  # flattened channels last, as Keras does
        h = F.relu(h @ parameters[2] + parameters[3]) @ parameters[4] + parameters[5]
        loss = F.cross_entropy(h, torch.tensor(y[batch]).long())
        gradients = torch.autograd.grad(loss, parameters)
        rate = 1e-3 * (1 - 0.999 ** (step + 1)) ** 0.5 / (1 - 0.9 ** (step + 1))
        with torch.no_grad():
            for p, g, mp, vp in zip(parameters, gradients, m, v):
                mp.add_((g - mp) * 0.1)
                vp.add_((g * g - vp) * 0.001)
                p.sub_(rate * mp / (vp.sqrt() + 1e-7))
        losses.append(loss.item())
    return losses


def compare_with_torch() -> None:
    golden = json.loads((GOLDEN / "cnn-keras.json").read_text())
    losses = train_torch(golden["shapes"])
    errors = [abs(a - b) / abs(a) for a, b in zip(golden["losses"], losses, strict=True)]
    print(f"loss {losses[0]:.4f} … {losses[-1]:.4f}")
    print(f"largest relative difference from Keras: {max(errors):.1e}, at step {int(np.argmax(errors))}")


def write_golden() -> None:
    model, losses, accuracies = train_keras()
    weights = [w.astype(np.float64) for w in model.get_weights()]
    x, y = data()
    write("cnn-keras.json", {
        "versions": keras_versions(),
        "batch": BATCH,
        "steps": STEPS,
        "shapes": [list(w.shape) for w in weights],
        # What the inputs must add up to, so that a slip in the hash is not mistaken for one in training.
        "inputs": {"pixels": float(x.astype(np.float64).sum()), "labels": int(y.sum())},
        "losses": numbers(np.array(losses)),
        "accuracies": numbers(np.array(accuracies)),
        "final": [{"sum": float(w.sum()), "sumOfSquares": float((w * w).sum())} for w in weights],
    })


if __name__ == "__main__":
    if "--torch" in sys.argv:
        compare_with_torch()
    else:
        write_golden()
