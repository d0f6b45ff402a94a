"""Passes of a Jacobian and the cost of a gradient, as the lecture counts them."""

from __future__ import annotations

import pytest

import diffcompare as dc
from diffcompare.errors import DiffCompareError
from diffcompare.studies.jacobian import jacobian_passes


def test_forward_mode_gives_columns_and_reverse_mode_rows() -> None:
    at = {"x": 2.0, "y": 3.0, "z": 4.0}
    forward = jacobian_passes("[x*y, y*z]", at=at, mode="forward").to_dict()
    reverse = jacobian_passes("[x*y, y*z]", at=at, mode="reverse").to_dict()
    assert forward["jacobian"] == reverse["jacobian"] == [[3, 2, 0], [0, 4, 3]]
    assert [p["column"] for p in forward["passes"]] == [[3, 0], [2, 4], [0, 3]]
    assert [p["row"] for p in reverse["passes"]] == [[3, 2, 0], [0, 4, 3]]
    assert forward["passes"][1]["seed"] == {"x": 0, "y": 1, "z": 0}
    assert reverse["passes"][1]["seed"] == {"y1": 0, "y2": 1}


def test_the_mode_with_fewer_passes_is_the_default() -> None:
    assert jacobian_passes("x*y*z", at={"x": 1, "y": 1, "z": 1}).mode == "reverse"
    assert jacobian_passes("[x, x^2, x^3]", at={"x": 2}).mode == "forward"
    with pytest.raises(DiffCompareError, match="no mode"):
        jacobian_passes("x", at={"x": 1}, mode="both")


def test_evaluations_are_what_the_lecture_says() -> None:
    table = dc.cost("rosenbrock", sizes=[1, 5, 20])
    evaluations = {(row.n, row.engine): row.evaluations for row in table.rows}
    for n in (1, 5, 20):
        assert evaluations[n, "finite-forward"] == n + 1
        assert evaluations[n, "finite-central"] == 2 * n
        assert evaluations[n, "forward"] == n
        assert evaluations[n, "reverse"] == 1


def test_reverse_mode_costs_a_small_multiple_whatever_n() -> None:
    # Baydin et al. 2018, Section 3.2: c < 6, typically 2 to 3.
    for name in ("rosenbrock", "speelpenning", "helmholtz"):
        rows = dc.cost(name, sizes=[2, 30], engines=["reverse"]).rows
        assert all(1 <= row.ratio_to_function < 6 for row in rows)


def test_functions_of_fixed_size_are_refused() -> None:
    with pytest.raises(DiffCompareError, match="fixed"):
        dc.cost("lecture")
    with pytest.raises(DiffCompareError, match="whole numbers"):
        dc.cost("rosenbrock", sizes=[0])
