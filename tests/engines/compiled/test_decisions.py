"""dc.compile where the function looks at values: whole numbers, ties and signs of zeros decide as on the tape."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import diffcompare as dc
from diffcompare.engines.compiled.compilation import Compilation

WAYS = [None, "python", "numpy", "numba", "tape"]


def summed(x: Any) -> Any:
    total = 0.0
    for _ in range(int(x)):
        total = total + x * x
    return total


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "f", [lambda x: x ** int(x), summed, lambda x: [x, x * x, x**3, x**4][int(x)], lambda x: x * int(-x)]
)
def test_a_whole_number_that_was_decided_holds_between_its_edges(f: Any, way: str | None) -> None:
    program = dc.compile(f, at={"x": 2.5}, way=way)
    for x in (2.5, 2.0, 2.9, 1.5, 3.0, 0.5, 2.5):
        assert program(x) == dc.grad(f)(x), x


def test_the_points_of_a_step_share_a_program() -> None:
    compilation = Compilation(dc.compile(lambda x: x ** int(x), at={"x": 2.5}, way="tape").request)
    for x in (2.0, 2.25, 2.75, 2.999, 3.0, 3.5):
        compilation(x)
    assert len(compilation.branches) == 2


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("extremum", [np.maximum, np.minimum])
def test_running_extrema_share_at_ties_as_on_the_tape(extremum: Any, way: str | None) -> None:
    weights = np.arange(1.0, 7.0)

    def f(x: Any) -> Any:
        return np.sum(extremum.accumulate(x) * weights)

    program = dc.compile(f, at={"x": np.random.default_rng(0).normal(size=6)}, way=way)
    for x in (np.ones(6), np.array([1.0, 2.0, 2.0, 1.0, 1.0, 3.0])):
        assert np.array_equal(program(x), dc.grad(f)(x))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("at", [1.0, -1.0, 0.0, -0.0])
def test_the_sign_of_a_zero_is_another_branch(at: float, way: str | None) -> None:
    def f(x: Any) -> Any:
        return np.copysign(2.0, x) * x

    program = dc.compile(f, at={"x": at}, way=way)
    for x in (-0.0, 0.0, 3.0, -3.0, 0.0, -0.0, math.inf, -math.inf, 5e-324):
        assert program(x) == math.copysign(2.0, x) == dc.grad(f)(x), x


EXTREMA = {
    "max": lambda x: np.max(x), "min": lambda x: np.min(x), "a range": lambda x: np.ptp(x),
    "an axis": lambda x: np.sum(np.maximum.reduce(x.reshape(2, 2)) * np.array([1.0, 2.0])),
    "norms": lambda x: np.linalg.norm(x, np.inf) + np.linalg.norm(x.reshape(2, 2), 1),
}  # fmt: skip


@pytest.mark.parametrize("way", [None, "python"])
@pytest.mark.parametrize("name", EXTREMA)
def test_extrema_share_at_ties_as_on_the_tape(name: str, way: str | None) -> None:
    f = EXTREMA[name]
    points = [np.array(x, dtype=float) for x in ([5, 4, 3, 2], [1, 1, 1, 1], [1, 2, 2, 1], [0, 1, -1, 1], [2, 3, 4, 5])]
    for at in points:
        program = dc.compile(f, at={"x": at}, way=way)
        for x in points:
            assert np.allclose(program(x), dc.grad(f)(x), rtol=1e-15, atol=0), (at, x)  # thirds round in two ways


def test_the_branch_of_nan_is_for_nan() -> None:
    program = dc.compile(lambda x: np.max(x), at={"x": np.array([2.0, 1.0])}, want="value", way="python")
    assert np.isnan(program(np.array([np.nan, 1.0])))
    assert program(np.array([0.0, 1.0])) == 1.0
