"""Finite-difference schemes as rows; every weight comes from Fornberg's recurrence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any, Literal

from diffcompare.errors import DiffCompareError

Side = Literal["forward", "backward"]


def fornberg(offsets: Sequence[float | Fraction], derivative: int) -> list[Any]:
    """Weights w such that sum(w_i f(x + o_i h)) / h**d is the d-th derivative, exact for degree < len(offsets).

    Fractions when all offsets are int or Fraction, floats otherwise; any distinct offsets in any order.
    Raises DiffCompareError on a repeated offset, too few offsets or a negative derivative.
    B. Fornberg, "Generation of finite difference formulas on arbitrarily spaced grids",
    Mathematics of Computation 51 (1988), 699-706, the recurrence on page 701.

    >>> [str(weight) for weight in fornberg((-1, 0, 1), 2)]
    ['1', '-2', '1']
    """
    if derivative < 0:
        raise DiffCompareError(f"cannot weigh derivative {derivative}; write an order of 0 or more")
    if len(offsets) <= derivative:
        raise DiffCompareError(f"derivative {derivative} needs at least {derivative + 1} offsets, not {len(offsets)}")
    if len(set(offsets)) < len(offsets):
        raise DiffCompareError(f"repeated offset in {tuple(map(str, offsets))}; write each offset once")
    exact = all(isinstance(offset, int | Fraction) for offset in offsets)
    nodes: list[Any] = [Fraction(offset) if exact else float(offset) for offset in offsets]
    one = Fraction(1) if exact else 1.0
    # column[k] holds node j's weight for the k-th derivative on the nodes seen so far
    columns = [[one] + [one * 0] * derivative]
    scale = one
    for i, node in enumerate(nodes[1:], start=1):
        gaps = [node - earlier for earlier in nodes[:i]]
        product = math.prod(gaps, start=one)
        previous, last = nodes[i - 1], columns[-1]
        columns.append(
            [scale / product * ((k * last[k - 1] if k else 0) - previous * last[k]) for k in range(derivative + 1)]
        )
        for column, gap in zip(columns[:i], gaps, strict=True):
            for k in range(derivative, -1, -1):
                column[k] = (node * column[k] - (k * column[k - 1] if k else 0)) / gap
        scale = product
    return [column[derivative] for column in columns]


@dataclass(frozen=True)
class Scheme:
    """A finite-difference formula: where it samples, in steps h from x, and which derivative it estimates.

    Weights, order and constants follow from the offsets, exactly; raises DiffCompareError where
    the offsets cannot give that derivative.

    >>> Scheme("central", (-1, 1)).order
    2
    """

    name: str
    offsets: tuple[int | Fraction, ...]
    derivative: int = 1

    def __post_init__(self) -> None:
        if self.derivative < 1:
            raise DiffCompareError(f"scheme {self.name!r} must estimate derivative 1 or more")
        self.weights  # noqa: B018  a scheme that cannot exist fails where it is written

    @cached_property
    def weights(self) -> tuple[Fraction, ...]:
        """Exact weights, one an offset."""
        return tuple(fornberg(self.offsets, self.derivative))

    @lru_cache(maxsize=256)  # noqa: B019  schemes are few, and live as long as the program
    def moment(self, degree: int) -> Fraction:
        """sum w_i o_i**degree, which is what the scheme makes of x**degree at x = 0 with h = 1.

        >>> [str(SCHEMES["central4"].moment(degree)) for degree in range(6)]
        ['0', '1', '0', '0', '0', '-4']
        """
        pairs = zip(self.weights, self.offsets, strict=True)
        return sum((weight * Fraction(offset) ** degree for weight, offset in pairs), Fraction(0))

    @cached_property
    def _leading(self) -> tuple[int, Fraction]:
        """Degree and coefficient of the first monomial x**degree / degree! the scheme gets wrong."""
        degree = self.derivative + 1
        while not self.moment(degree):
            degree += 1
        return degree, self.moment(degree) / math.factorial(degree)

    @property
    def order(self) -> int:
        """Truncation order p: the error is proportional to h**p as h goes to 0."""
        return self._leading[0] - self.derivative

    @property
    def truncation(self) -> Fraction:
        """Signed constant C of the truncation error C h**p f^(p+d)(x) + higher powers of h."""
        return self._leading[1]

    @property
    def rounding(self) -> Fraction:
        """Constant K = sum |w_i| of the rounding bound K u |f| / h**d."""
        return sum(map(abs, self.weights), Fraction(0))

    def estimate(self, f_values: Any, h: Any) -> Any:
        """The derivative from f at x + offset * h, in the order of the offsets, in the kind of number that h is.

        Floats, float arrays of any type (one value of h an element), balls or Fractions; Fractions stay exact.

        >>> SCHEMES["central"].estimate([4.0, 16.0], 1.0)
        6.0
        """
        # The weights add up to 0, so one value may be subtracted from all; near values do so without rounding.
        middle = f_values[len(f_values) // 2]
        one = h**0
        total: Any = 0
        for weight, value in zip(self.weights, f_values, strict=True):
            total = total + weight.numerator * one / weight.denominator * (value - middle)
        return total / h**self.derivative


@dataclass(frozen=True)
class ComplexStep:
    """Im f(x + ih) / h: no difference is taken, so rounding does not grow as h shrinks; f must be analytic at x.

    Source: Squire, Trapp, SIAM Review 40 (1998) 110-112.
    """

    name: str = "complex-step"
    offsets: tuple[complex, ...] = (1j,)
    order: int = 2

    def estimate(self, f_values: Any, h: Any) -> Any:
        """The derivative from f at x + ih: complex floats, arrays or balls.

        >>> ComplexStep().estimate([(3 + 0.5j) ** 2], 0.5)
        6.0
        """
        return f_values[0].imag / h


def one_sided(scheme: Scheme, side: Side) -> Scheme:
    """The forward or backward scheme of the same order and derivative, for use at the edge of a domain.

    >>> one_sided(SCHEMES["central"], "forward").offsets
    (0, 1, 2)
    """
    step = 1 if side == "forward" else -1
    offsets = tuple(step * k for k in range(scheme.order + scheme.derivative))
    return Scheme(f"{side}{scheme.order}", offsets, scheme.derivative)


def _central(order: int) -> tuple[int, ...]:
    """Symmetric offsets of a first derivative; 0 is left out since its weight is 0."""
    reach = order // 2
    return tuple(k for k in range(-reach, reach + 1) if k)


SCHEMES: dict[str, Scheme] = {
    scheme.name: scheme
    for scheme in (
        Scheme("forward", (0, 1)),
        Scheme("backward", (-1, 0)),
        Scheme("central", _central(2)),
        Scheme("central4", _central(4)),
        Scheme("central6", _central(6)),
        Scheme("central8", _central(8)),
    )
}
