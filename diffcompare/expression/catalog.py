"""The catalogue: named functions worth differentiating, each with a point, a source and what it teaches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from diffcompare.expression.primitives import PRIMITIVES

if TYPE_CHECKING:
    from diffcompare.expression.function import Function


class Entry(NamedTuple):
    """A named function with a point to look at it."""

    name: str
    source: str | Callable[..., Any]
    at: dict[str, Any]
    teaches: str
    origin: str
    sized: Callable[[int], dict[str, Any]] | None = None  # for functions of any n: a point with n inputs

    def function(self) -> Function:
        """The function itself.

        >>> CATALOG["lecture"].function().text()
        'ln(x1) + x1*x2 - sin(x2)'
        """
        from diffcompare.expression.function import function

        return function(self.source, self.name)


def rosenbrock(x: Sequence[Any]) -> Any:
    """Sum of 100 (x[i+1] - x[i]^2)^2 + (1 - x[i])^2 over neighbours; (1 - x)^2 alone for one input."""
    if len(x) == 1:
        return (1 - x[0]) ** 2
    return sum(100 * (x[i + 1] - x[i] * x[i]) ** 2 + (1 - x[i]) ** 2 for i in range(len(x) - 1))


def speelpenning(x: Sequence[Any]) -> Any:
    """The product of all inputs."""
    product = x[0]
    for factor in x[1:]:
        product = product * factor
    return product


def helmholtz(x: Sequence[Any]) -> Any:
    """Helmholtz free energy of a mixed fluid, with a_ij = 1/(i + j + 1), b_i = 1/(i + 1) and R T = 1."""
    n = len(x)
    ln, sqrt = PRIMITIVES["ln"], PRIMITIVES["sqrt"]
    bx = sum(x[i] / (i + 1) for i in range(n)) / n
    xax = sum(x[i] * sum(x[j] / (i + j + 1) for j in range(n)) for i in range(n)) / n
    mixing = sum(xi * ln(xi / (1 - bx)) for xi in x)
    root = sqrt(2.0)
    return mixing - xax / (2 * root * bx) * ln((1 + (1 + root) * bx) / (1 + (1 - root) * bx))


def _ramp(n: int) -> dict[str, Any]:
    return {"x": np.linspace(0.5, 1.5, n) if n > 1 else np.array([0.75])}


def _fractions(n: int) -> dict[str, Any]:
    return {"x": (np.arange(n) + 1.0) / (n * (n + 1))}


BAYDIN = "Baydin, Pearlmutter, Radul, Siskind, JMLR 18(153), 2018"

CATALOG: dict[str, Entry] = {
    entry.name: entry
    for entry in (
        Entry("lecture", "ln(x1) + x1*x2 - sin(x2)", {"x1": 2.0, "x2": 5.0},
              "forward and reverse mode by hand", BAYDIN + ", Tables 2 and 3"),
        Entry("logistic", "64*x*(1 - x)*(1 - 2*x)^2*(1 - 8*x + 8*x^2)^2", {"x": 0.2},
              "truncation against rounding error", BAYDIN + ", Figure 3"),
        Entry("squire-trapp", "exp(x)/sqrt(sin(x)^3 + cos(x)^3)", {"x": 1.5},
              "the complex step", "Squire, Trapp, SIAM Review 40 (1998) 110-112"),
        Entry("cancellation", "(1 - cos(x))/x^2", {"x": 1e-6},
              "a formula that cancels: automatic differentiation loses what the formula loses", "Hamming 1973, ch. 3"),
        Entry("tanh-tail", "tanh(x)", {"x": 15.0},
              "the rule 1 - tanh(x)^2 loses ten digits, 1/cosh(x)^2 none", "DiffRules.jl issue 102"),
        Entry("expm1-tail", "expm1(x)", {"x": -40.0},
              "the rule expm1(x) + 1 answers 0, exp(x) does not", "PyTorch issue 192406"),
        Entry("corner", "relu(x)", {"x": 0.0}, "a kink: each engine's convention", "Kakade, Lee, NeurIPS 2018"),
        Entry("untaken", "where(x < 1, x, sqrt(x))", {"x": 0.0},
              "a branch not taken whose slope is infinite", "JAX issue 1052"),
        Entry("runge", "1/(1 + 25*x^2)", {"x": 0.3}, "a smooth function with poles near the real axis", "Runge 1901"),
        Entry("polar", "[r*cos(t), r*sin(t)]", {"r": 2.0, "t": 0.5}, "a Jacobian with two rows", "textbook"),
        Entry("rosenbrock", rosenbrock, _ramp(3), "one reverse pass for any number of inputs",
              "Rosenbrock, Computer Journal 3 (1960) 175-184", _ramp),
        Entry("speelpenning", speelpenning, _ramp(4), "a gradient with n-1 factors in every entry",
              "Speelpenning, thesis, University of Illinois 1980", _ramp),
        Entry("helmholtz", helmholtz, _fractions(4), "cost of a gradient against n",
              "Griewank 1989; " + BAYDIN + ", Section 4", _fractions),
    )
}  # fmt: skip
