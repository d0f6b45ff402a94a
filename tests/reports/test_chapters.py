"""The chapters say what the lecture and the literature say, and why where they cannot apply."""

from typing import Any

import pytest

from diffcompare.errors import DiffCompareError
from diffcompare.expression.catalog import CATALOG
from diffcompare_reports.chapters import (
    autograd,
    automatic,
    comparison,
    cost,
    grad_modes,
    linear_layer,
    numerical,
    symbolic,
)
from diffcompare_reports.chapters.subject import LONGEST_TRACE, Subject, available, ends, sentence, subject_of


@pytest.fixture(scope="module")
def lecture() -> Subject:
    return subject_of(None, None)


def test_forward_mode_is_the_lectures_table(lecture: Subject) -> None:
    rows = automatic.forward(lecture)["rows"]
    assert [row["value"] for row in rows] == ["= 2", "= 5", "= 0.69315", "= 10", "= -0.95892", "= 10.693", "= 11.652"]
    assert [row["derivative_value"] for row in rows] == ["= 1", "= 0", "= 0.5", "= 5", "= 0", "= 5.5", "= 5.5"]
    assert rows[4]["primal"] == "v_(3) = sin (v_(0))"


def test_reverse_mode_is_the_lectures_table_in_its_order(lecture: Subject) -> None:
    chapter = automatic.reverse(lecture)
    adjoints = [(row["rule"].partition(" = ")[0], row["adjoint"]) for row in chapter["sweep"]]
    inputs = [(name, adjoint) for name, adjoint in adjoints if name in ("macron(v)_(-1)", "macron(v)_(0)")]
    assert inputs == [
        ("macron(v)_(0)", "-0.28366"), ("macron(v)_(-1)", "5"), ("macron(v)_(0)", "1.7163"), ("macron(v)_(-1)", "5.5"),
    ]  # fmt: skip
    assert {one["last"] for one in chapter["shared"]} == {"5.5", "1.7163"}


def test_the_engines_that_are_asked_for_are_compared() -> None:
    chapter = comparison.comparison(subject_of("x^2", {"x": 3.0}, ["reverse", "finite-adaptive"]))
    assert [row["title"] for row in chapter["engines"]] == ["reverse mode", "adaptive difference"]


def test_classic_picture_has_its_published_derivative_and_minima(lecture: Subject) -> None:
    chapter = numerical.numerical(lecture)
    assert chapter["derivative"] == "9.0660864"  # 708288/78125, Baydin et al. 2018, Figure 3
    forward, central = (row for row in chapter["schemes"][:2])
    assert [forward["steps"][k] for k in (2, 3)] == ["1.4 times 10^(-9)", "9.3 times 10^(-8)"]
    assert [central["steps"][k] for k in (2, 3)] == ["2.9 times 10^(-7)", "1.7 times 10^(-10)"]
    assert forward["best_error"].endswith("10^(-8)")
    assert central["best_error"].endswith("10^(-10)")
    assert "step_size" in lecture.figures


def test_swell_of_the_book_is_the_logistic_map(lecture: Subject) -> None:
    chapter = symbolic.swell(lecture)
    assert chapter["texts"][1]["n"] == "2"
    assert "swell" in lecture.figures


def test_derivation_ends_in_the_derivative(lecture: Subject) -> None:
    chapter = symbolic.derivation(lecture)
    assert chapter["last"]["text"] == "= 1/x1 + x2"
    assert chapter["left"] == 0


def test_every_engine_has_a_row_and_the_certified_digits(lecture: Subject) -> None:
    chapter = comparison.comparison(lecture)
    assert [row["value"] for row in chapter["references"]] == ["5.5", "1.71633781453677373553336082849"]
    central = next(row for row in chapter["tables"][1]["rows"] if row["title"] == "central difference")
    assert "1.71633781453677373553336082849".startswith(central["value"]["right"])
    assert central["value"]["wrong"]
    assert chapter["verdict"][0].isupper()
    assert chapter["verdict"].endswith(".")


def test_cost_counts_what_the_lecture_counts(lecture: Subject) -> None:
    rows = {row["title"]: row for row in cost.cost(lecture)["rows"]}
    assert rows["forward difference"]["evaluations"] == ["2", "11", "101"]
    assert rows["central difference"]["evaluations"] == ["2", "20", "200"]
    assert rows["forward mode"]["evaluations"] == ["1", "10", "100"]
    assert rows["reverse mode"]["evaluations"] == ["1", "1", "1"]


def test_function_of_any_n_has_its_own_costs() -> None:
    entry = CATALOG["speelpenning"]
    chapter = cost.cost(subject_of(entry.function(), entry.at))
    assert (chapter["function"], chapter["own"]) == ("Speelpenning", True)


def test_linear_layer_has_the_lectures_sums_and_weights(lecture: Subject) -> None:
    chapter = linear_layer.linear_layer(lecture)
    assert chapter["checks"][-1]["differences"] == ["0", "0"]
    assert [row["name"] for row in chapter["shapes"] if not row["built"]] == [
        r"partial Y \/ partial X", r"partial Y \/ partial W"
    ]  # fmt: skip
    assert chapter["shapes"][-1]["weight"] == '34.4 thin upright("GB")'  # 64 * 512 * 512 * 512 numbers of 4 bytes
    assert chapter["derivation"][-2]["formula"].endswith("(partial L) / (partial W) = X^T (partial L) / (partial Y)")


def test_autograd_draws_the_frozen_layer_and_says_what_it_changes(lecture: Subject) -> None:
    chapter = autograd.autograd(lecture)
    assert chapter["greyed"] == ["layer1.weight"]
    assert chapter["leaves"] == ["x", "layer0.weight", "layer1.weight"]
    assert [row["name"] for row in chapter["rows"] if row["grad"] and not row["frozen_grad"]] == ["layer1.weight"]
    assert [row["name"] for row in chapter["rows"] if not row["grad"]] == ["hidden"]
    assert "autograd_graph" in lecture.figures


def test_grad_modes_are_those_of_the_lecture_s_table() -> None:
    subject = subject_of("x^2", {"x": 3})
    chapter = grad_modes.grad_modes(subject)
    assert [row["answers"] for row in chapter["does"]] == [
        [False, False, True], [True, False, True], [True, True, False],
    ]  # fmt: skip
    assert [(row["operations"], row["layers"]) for row in chapter["rows"]] == [(7, "4.0"), (0, "2.0"), (0, "2.0")]
    assert [one["mode"] for one in chapter["reasons"]] == ["inference"]
    assert "grad_modes" in subject.figures


def test_jacobian_of_several_outputs() -> None:
    (study,) = automatic.jacobians(subject_of("[r*cos(t), r*sin(t)]", {"r": 2, "t": 0}))["studies"]
    assert study["matrix"] == [["1", "0"], ["0", "2"]]  # cos t, -r sin t; sin t, r cos t
    assert [row["part"] for row in study["passes"]] == ["column 1", "column 2", "row 1", "row 2"]


def scaled(a: Any, b: Any = 2.0) -> list[Any]:
    return [a * b, a]


@pytest.mark.parametrize(
    ("source", "at", "value"),
    [("[pi*x, x]", {"x": 1}, "3.1416"), ("[x[0]*x[1], 1]", {"x": [3, 4]}, "12"), (scaled, {"a": 3}, "6")],
)
def test_several_outputs_are_traced_by_the_first(source: Any, at: dict[str, Any], value: str) -> None:
    assert automatic.forward(subject_of(source, at))["value"] == value


def test_first_output_keeps_the_digits_of_pi() -> None:
    chapter = comparison.comparison(subject_of("[pi*x, x]", {"x": 1}))
    assert chapter["references"][0]["value"].startswith("3.14159265358979323846264338")


@pytest.mark.parametrize(
    ("chapter", "source", "at", "reason"),
    [
        (numerical.numerical, "abs(x)", {"x": 0}, "no derivative is certified"),
        (numerical.numerical, "ln(x)", {"x": -1}, "its domain"),
        (automatic.forward, "3 + 4", {}, "no variables"),
    ],
)
def test_chapter_that_does_not_apply_says_why(chapter: Any, source: str, at: dict[str, Any], reason: str) -> None:
    found = available(chapter, subject_of(source, at))
    assert reason in found["unavailable"]


def test_kink_has_no_certified_value_and_no_picture_of_digits() -> None:
    chapter = comparison.comparison(subject_of("abs(x)", {"x": 0}))
    assert chapter["references"] == [{"label": r"partial f \/ partial x", "value": "none: not differentiable"}]
    assert not chapter["drawn"]
    assert "convention" in chapter["verdict"]


def test_long_trace_shows_both_ends() -> None:
    lines, left = ends(range(1000))
    assert len(lines) == LONGEST_TRACE
    assert (lines[0], lines[-1], left) == (0, 999, 1000 - LONGEST_TRACE)


def test_point_is_missing() -> None:
    with pytest.raises(DiffCompareError, match="x"):
        subject_of("x^2", None)


def test_sentence() -> None:
    assert sentence("reverse is right") == "Reverse is right."
