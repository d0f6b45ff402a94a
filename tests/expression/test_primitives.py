"""The table of primitives: every row complete, and every row through every engine against FLINT's power series.

Tests are generated from the table; a row added there is tested here without a word of test code.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from diffcompare.engines import derivatives
from diffcompare.engines.certified import certify
from diffcompare.expression.function import Function
from diffcompare.expression.primitives import PRIMITIVES, Primitive, find
from diffcompare.measure import Ball, measure
from tests.expression.rows import COMPARISONS, ROWS, function_of, points

by_name = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)

# Relative errors in units of the roundoff 1.1e-16: a rule of a few operations loses a few of them, symbolic code with
# exp or log of sums some more; a difference quotient is judged by its own estimate instead.
ULPS = {"forward": 32, "reverse": 32, "symbolic": 2**12, "complex-step": 2**9}


@by_name
def test_the_row_is_complete(row: Primitive) -> None:
    import sympy as sp

    assert row.domain.text
    assert len(row.domain.cases) == row.arity
    assert all(low <= high for low, high in row.domain.cases)
    assert len(row.partials) == row.arity
    assert all(kink.where and kink.convention and kink.why for kink in row.kinks)
    symbols = [sp.Symbol(f"x{k}", real=True) for k in range(row.arity)]
    if row.name == "where":
        symbols[0] = symbols[1] > 0
    head = row.sympy(sp, *symbols)
    assert isinstance(head, sp.Basic)
    assert row.hidden or all(find(name) is row for name in (row.name, *row.aliases))


def test_the_issue_s_operations_are_all_there_under_every_spelling() -> None:
    names = (
        "exp expm1 log ln log1p log2 log10 sqrt cbrt sin cos tan asin acos atan arcsin arccos arctan atan2 arctan2 "
        "sinh cosh tanh asinh acosh atanh arcsinh arccosh arctanh sec csc cot abs Abs sign minimum maximum Min Max "
        "where erf erfc gamma loggamma sigmoid softplus relu hypot logaddexp pow"
    )
    assert [name for name in names.split() if find(name) is None] == []


@by_name
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_engine_agrees_with_the_certified_derivative(row: Primitive, data: st.DataObject) -> None:
    at = data.draw(points(row))
    assume(not _on_a_kink(row, at))
    function = function_of(row)
    truth = certify(function, at)
    assert truth.reasons == ()
    for engine, ulps in ULPS.items():
        found = derivatives(function, at, engine).jacobian[0]
        for estimate, name in zip(found, truth.names, strict=True):
            entry = measure(float(estimate), truth.gradient[name])
            assert abs(entry.error) <= ulps * 2**-53 * max(abs(float(estimate)), 1e-300), (engine, at, name)


@by_name
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_differences_agree_within_their_own_estimate(row: Primitive, data: st.DataObject) -> None:
    at = data.draw(points(row))
    assume(not _on_a_kink(row, at, margin=0.05))
    truth = certify(function_of(row), at)
    found = derivatives(function_of(row), at, "finite-adaptive").jacobian[0]
    for estimate, name in zip(found, truth.names, strict=True):
        ball = truth.gradient[name]
        assert isinstance(ball, Ball)
        assert float(estimate) == pytest.approx(float(ball), rel=1e-6, abs=1e-9)


@by_name
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_arrays_and_floats_agree(row: Primitive, data: st.DataObject) -> None:
    operands = [data.draw(st.floats(*interval)) for interval in row.domain.cases]
    if row.name in ("polygamma", "where"):
        operands[0] = float(round(operands[0]))
    value = float(row.value(*operands))
    on_arrays = float(np.asarray(row.array(*[np.array([x]) for x in operands])).astype(float)[0])
    # NumPy's vectorised functions promise 4 ulps, the C library's 1.
    assert on_arrays == pytest.approx(value, rel=5 * 2**-52, abs=5e-324)


@by_name
def test_values_outside_the_domain_are_ieee_values(row: Primitive) -> None:
    for x in (math.nan, math.inf, -math.inf, 0.0, -0.0, -1.0, 1e308, -1e308, 5e-324):
        value = row.value(*[x] * row.arity)
        assert isinstance(value, (float, bool)), (row.name, x, value)


@by_name
def test_a_kink_is_declared_where_the_row_has_no_derivative(row: Primitive) -> None:
    """At each declared kink FLINT cannot prove a derivative either."""
    for kink in row.kinks:
        operands = _a_point_on(row, kink.at)
        function = function_of(row)
        if operands is None or len(function.names) != row.arity:
            continue
        truth = certify(function, dict(zip(function.names, operands, strict=True)))
        if row.name != "sign":
            assert truth.reasons, (row.name, kink.where)


INERT = {*COMPARISONS, "where", "polygamma"}  # a condition or an order: its partial of 0 multiplies no tangent at all


@by_name
def test_a_sabotaged_partial_is_caught_by_every_other_engine(row: Primitive) -> None:
    """Forward and reverse mode share a flipped sign; SymPy, differences and FLINT share nothing with them."""
    function = function_of(row)
    intervals = row.domain.cases[-len(function.names) :]
    shares = (0.6, 0.3)  # how far into its interval each operand stands: no ties
    at = {
        name: low + share * (high - low)
        for name, share, (low, high) in zip(function.names, shares, intervals, strict=False)
    }
    for k in range(row.arity):
        if row.name in INERT and not callable(row.partials[k]):
            continue
        honest = row.partials
        object.__setattr__(row, "partials", (*honest[:k], _flipped(honest[k]), *honest[k + 1 :]))
        try:
            sabotaged = derivatives(function, at, "reverse").jacobian[0]
            agreed = derivatives(function, at, "forward").jacobian[0]
            others = {name: derivatives(function, at, name).jacobian[0] for name in ("symbolic", "finite-central")}
            truth = certify(function, at)
        finally:
            object.__setattr__(row, "partials", honest)
        assert sabotaged == pytest.approx(agreed, rel=1e-12)
        reference = np.array([float(truth.gradient[name]) for name in truth.names])
        column = k - row.arity + len(function.names)
        if reference[column] == 0 and callable(honest[k]):
            continue  # the branch that is not taken here: its partial is 0 whatever its sign
        assert abs(sabotaged[column] - reference[column]) > 0.5 * abs(reference[column])
        for name, gradient in others.items():
            assert gradient == pytest.approx(reference, rel=1e-6, abs=1e-8), name
            assert abs(sabotaged[column] - gradient[column]) > 0.5 * abs(gradient[column]), name


def _flipped(partial: object) -> object:
    if callable(partial):
        return lambda v, *x: PRIMITIVES["negative"](partial(v, *x))
    return -partial if partial else 1.0


def _on_a_kink(row: Primitive, at: dict[str, float], margin: float = 0.0) -> bool:
    values = list(at.values())
    if len(values) != row.arity:
        values = [0.0] * (row.arity - len(values)) + values
    if row.name == "where":
        return abs(values[1] - values[2]) <= margin
    if margin and any("x = y" in kink.where for kink in row.kinks):
        return abs(values[0] - values[1]) <= margin
    if margin and row.kinks and row.name not in ("arctan2",):
        return any(abs(v) <= margin for v in at.values())
    return row.kink_at(*values) is not None


def _a_point_on(row: Primitive, on: object) -> list[float] | None:
    candidates = [0.0, 1.0, -1.0, 0.5]
    grid = [[a] for a in candidates] if row.arity == 1 else [[a, b] for a in candidates for b in candidates]
    return next((point for point in grid if len(point) == row.arity and on(*point)), None)


def test_rows_are_reachable_from_a_function() -> None:
    assert isinstance(function_of(PRIMITIVES["sin"]), Function)
