"""Certificates of functions of arrays: entry by entry, spread over the inputs where not all of them fit the budget."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import diffcompare as dc
from diffcompare.engines import certified
from diffcompare.engines.certified import Certified, certify
from diffcompare.measure import Ball


def proven(found: Certified) -> list[int]:
    """Places of the proven partial derivatives."""
    return [k for k, entry in enumerate(found.jacobian[0]) if isinstance(entry, Ball)]


def test_a_rounded_pivot_is_no_obstacle_to_a_proof() -> None:
    """The third row is twice the second less the first; rounded, no pivot is 0."""
    import sympy as sp

    a = np.array([[1.0, 2.0, 3.0, 4.0], [4.0, 5.0, 6.0, 7.0], [7.0, 8.0, 9.0, 10.0], [0.5, 0.25, 0.125, 1.0]])
    found = certify(dc.function(np.linalg.det), {"a": a})
    assert found.value[0].contains(0)
    exact = sp.Matrix(4, 4, [sp.Rational(entry) for entry in a.ravel()]).adjugate().T
    for entry, truth in zip(found.jacobian[0], exact, strict=True):
        assert isinstance(entry, Ball)
        assert entry.contains(Fraction(int(truth.p), int(truth.q)))


def test_derivatives_past_the_budget_are_left_out_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    f = dc.function(lambda x: np.sum(np.sin(x) * x))
    at = {"x": np.linspace(0.1, 1.0, 100)}
    assert len(proven(certify(f, at))) == 100
    monkeypatch.setattr(certified, "PASSES", 4000.0)
    found = certify(f, at)
    places = proven(found)
    assert 10 <= len(places) <= 60
    assert found.reasons == (f"over budget: derivatives by {len(places)} of 100 variables are certified",)
    assert all(min(abs(place - k) for place in places) <= 20 for k in range(100))  # spread over all of them
    x = at["x"]
    expected = np.cos(x) * x + np.sin(x)
    for k in places:
        assert float(found.jacobian[0][k]) == pytest.approx(expected[k], rel=1e-14)


def test_precision_is_raised_before_the_budget_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """At 128 bits no derivative has 30 digits here; passes are kept for the precision at which they have."""
    f = dc.function(lambda x: np.sum((1e25 + x) * x) - 1e25 * np.sum(x) + np.sum(np.exp(-60.0 * x)))
    at = {"x": np.linspace(1.0, 1.5, 40)}
    monkeypatch.setattr(certified, "PASSES", 20000.0)
    found = certify(f, at)
    assert found.bits > certified.FIRST_BITS
    assert proven(found)
