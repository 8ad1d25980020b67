"""The peers' side of the protocol in bench/README.md: JSON, a line each way."""

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Callable


def arguments(variants: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("work", choices=["cnn", "mlp", "nanogpt", "gpt", "resnet", "lstm", "gru", "encoder", "mobilenet", "resnet20"])
    parser.add_argument("batch", type=int)
    parser.add_argument("threads", type=int)
    parser.add_argument("--variant", choices=variants, default=variants[0])
    return parser.parse_args()


def serve(step: Callable[[], float], version: str, parameters: Callable[[], int]) -> None:
    """Runs one step, says ready, then does as it is told until `quit` or the end of the input. `step` returns the loss;
    `parameters` counts the trainable ones, which exist after the first step."""
    # Libraries print to standard output at times; the protocol keeps the real one to itself.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def send(message: dict) -> None:
        print(json.dumps(message), file=out, flush=True)

    try:
        step()
    except Exception as error:
        send({"error": f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"})
        sys.exit(1)
    send({"ready": True, "version": version, "parameters": parameters()})
    for line in sys.stdin:
        request = json.loads(line)
        if "run" in request:
            times, loss = [], float("nan")
            for _ in range(request["run"]):
                start = time.perf_counter()
                loss = step()
                times.append((time.perf_counter() - start) * 1e3)
            send({"ms": times, "loss": loss})
        elif request.get("stats"):
            send({"peakRssMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024})
        elif request.get("quit"):
            break
