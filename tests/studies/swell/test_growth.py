"""Growth laws of sequences whose law is known."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from diffcompare.studies.swell.growth import fitted


@pytest.mark.parametrize(("count", "name", "formula"), [
    (lambda n: 7, "constant", "7"),
    (lambda n: 8 * n - 10, "linear", "8*n - 10"),
    (lambda n: n * (n - 1) // 2, "quadratic", "1/2*n^2 - 1/2*n"),
    (lambda n: n**3 + 2, "cubic", "n^3 + 2"),
    (lambda n: 2**n, "exponential", "2^n"),
    (lambda n: 3 * (2 ** (n - 1) - 1), "exponential", "3*2^(n - 1) - 3"),
    (lambda n: (n + 2) * 3**n - n + 5, "exponential", "(n + 2)*3^n - n + 5"),
    (lambda n: (6 * n - 5) * 2 ** (n - 2) - 1, "exponential", "(6*n - 5)*2^(n - 2) - 1"),
])  # fmt: skip
def test_exact_laws_are_found(count: Callable[[int], int], name: str, formula: str) -> None:
    law = fitted({n: count(n) for n in range(2, 14)})
    assert law is not None
    assert (law.name, law.formula.text, law.exact, law.start) == (name, formula, True, 2)
    assert law.log10(500) == pytest.approx(math.log10(count(500)), rel=1e-12)


def test_the_law_starts_where_it_begins_to_hold() -> None:
    # SymPy's common subexpressions of the logistic map: quadratic from n = 4 on.
    law = fitted(dict(enumerate([2, 12, 27, 45, 67, 93, 123, 157], 2)))
    assert law is not None
    assert (law.name, law.formula.text, law.start) == ("quadratic", "2*n^2 - 5", 4)


def test_counts_that_obey_no_law_are_fitted_and_said_to_be() -> None:
    primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53]
    power = fitted(dict(enumerate(primes, 1)))
    assert power is not None
    assert (power.exact, power.name) == (False, "power")
    assert 1 < power.exponent < 1.5  # n ln n lies between n and n^1.5
    irrational = fitted({n: round(5 * 1.7**n) for n in range(1, 20)})
    assert irrational is not None
    assert (irrational.exact, irrational.name) == (False, "exponential")
    assert float(irrational.base) == pytest.approx(1.7, rel=1e-3)


@pytest.mark.parametrize("size", [0, 1, 3])
def test_too_few_counts_have_no_law(size: int) -> None:
    assert fitted({n: n * n for n in range(1, size + 1)}) is None
    assert fitted(dict.fromkeys(range(10), 0)) is None


def test_a_product_of_two_numbers_cannot_be_misread() -> None:
    law = fitted({n: 3 * 2**n for n in range(1, 12)})
    assert law is not None
    assert (law.formula.latex, law.formula.typst) == (r"3 \cdot 2^{n}", "3 dot 2^(n)")
