"""Loss and gradient of a network of three layers in float32, beside backpropagation written by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np

import diffcompare as dc
from diffcompare.studies.benchmark.case import Case, Claim, Run, Way

SIZES = (784, 512, 512, 10)
BATCH = 64


def loss(weights: Any, inputs: Any, targets: Any, xp: Any = np) -> Any:
    """Cross-entropy of relu layers without biases; xp is NumPy or a library with its names."""
    h = inputs
    for weight in weights[:-1]:
        h = xp.maximum(h @ weight, 0)
    z = h @ weights[-1]
    shifted = z - z.max(axis=1, keepdims=True)
    return -((shifted - xp.log(xp.exp(shifted).sum(axis=1, keepdims=True))) * targets).sum() / BATCH


def by_hand(weights: Any, inputs: Any, targets: Any) -> tuple[Any, list[Any]]:
    """The same loss with its gradient by backpropagation."""
    a1 = inputs @ weights[0]
    h1 = np.maximum(a1, 0)
    a2 = h1 @ weights[1]
    h2 = np.maximum(a2, 0)
    z = h2 @ weights[2]
    shifted = z - z.max(axis=1, keepdims=True)
    e = np.exp(shifted)
    s = e.sum(axis=1, keepdims=True)
    value = -np.sum((shifted - np.log(s)) * targets) / BATCH
    dz = (e / s - targets) / np.float32(BATCH)
    d2 = (dz @ weights[2].T) * (a2 > 0)
    d1 = (d2 @ weights[1].T) * (a1 > 0)
    return value, [inputs.T @ d1, h1.T @ d2, h2.T @ dz]


def network() -> Mapping[str, Way]:
    """Value and gradient for one batch."""
    random = np.random.default_rng(0)
    inputs = random.standard_normal((BATCH, SIZES[0]), dtype=np.float32)
    labels = random.integers(0, SIZES[-1], BATCH)
    targets = np.eye(SIZES[-1], dtype=np.float32)[labels]
    weights = [random.standard_normal((m, n), dtype=np.float32) / np.float32(np.sqrt(m)) for m, n in pairwise(SIZES)]

    def compiled(way: str) -> Run:
        both = dc.compile(
            lambda weights: loss(weights, inputs, targets),
            at={"weights": weights},
            want="value_and_gradient",
            way=way,
        )
        return lambda: both(weights)

    def tape() -> Run:
        both = dc.value_and_grad(lambda weights: loss(weights, inputs, targets))
        return lambda: both(weights)

    def recorded(library: Any) -> Run:
        parameters = [library.tensor(weight, requires_grad=True) for weight in weights]
        x, y = library.tensor(inputs), library.tensor(labels)

        def both() -> tuple[Any, tuple[Any, ...]]:
            h = x
            for weight in parameters[:-1]:
                h = library.relu(h @ weight)
            value = library.nn.functional.cross_entropy(h @ parameters[-1], y)
            return value, library.autograd.grad(value, parameters)

        return both

    def jax_jit() -> Run:
        import jax
        import jax.numpy as jnp

        both = jax.jit(jax.value_and_grad(lambda weights, x, y: loss(weights, x, y, jnp)))
        at = jax.device_put((weights, inputs, targets))
        return lambda: jax.block_until_ready(both(*at))

    ways: dict[str, Callable[[], Run]] = {
        "NumPy by hand": lambda: lambda: by_hand(weights, inputs, targets),
        "compiled, Numba": partial(compiled, "numba"), "compiled, NumPy": partial(compiled, "numpy"), "tape": tape,
        "Tensor": lambda: recorded(import_module("diffcompare.autograd")),
        "PyTorch": lambda: recorded(import_module("torch")), "jax.jit": jax_jit,
    }  # fmt: skip
    return {name: Way(prepare, ("value", "gradient")) for name, prepare in ways.items()}


CASES = {
    "network": Case(
        "loss and gradient of a 784-512-512-10 network, batch 64, float32",
        network,
        (
            Claim("compiled, Numba", "NumPy by hand", 1.05),
            Claim("compiled, NumPy", "NumPy by hand", 1.05),
            Claim("compiled, Numba", "PyTorch", 1.0),
            Claim("compiled, Numba", "jax.jit", 1.0),
            Claim("compiled, NumPy", "PyTorch", 1.0),
            Claim("tape", "NumPy by hand", 1.3),
            Claim("Tensor", "NumPy by hand", 1.3),
        ),
    ),
}
