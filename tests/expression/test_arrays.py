"""Every NumPy function of the table, in both modes, first and second order, against adaptive differences and JAX.

A table entry without a case fails a test; cases draw shapes, axes, broadcasting and parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import diffcompare as dc
from diffcompare.engines.adaptive import adaptive
from diffcompare.engines.call import Call, as_result
from diffcompare.expression.array_functions import FUNCTIONS, UFUNC_METHODS
from diffcompare.expression.containers import leaves
from diffcompare.expression.numpy_protocol import PRIMITIVE_OF
from diffcompare.expression.primitives import contraction
from tests.expression import cases_of_arrays, cases_of_entries, cases_of_matrices  # noqa: F401  they register
from tests.expression.array_cases import BUILDERS, COMPLEX, Case, cases, complex_cases, flat, offered

REACH = 0.02  # how far along a direction the function is evaluated: cases keep their kinks further away
LOST = 1e-10  # relative to the size of the derivatives: what a second derivative loses in a few dozen operations

# The ufuncs that stand for a primitive, by the name that NumPy calls them.
UFUNCS = {f.__name__ for name in PRIMITIVE_OF if isinstance(f := getattr(np, name, None), np.ufunc)}


def test_every_function_has_a_case() -> None:
    assert {*FUNCTIONS, *UFUNCS, *UFUNC_METHODS} == set(BUILDERS)


@pytest.mark.parametrize("name", offered(np))
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_derivatives_agree_with_adaptive_differences(name: str, data: st.DataObject) -> None:
    check(data.draw(cases(name)), data.draw(st.integers(0, 2**32 - 1)))


@pytest.mark.parametrize("name", sorted(COMPLEX.intersection(offered(np))))
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_derivatives_of_complex_numbers_agree_with_adaptive_differences(name: str, data: st.DataObject) -> None:
    check(data.draw(complex_cases(name)), data.draw(st.integers(0, 2**32 - 1)))


@pytest.mark.parametrize("name", offered(np))
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_values_are_numpy_s_in_its_types_and_gradients_have_the_type_of_their_argument(
    name: str, data: st.DataObject
) -> None:
    case = data.draw(cases(name))
    for dtype in (np.float64, np.float32):
        xs = tuple(np.asarray(x, dtype) for x in case.arguments)
        call = Call(lambda *xs: case.function(np, *xs), xs, tuple(range(len(xs))), "reverse")
        values = leaves(as_result(case.function(np, *xs), name))
        for ours, value in zip(call.outputs, values, strict=True):
            assert np.shape(ours) == np.shape(value)
            assert np.asarray(ours).dtype == np.asarray(value).dtype
            roundings = 2**12 * np.finfo(dtype).eps * max(1.0, float(np.max(np.abs(value), initial=0.0)))
            assert np.max(np.abs(ours - value), initial=0.0) <= roundings
        gradients = call.pulled([np.ones_like(value)[()] for value in call.outputs])
        assert [np.asarray(g).dtype for g in gradients] == [np.asarray(x).dtype for x in xs]


def test_a_wrong_rule_is_caught() -> None:
    case = Case(lambda xp, x: xp.matmul(x, x.T) ** 2, (np.array([[0.5, -1.0], [1.5, 0.7]]),))
    check(case, 0)
    honest = contraction.matmul.pullback
    for wrong in (lambda *parts: -honest(*parts), lambda k, *parts: honest(k, *parts) * (1 + 1e-6 * k)):
        object.__setattr__(contraction.matmul, "pullback", wrong)
        try:
            with pytest.raises(AssertionError, match="reverse"):
                check(case, 0)
        finally:
            object.__setattr__(contraction.matmul, "pullback", honest)


def check(case: Case, seed: int) -> None:
    """All modes of first and second order along random directions."""
    random = np.random.default_rng(seed)
    xs = case.arguments
    argnums = tuple(range(len(xs)))

    def f(*xs: Any) -> Any:
        return flat(np, case.function(np, *xs))

    def drawn(shape: tuple[int, ...]) -> Any:
        return random.uniform(0.3, 1.0, shape) * random.choice([-1.0, 1.0], shape) if shape else random.uniform(0.3, 1)

    u, v = (tuple(drawn(np.shape(x)) for x in xs) for _ in range(2))
    w = drawn(np.shape(f(*xs)))

    def pushed(*xs: Any) -> Any:
        return dc.jvp(f, argnums=argnums)(*xs)(u)

    def pulled(*xs: Any) -> Any:
        return dc.vjp(f, argnums=argnums)(*xs)(w)

    first = {"forward": inner(w, pushed(*xs)), "reverse": inner(pulled(*xs), u)}
    agree(first, lambda t: terms(w, f(*moved(xs, t, u))), f"first order of {xs}")
    second = {
        "forward over forward": inner(w, dc.jvp(pushed, argnums=argnums)(*xs)(v)),
        "reverse over forward": inner(dc.vjp(pushed, argnums=argnums)(*xs)(w), v),
        "forward over reverse": inner(dc.jvp(pulled, argnums=argnums)(*xs)(v), u),
        "reverse over reverse": inner(dc.vjp(pulled, argnums=argnums)(*xs)(u), v),
    }
    agree(second, lambda t: terms(pulled(*moved(xs, t, v)), u), f"second order of {xs}")


def moved(xs: tuple[Any, ...], t: float, direction: tuple[Any, ...]) -> list[Any]:
    return [x + t * d for x, d in zip(xs, direction, strict=True)]


def terms(x: Any, y: Any) -> Any:
    """The products of all entries; two numbers may come as a pair or, like a list of numbers, as a row."""
    left, right = (np.concatenate([np.ravel(part) for part in leaves(z)]) for z in (x, y))
    return left * right


def inner(x: Any, y: Any) -> float:
    return float(np.sum(terms(x, y)))


def agree(found: dict[str, float], along: Callable[[float], Any], what: str) -> None:
    """Every mode gives the derivative of the sum of what changes along t, within the error that differences admit."""
    there = along(0.0)
    size = max(1.0, float(np.sum(np.abs(there))))
    # Raised by the size of its terms, since the differences judge the noise of a sum by its value.
    truth = adaptive(lambda t: float(np.sum(along(t))) + 2 * size, 0.0, lower=-REACH, upper=REACH)
    scale = max(size, abs(truth.value))
    assert truth.error <= 1e-6 * scale, f"the differences settle nothing: {truth}, {what}"
    for mode, derivative in found.items():
        assert abs(derivative - truth.value) <= 4 * truth.error + LOST * scale, f"{mode}: {derivative} {truth} {what}"
