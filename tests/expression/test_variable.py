"""What a user's function may do with a traced variable, and what it is told when it may not."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import diffcompare as dc
from diffcompare.errors import DiffCompareError, SourceError, TracingError
from diffcompare.expression.primitives import PRIMITIVES
from diffcompare.expression.variable import Trace

CODE: list[tuple[Callable[..., Any], dict[str, Any]]] = [
    (lambda x, y: np.log(x) + x * y - np.sin(y), {"x": 2.0, "y": 5.0}),
    (lambda x: 2**x - x / 3 + 1 / x, {"x": 1.5}),
    (lambda x: np.sqrt(np.square(x)) + np.reciprocal(x) + np.exp2(x), {"x": 0.7}),
    (lambda x: np.float64(2.0) * x + x * np.float32(0.5) - np.int64(3), {"x": 0.7}),
    (lambda x: np.sum(x * x) + x[0] * x[-1], {"x": [1.0, 2.0, 3.0]}),
    (lambda x: x @ x + np.dot(x, np.array([1.0, 2.0, 3.0])), {"x": [1.0, 2.0, 3.0]}),
    (lambda x: np.sum(np.sin(x[1:]) * np.cos(x[:-1])), {"x": [1.0, 2.0, 3.0]}),
    (lambda x: sum(xi**2 for xi in x) / len(x), {"x": [1.0, 2.0, 3.0]}),
    (lambda x: np.where(x > 1, x**2, x), {"x": 1.5}),
    (lambda x: np.clip(x, 0, 1) + abs(x) + np.maximum(x, 0.1), {"x": 0.4}),
    (lambda x: np.prod(x) + np.mean(x), {"x": [1.0, 2.0, 3.0]}),
    (lambda x: np.array([x[0], x[1] * 2]).sum(), {"x": [1.0, 2.0]}),
    (lambda x, y: np.sin(np.array([x, y])).sum(), {"x": 1.0, "y": 2.0}),
    (lambda x, k=3: x**k, {"x": 2.0}),
    (lambda x: np.hypot(x, 3) + np.arctan2(x, 2), {"x": 2.0}),
]


@pytest.mark.parametrize(("code", "at"), CODE)
def test_traced_code_computes_what_plain_numpy_computes(code: Callable[..., Any], at: dict[str, Any]) -> None:
    plain = {name: np.array(value) if isinstance(value, list) else np.float64(value) for name, value in at.items()}
    assert dc.function(code).trace(at).values[0] == pytest.approx(float(code(**plain)), rel=4e-16, abs=0)


def newton(a: Any) -> Any:
    x = a
    while abs(x * x - a) > 1e-13:
        x = (x + a / x) / 2
    return x


def recursive_power(x: Any, n: int = 5) -> Any:
    return x if n == 1 else x * recursive_power(x, n - 1)


def test_loops_recursion_and_branches_run_as_python() -> None:
    assert dc.grad(newton)(2.0) == pytest.approx(0.5 / math.sqrt(2), rel=1e-14)
    assert dc.gradient(recursive_power, at={"x": 2.0}) == {"x": 80.0}
    assert dc.grad(lambda x: x * x if x > 0 else -x)(-3.0) == -1.0


def test_a_branch_is_kept_as_a_guard() -> None:
    from diffcompare.expression.numbers import FLOAT

    graph = dc.function(lambda x: x * x if x > 1 else -x).trace({"x": 2.0})
    assert graph.holds(FLOAT, [1.5])
    assert not graph.holds(FLOAT, [0.5])


def test_a_subexpression_written_once_is_recorded_once() -> None:
    def shared(x: Any) -> Any:
        t = np.sin(x)
        return t * t

    assert dc.function(shared).trace({"x": 1.0}).operations() == 2


UNTRACEABLE: list[tuple[Callable[..., Any], dict[str, Any], str]] = [
    (lambda x: math.sin(x), {"x": 1.0}, "write np.sin(x) instead of math.sin(x)"),
    (lambda x: float(x), {"x": 1.0}, "plain number"),
    (lambda x: x @ x, {"x": 1.0}, "not have enough dimensions"),
    (lambda x: np.spacing(x), {"x": 1.0}, "no derivative rule"),
    (lambda x: x + "a", {"x": 1.0}, "operands must be real numbers"),
    (lambda x: x + 1j, {"x": 1.0}, "operands must be real numbers"),
    (lambda x: None, {"x": 1.0}, "returned None"),
    (lambda x: "text", {"x": 1.0}, "returned a str"),
    (lambda x: [], {"x": 1.0}, "empty list"),
    (lambda x: x[0], {"x": 1.0}, "not subscriptable"),
    (lambda x: 1 / 0 * x, {"x": 1.0}, "division by zero"),
    (lambda x: undefined_name * x, {"x": 1.0}, "undefined_name"),  # noqa: F821
]


@pytest.mark.parametrize(("code", "at", "message"), UNTRACEABLE)
def test_what_cannot_be_traced_says_so(code: Callable[..., Any], at: dict[str, Any], message: str) -> None:
    with pytest.raises(DiffCompareError, match=message.replace("(", r"\(").replace(")", r"\)")):
        dc.function(code).trace(at)


def assign(x: Any) -> Any:
    x[0] = 1.0
    return x[0]


def assign_slice(x: Any) -> Any:
    x[1:] += 1.0
    return x[0]


def fill(x: Any) -> Any:
    a = np.zeros(2)
    a[0] = x[0]
    return a[0]


@pytest.mark.parametrize("code", [assign, assign_slice, fill])
def test_in_place_assignment_is_refused(code: Callable[..., Any]) -> None:
    with pytest.raises(TracingError, match=r"in place|in-place"):
        dc.function(code).trace({"x": [1.0, 2.0]})


def test_functions_without_fixed_variables_are_refused() -> None:
    with pytest.raises(SourceError, match="named parameters"):
        dc.function(lambda *x: x[0])
    with pytest.raises(SourceError, match="is not a function"):
        dc.function(3.0)


def test_variables_of_an_outer_trace_are_constants_of_the_inner_one() -> None:
    outer, inner = Trace(), Trace()
    x, y = outer.input("x", 3.0), inner.input("y", 2.0)
    product = PRIMITIVES["multiply"](x, y)
    assert product.tape is inner
    assert inner.nodes[product.index].value.tape is outer


def test_a_million_operations_neither_recurse_nor_crash() -> None:
    def chain(x: Any) -> Any:
        for _ in range(10**6):
            x = x + 1e-6
        return x

    assert dc.grad(chain)(1.0) == 1.0
