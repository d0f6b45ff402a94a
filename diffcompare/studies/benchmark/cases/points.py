"""Formulas of scalars: the lecture's f at one point, and the tenth iterate of the logistic map at a million."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

import diffcompare as dc
from diffcompare.studies.benchmark.case import Case, Claim, Run, Way

X1, X2 = 2.0, 5.0
POINTS = 10**6
ITERATE = 10


def lecture() -> Mapping[str, Way]:
    """The gradient of ln(x1) + x1 x2 - sin(x2) at one point, again and again."""

    def by_hand() -> Run:
        cos = math.cos

        def gradient(x1: float, x2: float) -> tuple[float, float]:
            return 1.0 / x1 + x2, x1 - cos(x2)

        return lambda: gradient(X1, X2)

    def compiled() -> Run:
        gradient = dc.compile("ln(x1) + x1*x2 - sin(x2)", at={"x1": X1, "x2": X2}, want="gradient")
        return lambda: gradient(X1, X2)

    def jax_jit() -> Run:
        import jax
        import jax.numpy as jnp

        gradient = jax.jit(jax.grad(lambda x1, x2: jnp.log(x1) + x1 * x2 - jnp.sin(x2), argnums=(0, 1)))
        return lambda: jax.block_until_ready(gradient(X1, X2))

    def torch() -> Run:
        import torch

        def gradient() -> Any:
            x1 = torch.tensor(X1, dtype=torch.float64, requires_grad=True)
            x2 = torch.tensor(X2, dtype=torch.float64, requires_grad=True)
            return torch.autograd.grad(torch.log(x1) + x1 * x2 - torch.sin(x2), (x1, x2))

        return gradient

    ways = {"Python by hand": by_hand, "compiled": compiled, "jax.jit": jax_jit, "PyTorch": torch}
    return {name: Way(prepare) for name, prepare in ways.items()}


def iterate(x: Any) -> Any:
    """l_10 of the logistic map."""
    for _ in range(ITERATE - 1):
        x = 4 * x * (1 - x)
    return x


def many_points() -> Mapping[str, Way]:
    """l_10' at 10^6 points between 0 and 1."""
    xs = np.linspace(0.0, 1.0, POINTS)

    def by_hand() -> Run:
        def derivative() -> Any:
            x, slope = xs, np.ones_like(xs)
            for _ in range(ITERATE - 1):
                slope = slope * (4 - 8 * x)
                x = 4 * x * (1 - x)
            return slope

        return derivative

    def kernel() -> Run:
        derivative = dc.compile(iterate, at={"x": 0.3}, way="numba")
        return lambda: derivative(xs)

    def blocks() -> Run:
        derivative = dc.compile(iterate, at={"x": 0.3}, way="numpy")
        return lambda: derivative(xs)

    def jax_jit() -> Run:
        import jax

        derivative = jax.jit(jax.vmap(jax.grad(iterate)))
        return lambda: jax.block_until_ready(derivative(xs))

    return {
        "NumPy by hand": Way(by_hand),
        "compiled, Numba": Way(kernel),
        "compiled, NumPy": Way(blocks),
        "jax.jit": Way(jax_jit),
        "the function in NumPy": Way(lambda: lambda: iterate(xs), ("value",)),
    }


CASES = {
    "lecture": Case(
        "gradient of the lecture's f at one point",
        lecture,
        (
            Claim("compiled", "Python by hand", 1.5),
            Claim("compiled", "jax.jit", 1 / 25),
            Claim("compiled", "PyTorch", 1 / 100),
        ),
    ),
    "points": Case(
        "derivative of the logistic map's l_10 at 10^6 points",
        many_points,
        (
            Claim("compiled, Numba", "jax.jit", 1.0),
            Claim("compiled, NumPy", "the function in NumPy", 1.5),
        ),
    ),
}
