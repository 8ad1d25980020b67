"""Operators and their gradients in PyTorch → test/golden/ops-torch.json.

Each case names an ONNX operator, its inputs by Tenon's names, and its attributes. `output` is what PyTorch computes for the
same thing; `gradients` are those of Σ output·cotangent by every floating-point input.
"""

import numpy as np
import torch
import torch.nn.functional as F

from common import hash32, tensor, uniform, write

CASES = []
SEED = iter(range(700, 10_000))


def normal(*shape: int) -> np.ndarray:
    return uniform(next(SEED), shape, 2.0)


def positive(*shape: int) -> np.ndarray:
    return (np.abs(uniform(next(SEED), shape, 1.5)) + np.float32(0.5)).astype(np.float32)


def tied(*shape: int) -> np.ndarray:
    """A few whole numbers only, so that most maxima are tied."""
    return (hash32(next(SEED), int(np.prod(shape))) % 3).astype(np.float32).reshape(shape)


def classes(count: int, *shape: int) -> np.ndarray:
    return (hash32(next(SEED), int(np.prod(shape))) % count).astype(np.int64).reshape(shape)


def case(name: str, operator: str, inputs: dict, attributes: dict, compute) -> None:
    tensors = {key: torch.tensor(value, requires_grad=value.dtype.kind == "f") for key, value in inputs.items()}
    output = compute(*tensors.values())
    cotangent = uniform(next(SEED), tuple(output.shape), 1.0)
    output.backward(torch.tensor(cotangent))
    CASES.append(
        {
            "name": name,
            "operator": operator,
            "attributes": attributes,
            "inputs": {key: {**tensor(value), "dtype": str(value.dtype)} for key, value in inputs.items()},
            "output": tensor(output.detach().numpy()),
            "cotangent": tensor(cotangent)["data"],
            "gradients": {key: tensor(value.grad.numpy())["data"] for key, value in tensors.items() if value.requires_grad},
        }
    )


def convolutions() -> None:
    case("one channel", "Conv", {"x": normal(2, 1, 7, 6), "w": normal(3, 1, 3, 3), "b": normal(3)}, {}, F.conv2d)
    case(
        "padded",
        "Conv",
        {"x": normal(2, 5, 5, 5), "w": normal(3, 5, 3, 3), "b": normal(3)},
        {"pads": [1, 1, 1, 1]},
        lambda x, w, b: F.conv2d(x, w, b, padding=1),
    )
    case(
        "strided, dilated",
        "Conv",
        {"x": normal(1, 5, 9, 8), "w": normal(2, 5, 3, 2), "b": normal(2)},
        {"strides": [2, 3], "dilations": [2, 1], "pads": [2, 1, 2, 1]},
        lambda x, w, b: F.conv2d(x, w, b, stride=(2, 3), dilation=(2, 1), padding=(2, 1)),
    )
    case(
        "grouped",
        "Conv",
        {"x": normal(2, 6, 5, 4), "w": normal(4, 3, 2, 2)},
        {"group": 2, "strides": [2, 1]},
        lambda x, w: F.conv2d(x, w, groups=2, stride=(2, 1)),
    )
    case(
        "depthwise",
        "Conv",
        {"x": normal(2, 4, 5, 5), "w": normal(8, 1, 3, 3), "b": normal(8)},
        {"group": 4, "pads": [1, 1, 1, 1]},
        lambda x, w, b: F.conv2d(x, w, b, groups=4, padding=1),
    )
    case("pointwise", "Conv", {"x": normal(2, 5, 3, 3), "w": normal(7, 5, 1, 1)}, {}, F.conv2d)
    case(
        "1-D",
        "Conv",
        {"x": normal(2, 5, 9), "w": normal(4, 5, 3), "b": normal(4)},
        {"strides": [2], "pads": [1, 1]},
        lambda x, w, b: F.conv1d(x, w, b, stride=2, padding=1),
    )
    case("3-D", "Conv", {"x": normal(1, 2, 4, 3, 4), "w": normal(2, 2, 2, 2, 2)}, {}, F.conv3d)
    case(
        "strided, with output padding",
        "ConvTranspose",
        {"x": normal(1, 3, 4, 3), "w": normal(3, 2, 3, 3), "b": normal(2)},
        {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 0]},
        lambda x, w, b: F.conv_transpose2d(x, w, b, stride=2, padding=1, output_padding=(1, 0)),
    )
    case(
        "grouped, dilated",
        "ConvTranspose",
        {"x": normal(2, 4, 3, 3), "w": normal(4, 1, 2, 3)},
        {"group": 2, "dilations": [2, 1]},
        lambda x, w: F.conv_transpose2d(x, w, groups=2, dilation=(2, 1)),
    )
    case(
        "1-D",
        "ConvTranspose",
        {"x": normal(2, 3, 5), "w": normal(3, 2, 4), "b": normal(2)},
        {"strides": [3]},
        lambda x, w, b: F.conv_transpose1d(x, w, b, stride=3),
    )


def poolings() -> None:
    for name, make in (("", normal), (", tied", tied)):
        case(f"2 × 2{name}", "MaxPool", {"x": make(2, 2, 4, 6)}, {"kernel_shape": [2, 2], "strides": [2, 2]}, lambda x: F.max_pool2d(x, 2))
        case(
            f"overlapping, padded{name}",
            "MaxPool",
            {"x": make(1, 2, 7, 6)},
            {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]},
            lambda x: F.max_pool2d(x, 3, 2, 1),
        )
    case(
        "ceil, dilated",
        "MaxPool",
        {"x": normal(1, 2, 8, 7)},
        {"kernel_shape": [2, 3], "strides": [3, 2], "dilations": [2, 1], "ceil_mode": 1},
        lambda x: F.max_pool2d(x, (2, 3), (3, 2), dilation=(2, 1), ceil_mode=True),
    )
    case("1-D, tied", "MaxPool", {"x": tied(2, 2, 9)}, {"kernel_shape": [3], "strides": [2]}, lambda x: F.max_pool1d(x, 3, 2))
    for include in (False, True):
        case(
            f"padding {'counts' if include else 'does not count'}",
            "AveragePool",
            {"x": normal(1, 2, 7, 6)},
            {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1], "count_include_pad": int(include)},
            lambda x, include=include: F.avg_pool2d(x, 3, 2, 1, count_include_pad=include),
        )
    case(
        "ceil",
        "AveragePool",
        {"x": normal(1, 2, 8, 8)},
        {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1},
        lambda x: F.avg_pool2d(x, 3, 2, ceil_mode=True),
    )
    case("over all", "GlobalAveragePool", {"x": normal(2, 3, 4, 3)}, {}, lambda x: F.adaptive_avg_pool2d(x, 1))
    case("over all, tied", "GlobalMaxPool", {"x": tied(2, 3, 4, 3)}, {}, lambda x: F.adaptive_max_pool2d(x, 1))
    case("2-norm", "LpPool", {"x": positive(1, 2, 6, 6)}, {"kernel_shape": [2, 2], "strides": [2, 2]}, lambda x: F.lp_pool2d(x, 2, 2))


def normalizations() -> None:
    statistics = {"x": normal(3, 4, 3, 2), "scale": normal(4), "b": normal(4)}
    case(
        "inference",
        "BatchNormalization",
        {**statistics, "mean": normal(4), "variance": positive(4)},
        {"epsilon": 1e-3},
        lambda x, scale, b, mean, variance: (x - mean.view(-1, 1, 1)) / torch.sqrt(variance.view(-1, 1, 1) + 1e-3) * scale.view(-1, 1, 1)
        + b.view(-1, 1, 1),
    )
    case(
        "training",
        "BatchNormalization",
        {**statistics, "mean": np.zeros(4, np.float32), "variance": np.ones(4, np.float32)},
        {"training_mode": 1},
        lambda x, scale, b, mean, variance: F.batch_norm(x, None, None, scale, b, True) + 0 * (mean.sum() + variance.sum()),
    )
    case("last axis", "LayerNormalization", {"x": normal(3, 4, 6), "scale": normal(6), "b": normal(6)}, {}, lambda x, scale, b: F.layer_norm(x, (6,), scale, b))
    case(
        "two axes",
        "LayerNormalization",
        {"x": normal(3, 4, 6), "scale": normal(4, 6)},
        {"axis": 1, "epsilon": 1e-3},
        lambda x, scale: F.layer_norm(x, (4, 6), scale, None, 1e-3),
    )
    case(
        "two groups",
        "GroupNormalization",
        {"x": normal(2, 4, 3, 2), "scale": normal(4), "b": normal(4)},
        {"num_groups": 2},
        lambda x, scale, b: F.group_norm(x, 2, scale, b),
    )
    case(
        "images",
        "InstanceNormalization",
        {"x": normal(2, 3, 3, 4), "scale": normal(3), "b": normal(3)},
        {},
        lambda x, scale, b: F.instance_norm(x, None, None, scale, b),
    )
    case("last axis", "RMSNormalization", {"x": normal(3, 6), "scale": normal(6)}, {}, lambda x, scale: F.rms_norm(x, (6,), scale, 1e-5))
    case("2-norm", "LpNormalization", {"x": normal(3, 5)}, {}, lambda x: F.normalize(x, dim=-1))
    case(
        "three channels",
        "LRN",
        {"x": normal(2, 5, 2, 3)},
        {"size": 3, "alpha": 0.5, "beta": 0.6, "bias": 1.5},
        lambda x: F.local_response_norm(x, 3, 0.5, 0.6, 1.5),
    )


def losses_and_activations() -> None:
    case("last axis", "Softmax", {"x": normal(4, 5)}, {}, lambda x: F.softmax(x, -1))
    case("middle axis", "Softmax", {"x": normal(2, 5, 3)}, {"axis": 1}, lambda x: F.softmax(x, 1))
    case("last axis", "LogSoftmax", {"x": normal(4, 5)}, {}, lambda x: F.log_softmax(x, -1))
    for reduction in ("mean", "sum", "none"):
        case(
            f"{reduction}, one class ignored",
            "SoftmaxCrossEntropyLoss",
            {"scores": normal(6, 4), "labels": classes(4, 6)},
            {"reduction": reduction, "ignore_index": 2},
            lambda scores, labels, reduction=reduction: F.cross_entropy(scores, labels, reduction=reduction, ignore_index=2),
        )
    weights = positive(4)
    case(
        "weighted, images",
        "SoftmaxCrossEntropyLoss",
        {"scores": normal(2, 4, 3), "labels": classes(4, 2, 3), "weights": weights},
        {},
        # PyTorch gives no gradient for the weights, so the mean is written out.
        lambda scores, labels, weights: (F.nll_loss(F.log_softmax(scores, 1), labels, reduction="none") * weights[labels]).sum() / weights[labels].sum(),
    )
    case("mean", "NegativeLogLikelihoodLoss", {"x": normal(6, 4), "labels": classes(4, 6)}, {}, F.nll_loss)
    case("exact", "Gelu", {"x": normal(3, 5)}, {}, F.gelu)
    case("tanh", "Gelu", {"x": normal(3, 5)}, {"approximate": "tanh"}, lambda x: F.gelu(x, approximate="tanh"))
    case("stacks", "MatMul", {"a": normal(2, 1, 3, 4), "b": normal(3, 4, 2)}, {}, torch.matmul)


convolutions()
poolings()
normalizations()
losses_and_activations()
write("ops-torch.json", {"versions": {"torch": torch.__version__.split("+")[0]}, "cases": CASES})
