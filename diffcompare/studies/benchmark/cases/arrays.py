"""Rosenbrock's function of many variables in vectorised NumPy: its gradient, and what that costs against n."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import diffcompare as dc
from diffcompare.studies.benchmark.case import Case, Claim, Run, Way

INPUTS = 10**5
SIZES = tuple(10**k for k in range(1, 7))
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

    def compiled() -> Run:
        gradient = dc.compile(function, at={"x": x}, want="gradient")
        return lambda: gradient(x)

    def torch() -> Run:
        import torch

        at = torch.tensor(x, requires_grad=True)
        return lambda: torch.autograd.grad(function(at), at)[0]

    def autograd() -> Run:
        from autograd import grad

        gradient = grad(function)
        return lambda: gradient(x)

    ways = {"SciPy by hand": by_hand, "compiled": compiled, "PyTorch": torch, "autograd": autograd}
    return {name: Way(prepare) for name, prepare in ways.items()}


def sizes() -> Mapping[str, Way]:
    """The function in plain NumPy, and its value with its gradient, for every n."""
    return {name: way for n in SIZES for name, way in _of_size(n).items()}


def _of_size(n: int) -> dict[str, Way]:
    x = ramp(n)

    def gradient() -> Run:
        both = dc.compile(function, at={"x": x}, want="value_and_gradient")
        return lambda: both(x)

    return {
        f"function, n = {n}": Way(lambda: lambda: function(x), (f"value at {n}",)),
        f"gradient, n = {n}": Way(gradient, (f"value at {n}", f"gradient at {n}")),
    }


CASES = {
    "rosenbrock": Case(
        "gradient of Rosenbrock's function of 10^5 variables in vectorised NumPy",
        rosenbrock,
        (
            Claim("compiled", "SciPy by hand", 1.2),
            Claim("compiled", "PyTorch", 1.0),
            Claim("compiled", "autograd", 1.0),
        ),
    ),
    "gradient": Case(
        "value and gradient in reverse mode beside the function in plain NumPy",
        sizes,
        tuple(Claim(f"gradient, n = {n}", f"function, n = {n}", MULTIPLE) for n in SIZES),
    ),
}
