"""Rosenbrock's function of many variables in vectorised NumPy: its gradient, and what that costs against n."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

import diffcompare as dc
from diffcompare.studies.benchmark.case import Case, Claim, Run, Way

INPUTS = 10**5
POWERS = {1: "python"} | dict.fromkeys(range(2, 7), "numba")  # n = 10^1 .. 10^6, and the way that suits them
MULTIPLE = 4.0  # of the function's own cost that a gradient may take


def function(x: Any) -> Any:
    """Sum of 100 (x[i+1] - x[i]^2)^2 + (1 - x[i])^2, for arrays of any library."""
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def ramp(n: int) -> Any:
    """A point away from the minimum."""
    return np.linspace(0.5, 1.5, n)


def rosenbrock() -> Mapping[str, Way]:
    """The gradient of n = 10^5 variables."""
    x = ramp(INPUTS)

    def by_hand() -> Run:
        from scipy.optimize import rosen_der

        return lambda: rosen_der(x)

    def compiled(way: str) -> Run:
        gradient = dc.compile(function, at={"x": x}, want="gradient", way=way)
        return lambda: gradient(x)

    def torch() -> Run:
        import torch

        at = torch.tensor(x, requires_grad=True)
        return lambda: torch.autograd.grad(function(at), at)[0]

    def autograd() -> Run:
        from autograd import grad

        gradient = grad(function)
        return lambda: gradient(x)

    ways: dict[str, Callable[[], Run]] = {
        "SciPy by hand": by_hand, "compiled, Numba": partial(compiled, "numba"),
        "compiled, NumPy": partial(compiled, "numpy"), "PyTorch": torch, "autograd": autograd,
    }  # fmt: skip
    return {name: Way(prepare) for name, prepare in ways.items()}


def sizes() -> Mapping[str, Way]:
    """The function in plain NumPy, and its value with its gradient, for every n."""
    return {name: way for power, how in POWERS.items() for name, way in _of_size(power, how).items()}


def _of_size(power: int, way: str) -> dict[str, Way]:
    x = ramp(10**power)

    def gradient() -> Run:
        both = dc.compile(function, at={"x": x}, want="value_and_gradient", way=way)
        return lambda: both(x)

    return {
        f"function, n = 10^{power}": Way(lambda: lambda: function(x), (f"value at {power}",)),
        f"{way}, n = 10^{power}": Way(gradient, (f"value at {power}", f"gradient at {power}")),
    }


CASES = {
    "rosenbrock": Case(
        "gradient of Rosenbrock's function of 10^5 variables in vectorised NumPy",
        rosenbrock,
        (
            Claim("compiled, Numba", "SciPy by hand", 1.2),
            Claim("compiled, NumPy", "SciPy by hand", 1.2),
            Claim("compiled, Numba", "PyTorch", 1.0),
            Claim("compiled, Numba", "autograd", 1.0),
            Claim("compiled, NumPy", "autograd", 1.0),
        ),
    ),
    "gradient": Case(
        "value and gradient in reverse mode beside the function in plain NumPy",
        sizes,
        tuple(Claim(f"{way}, n = 10^{k}", f"function, n = 10^{k}", MULTIPLE) for k, way in POWERS.items()),
    ),
}
