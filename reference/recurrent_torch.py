"""RNN, GRU and LSTM with their gradients in PyTorch → test/golden/recurrent-torch.json.

Inputs are in ONNX's layouts and gate orders. `outputs` are all of the operator's; `gradients` are those of Σ output·cotangent
over all outputs by every floating-point input.
"""

import numpy as np
import torch

from common import numbers, tensor, uniform, write

STEPS, BATCH, FEATURES, UNITS = 5, 3, 4, 2
# Blocks of PyTorch's weights in ONNX's order: i f g o → i o f g; r z n → z r n.
GATES = {"RNN": [0], "GRU": [1, 0, 2], "LSTM": [0, 3, 1, 2]}
SEED = iter(range(9_000, 10_000))


def reordered(kind: str, array: torch.Tensor) -> torch.Tensor:
    """PyTorch's order of gates to ONNX's."""
    blocks = array.reshape(len(GATES[kind]), UNITS, *array.shape[1:])
    return blocks[GATES[kind]].reshape(array.shape)


def case(kind: str, name: str, *, directions: int = 1, bias: bool = True, states: bool = False, lengths=None, nonlinearity=None) -> dict:
    options = {"nonlinearity": nonlinearity} if nonlinearity else {}
    module = getattr(torch.nn, kind)(FEATURES, UNITS, bias=bias, bidirectional=directions == 2, **options)
    for parameter in module.parameters():
        parameter.data = torch.tensor(uniform(next(SEED), tuple(parameter.shape), 0.9))
    x = torch.tensor(uniform(next(SEED), (STEPS, BATCH, FEATURES), 1.5), requires_grad=True)
    initial = [
        torch.tensor(uniform(next(SEED), (directions, BATCH, UNITS), 1.0), requires_grad=True)
        for _ in range(2 if kind == "LSTM" else 1)
    ] if states else []
    given = x if lengths is None else torch.nn.utils.rnn.pack_padded_sequence(x, torch.tensor(lengths), enforce_sorted=False)
    start = (tuple(initial) if kind == "LSTM" else initial[0]) if states else None
    y, last = module(given, start)
    if lengths is not None:
        y, _ = torch.nn.utils.rnn.pad_packed_sequence(y, total_length=STEPS)
    # [steps, batch, directions · units] → ONNX's [steps, directions, batch, units]
    y = y.reshape(STEPS, BATCH, directions, UNITS).permute(0, 2, 1, 3)
    outputs = [y, *(last if kind == "LSTM" else [last])]
    cotangents = [torch.tensor(uniform(next(SEED), tuple(output.shape), 1.0)) for output in outputs]
    torch.autograd.backward(outputs, cotangents)

    def weights(part: str, grad: bool) -> torch.Tensor:
        found = [getattr(module, f"{part}_l0{suffix}") for suffix in ["", "_reverse"][:directions]]
        return torch.stack([reordered(kind, (p.grad if grad else p).detach()) for p in found])

    def all_inputs(grad: bool) -> dict:
        def of(value: torch.Tensor) -> torch.Tensor:
            return (value.grad if grad else value).detach()

        found = {"x": of(x), "w": weights("weight_ih", grad), "r": weights("weight_hh", grad)}
        if bias:
            found["b"] = torch.cat([weights("bias_ih", grad), weights("bias_hh", grad)], dim=1)
        for key, value in zip(["initial_h", "initial_c"], initial):
            found[key] = of(value)
        return found

    inputs = {key: {**tensor(value.numpy()), "dtype": "float32"} for key, value in all_inputs(False).items()}
    if lengths is not None:
        inputs["sequence_lens"] = {**tensor(np.array(lengths, np.int32)), "dtype": "int32"}
    attributes = {"hidden_size": UNITS}
    if directions == 2:
        attributes["direction"] = "bidirectional"
    if kind == "GRU":
        attributes["linear_before_reset"] = 1
    if nonlinearity:
        attributes["activations"] = [nonlinearity.capitalize()] * directions
    return {
        "name": name,
        "operator": kind,
        "attributes": attributes,
        "inputs": inputs,
        "outputs": [tensor(output.detach().numpy()) for output in outputs],
        "cotangents": [numbers(cotangent.numpy()) for cotangent in cotangents],
        "gradients": {key: numbers(value.numpy()) for key, value in all_inputs(True).items()},
    }


def main() -> None:
    cases = []
    for kind in GATES:
        cases += [
            case(kind, "forward"),
            case(kind, "no bias, initial states", bias=False, states=True),
            case(kind, "bidirectional, initial states", directions=2, states=True),
            case(kind, "lengths", lengths=[2, 5, 3]),
            case(kind, "bidirectional, lengths, initial states", directions=2, states=True, lengths=[4, 1, 5]),
        ]
    cases.append(case("RNN", "ReLU", directions=2, nonlinearity="relu"))
    write("recurrent-torch.json", {"torch": torch.__version__, "cases": cases})


if __name__ == "__main__":
    main()
