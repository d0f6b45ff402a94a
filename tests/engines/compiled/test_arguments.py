"""dc.compile with no entries, unknown arguments, and arguments of any name."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import diffcompare as dc
from tests.engines.compiled.test_compile import same

WAYS = [None, "python", "numpy", "numba", "tape"]


@pytest.mark.parametrize("way", WAYS)
def test_of_no_entries_and_no_arguments(way: str | None) -> None:
    empty = np.zeros(0)
    gradient = dc.compile(lambda x: np.sum(x) + 1, at={"x": empty}, way=way)(empty)
    assert (gradient.shape, gradient.dtype) == ((0,), float)
    assert dc.compile(lambda x: np.sum(x) + 1, at={"x": empty}, want="value", way=way)(empty) == 1.0
    if way in ("python", "numba"):  # functions of numbers: they take arrays of points
        assert dc.compile(lambda x: np.sum(x) + 1, at={"x": empty}, way=way)(np.zeros((5, 0))).shape == (5, 0)
    assert dc.compile(lambda x: x * x, at={"x": 2.0}, argnums=(), way=way)(3.0) == ()
    assert dc.compile(lambda x: x * x, at={"x": 2.0}, argnums=(), want="value_and_gradient", way=way)(3.0) == (9.0, ())


@pytest.mark.parametrize("way", WAYS)
def test_a_function_may_have_an_argument_called_direction(way: str | None) -> None:
    product = dc.compile("direction^3", at={"direction": 1.0}, want="hvp", way=way)
    assert product(2.0, 5.0) == product(2.0, direction_=5.0) == 60.0
    if way not in ("python", "numba"):
        ones = np.ones(300)
        product = dc.compile(lambda direction: np.sum(direction**3), at={"direction": ones}, want="hvp", way=way)
        assert np.array_equal(product(ones, 2 * ones), 12 * ones)


@pytest.mark.parametrize("way", WAYS)
def test_arguments_that_the_function_does_not_have_are_a_type_error(way: str | None) -> None:
    program = dc.compile("x*y", at={"x": 1.0, "y": 1.0}, way=way)
    for arguments, named in (((1.0,), {"z": 2.0}), ((1.0, 2.0, 3.0), {}), ((1.0, 2.0), {"x": 1.0})):
        with pytest.raises(TypeError):
            program(*arguments, **named)
    with pytest.raises(dc.DiffCompareError, match="y has no value"):
        program(1.0)


NAMES = [
    "x0",
    "t1",
    "r0",
    "c0",
    "total",
    "_x0",
    "otherwise",
    "math",
    "array",
    "float",
    "sin",
    "where",
    "gradient",
    "lambda",
]


@pytest.mark.parametrize("name", ["x0", "t1", "r0", "_x0", "total", "input", "np", "gradient", "α"])
def test_what_python_could_call_it_does_not_slow_it_down(name: str) -> None:
    assert inspect.isfunction(dc.compile(f"{name}*sin({name})", at={name: 2.0}))


@pytest.mark.parametrize("name", NAMES)
def test_arguments_of_any_name(name: str) -> None:
    formula = f"where({name} > 1, sin({name}*q), cos({name}*q)*sin({name}*q))"
    program = dc.compile(formula, at={name: 2.0, "q": 3.0})
    for x in (2.0, 0.5):
        wanted = dc.gradient(formula, at={name: x, "q": 3.0})
        assert same(program(**{name: x, "q": 3.0}), [wanted[variable] for variable in dc.function(formula).names])
