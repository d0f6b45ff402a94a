"""compare on functions of arrays: every engine entry by entry, within budgets that are told, not waited for."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import diffcompare as dc
from diffcompare.engines import certified
from diffcompare.errors import BudgetError, DiffCompareError, TracingError
from diffcompare.studies import agreement

W = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]])
X = np.array([1.0, -0.5, 0.25])


def loss(W: Any, x: Any) -> Any:
    """Cross-entropy of a softmax, as people write it."""
    z = W @ x
    z = z - np.max(z)
    return np.log(np.sum(np.exp(z))) - z[0]


def test_all_engines_agree_on_a_softmax_in_plain_numpy() -> None:
    """dL/dz is the softmax less the one-hot vector; dL/dW = dL/dz x^T and dL/dx = W^T dL/dz."""
    study = dc.compare(loss, at={"W": W, "x": X})
    z = W @ X
    slope = np.exp(z) / np.exp(z).sum() - [1.0, 0.0]
    expected = [*np.outer(slope, X).ravel(), *(W.T @ slope)]
    assert [row.engine for row in study.engines if not row.available] == []
    for row in study.engines:
        assert list(row.gradient) == [*(f"W[{i},{j}]" for i in (0, 1) for j in (0, 1, 2)), "x[0]", "x[1]", "x[2]"]
        assert list(row.gradient.values()) == pytest.approx(expected, rel=1e-6)
        assert row.worst is not None
        assert row.worst.digits > (7 if row.engine == "finite-central" else 12)
    assert study.reference.reasons == ()


@pytest.mark.parametrize(
    "code",
    [
        lambda a: np.trace(np.linalg.inv(a)),
        lambda a: np.log(np.linalg.det(a @ a.T)),
        lambda a: np.sum(np.linalg.solve(a, np.ones(2)) ** 2),
        lambda a: np.linalg.norm(np.linalg.cholesky(a @ a.T + np.eye(2)), axis=0).sum(),
        lambda a: np.einsum("ij,jk,ki->", a, a, np.sin(a)),
    ],
)
def test_linear_algebra_goes_through_sympy_and_balls(code: Any) -> None:
    study = dc.compare(code, at={"a": [[2.0, 1.0], [-0.5, 1.5]]})
    assert study.reference.reasons == ()
    assert all(row.available and row.worst is not None and row.worst.digits > 8 for row in study.engines)


def test_the_point_is_nested_lists_in_json() -> None:
    data = json.loads(json.dumps(dc.compare(loss, at={"W": W, "x": X}, engines=["reverse"]).to_dict()))
    assert data["point"] == {"W": W.tolist(), "x": X.tolist()}
    assert set(data["reference"]["gradient"]) == set(data["variables"]) == set(data["engines"][0]["gradient"])


def test_engines_over_budget_say_so_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement, "GIVEN", 1e-9)  # seconds an engine
    monkeypatch.setattr(certified, "PASSES", 1000.0)
    monkeypatch.setattr("diffcompare.engines.budget.LEAST", 0.0)
    monkeypatch.setattr("diffcompare.engines.symbolic.VISITS", 100)
    x = np.linspace(0.1, 2.0, 60)
    study = dc.compare(lambda x: np.sum(np.sin(x) * x), at={"x": x})
    notes = {row.engine: row.note for row in study.engines if not row.available}
    assert set(notes) == {"forward", "symbolic", "finite-central", "finite-adaptive", "complex-step"}
    assert all(note.startswith("over budget: ") for note in notes.values())
    (reverse,) = (row for row in study.engines if row.available)
    assert list(reverse.gradient.values()) == pytest.approx(np.cos(x) * x + np.sin(x))
    assert reverse.worst is not None
    certain = sum(row.status == "ok" for row in reverse.measured.values())
    assert 0 < certain < 60
    assert f"derivatives by {certain} of 60 variables are certified" in study.verdict[1]


def test_counting_has_a_budget_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement, "COUNTED", 3)
    rows = dc.compare("x*y + sin(x) + y", at={"x": 1, "y": 2}, engines=["reverse", "finite-central"]).engines
    assert [row.operations for row in rows] == [None, 16]


def test_a_function_too_large_for_entries_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement, "LARGEST", 49)
    with pytest.raises(BudgetError, match=r"has 50 operations, and compare takes 49; .* dc\.grad"):
        dc.compare(lambda a: np.sum((a @ a)[0]) * a[0, 0], at={"a": np.ones((5, 5))})


def test_a_function_with_an_array_as_its_result_gets_advice() -> None:
    with pytest.raises(DiffCompareError, match=r"has 4; compare its outputs one at a time, as in f\(x\)\[0\], or use"):
        dc.compare(np.linalg.inv, at={"a": np.eye(2)})


def test_a_tie_of_a_maximum_is_a_convention_not_a_derivative() -> None:
    study = dc.compare(lambda x: np.max(x), at={"x": [1.0, 3.0, 3.0]}, engines=["reverse"])
    assert list(study.engines[0].gradient.values()) == [0.0, 0.5, 0.5]
    assert [kink.operation for kink in study.kinks] == ["x[1] == x[2]"]
    assert [getattr(entry, "kind", "proven") for entry in study.reference.gradient.values()] == [
        "proven", "at a branch", "at a branch",
    ]  # fmt: skip
    assert "(a branch of the code: equal ties at the point" in study.verdict[1]


@pytest.mark.parametrize(
    "code",
    [
        lambda x: np.linalg.eigvalsh(x)[0],
        lambda x: np.linalg.eigh(x).eigenvalues[1],
        lambda x: np.linalg.norm(x, 2),
        lambda x: np.linalg.norm(x, "nuc"),
    ],
)
def test_what_no_entry_goes_through_is_shown_by_the_engines_that_can(code: Any) -> None:
    study = dc.compare(code, at={"x": [[1.3, -2.6], [-2.6, 0.5]]})
    rows = {row.engine: row for row in study.engines}
    assert [name for name, row in rows.items() if not row.available] == ["symbolic", "complex-step"]
    for name in ("forward", "finite-central", "finite-adaptive"):
        assert rows[name].gradient == pytest.approx(rows["reverse"].gradient, rel=1e-8, abs=1e-8)
    assert "entry by entry" in study.reference.reasons[0]
    assert study.verdict[0] is None
    assert json.dumps(study.to_dict())


def test_code_that_no_mode_can_trace_is_an_error() -> None:
    with pytest.raises(TracingError, match="used as a plain number"):
        dc.compare(lambda x: float(np.linalg.eigvalsh(x)[0]) + float(x[0, 0]), at={"x": np.eye(2)})
