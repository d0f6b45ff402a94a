"""Loss and gradient of the 784-512-512-10 network, batch 64, float32, beside backpropagation written by hand in NumPy.

    python tests/benchmarks/network_yardstick.py [RUNS]

The ways take turns, so that a busy machine slows all of them; the last column is the median of the ratios of the turns.
Memory that one way has freed stays with the process (glibc's malloc is told so): else the page faults of memory that
is given back and taken again fall on one way or another by chance, and cost as much as half of the work.
PyTorch is measured too where it is installed, on as many threads as it takes.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np

import diffcompare as dc
import diffcompare.autograd as tensors

SIZES = (784, 512, 512, 10)
BATCH = 64
RUNS = 200
KEEP = {"MALLOC_TRIM_THRESHOLD_": str(2**30), "MALLOC_MMAP_THRESHOLD_": str(2**30)}

random = np.random.default_rng(0)
inputs = random.standard_normal((BATCH, SIZES[0]), dtype=np.float32)
labels = random.integers(0, SIZES[-1], BATCH)
targets = np.eye(SIZES[-1], dtype=np.float32)[labels]
weights = [random.standard_normal((m, n), dtype=np.float32) / np.float32(np.sqrt(m)) for m, n in pairwise(SIZES)]


def by_hand() -> tuple[float, list[Any]]:
    a1 = inputs @ weights[0]
    h1 = np.maximum(a1, 0)
    a2 = h1 @ weights[1]
    h2 = np.maximum(a2, 0)
    z = h2 @ weights[2]
    shifted = z - z.max(axis=1, keepdims=True)
    e = np.exp(shifted)
    s = e.sum(axis=1, keepdims=True)
    loss = -np.sum((shifted - np.log(s)) * targets) / BATCH
    dz = (e / s - targets) / BATCH
    d2 = (dz @ weights[2].T) * (a2 > 0)
    d1 = (d2 @ weights[1].T) * (a1 > 0)
    return float(loss), [inputs.T @ d1, h1.T @ d2, h2.T @ dz]


def loss_of(weights: list[Any]) -> Any:
    h = np.maximum(inputs @ weights[0], 0)
    h = np.maximum(h @ weights[1], 0)
    z = h @ weights[2]
    shifted = z - z.max(axis=1, keepdims=True)
    return -np.sum((shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))) * targets) / BATCH


def differentiated(with_gradient: Callable[..., Any]) -> Callable[[], tuple[float, list[Any]]]:
    def run() -> tuple[float, list[Any]]:
        value, gradient = with_gradient(weights)
        return float(value), list(gradient)

    return run


def recorded(torch: Any) -> Callable[[], tuple[float, list[Any]]]:
    """The modules of a library with PyTorch's names; its weights are of shape (outputs, inputs)."""
    net = torch.nn.Sequential(
        torch.nn.Linear(784, 512, bias=False), torch.nn.ReLU(),
        torch.nn.Linear(512, 512, bias=False), torch.nn.ReLU(),
        torch.nn.Linear(512, 10, bias=False),
    )  # fmt: skip
    with torch.no_grad():
        for parameter, weight in zip(net.parameters(), weights, strict=True):
            parameter.copy_(torch.tensor(weight.T))
    x, y = torch.tensor(inputs), torch.tensor(labels)
    criterion = torch.nn.CrossEntropyLoss()

    def run() -> tuple[float, list[Any]]:
        net.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        return loss.item(), [parameter.grad.numpy().T for parameter in net.parameters()]

    return run


def main() -> None:
    if not KEEP.keys() <= os.environ.keys():
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | KEEP)
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    ways = {
        "by hand": by_hand,
        "compiled": differentiated(dc.compile(loss_of, at={"weights": weights}, want="value_and_gradient")),
        "value_and_grad": differentiated(dc.value_and_grad(loss_of)),
        "Tensor": recorded(tensors),
    }
    if find_spec("torch"):
        import torch

        ways["PyTorch"] = recorded(torch)
    value, gradient = by_hand()
    for name, way in ways.items():
        found, slopes = way()
        worst = max(np.abs(a - b).max() / np.abs(b).max() for a, b in zip(slopes, gradient, strict=True))
        if abs(found - value) > 1e-5 or worst > 1e-5:
            sys.exit(f"{name} computes something else: {found} for {value}, {worst}")
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(runs):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - start)
    write = sys.stdout.write
    write(f"784-512-512-10, batch {BATCH}, float32, {runs} turns\n{'':<16} {'ms':>8} {'ratio':>7}\n")
    for name, found in seconds.items():
        ratio = median(a / b for a, b in zip(found, seconds["by hand"], strict=True))
        write(f"{name:<16} {1000 * median(found):8.2f} {ratio:7.2f}\n")


if __name__ == "__main__":
    main()
