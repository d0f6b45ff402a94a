"""The lecture's tables, number by number."""

from __future__ import annotations

import math

import pytest

import diffcompare as dc
from diffcompare.errors import DiffCompareError, PointError

LECTURE = "ln(x1) + x1*x2 - sin(x2)"
AT = {"x1": 2, "x2": 5}


def test_primal_and_tangent_trace() -> None:
    table = dc.trace(LECTURE, at=AT, mode="forward", wrt="x1").to_dict()
    rows = table["rows"]
    assert [row["name"] for row in rows] == ["v-1", "v0", "v1", "v2", "v3", "v4", "v5"]
    assert [row["operation"] for row in rows[2:]] == ["ln", "multiply", "sin", "add", "subtract"]
    assert [row["operands"] for row in rows[2:]] == [
        ["v-1"],
        ["v-1", "v0"],
        ["v0"],
        ["v1", "v2"],
        ["v4", "v3"],
    ]
    assert [round(row["value"], 3) for row in rows] == [2, 5, 0.693, 10, -0.959, 10.693, 11.652]
    assert [row["tangent"] for row in rows] == [1, 0, 0.5, 5, 0, 5.5, 5.5]
    assert rows[3]["tangent_formula"] == "v̇-1 × v0 + v̇0 × v-1"
    assert rows[2]["tangent_formula"] == "v̇-1 / v-1"
    assert table["derivative"] == {"x1": 5.5}
    assert dc.trace(LECTURE, at=AT, mode="forward", wrt="x2").derivative["x2"] == pytest.approx(1.716, abs=5e-4)


def test_adjoint_trace_in_the_order_of_the_updates() -> None:
    table = dc.trace(LECTURE, at=AT, mode="reverse").to_dict()
    updates = [(u["name"], u["from"], round(u["adjoint"], 3)) for u in table["sweep"]]
    assert updates == [
        ("v5", "y1", 1), ("v4", "v5", 1), ("v3", "v5", -1), ("v1", "v4", 1), ("v2", "v4", 1),
        ("v0", "v3", -0.284), ("v-1", "v2", 5), ("v0", "v2", 1.716), ("v-1", "v1", 5.5),
    ]  # fmt: skip
    assert [u["formula"] for u in table["sweep"]][-4:] == [
        "v̄3 × cos(v0)", "v̄2 × v0", "v̄0 + v̄2 × v-1", "v̄-1 + v̄1 / v-1",
    ]  # fmt: skip
    assert table["derivative"] == {"x1": 5.5, "x2": 2 - math.cos(5)}


def test_several_operations_of_a_level_keep_their_order() -> None:
    names = [row["operation"] for row in dc.trace("sin(x)*cos(x) + exp(x)", at={"x": 1}).to_dict()["rows"]]
    assert names == ["input", "sin", "cos", "exp", "multiply", "add"]


def test_constants_stand_where_they_are_used() -> None:
    rows = dc.trace("4*x*(1 - x)", at={"x": 0.2}).to_dict()["rows"]
    assert [row["operands"] for row in rows] == [[], ["4", "v0"], ["1", "v0"], ["v1", "v2"]]


def test_an_unused_variable_has_derivative_zero() -> None:
    assert dc.trace(lambda x, y: x * x, at={"x": 3, "y": 1}).derivative == {"x": 6.0, "y": 0.0}


@pytest.mark.parametrize(("arguments", "error", "message"), [
    ({"mode": "sideways"}, DiffCompareError, "forward and reverse"),
    ({"mode": "forward", "wrt": "z"}, PointError, "no variable z"),
])  # fmt: skip
def test_bad_requests(arguments: dict[str, str], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        dc.trace(LECTURE, at=AT, **arguments)


def test_several_outputs_are_sent_to_jacobian() -> None:
    with pytest.raises(DiffCompareError, match="jacobian"):
        dc.trace("[x, x^2]", at={"x": 1})
