"""The command `steps`: a derivation in 80 columns, as data, as a list and as LaTeX."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .conftest import Run
from .test_program import modules_after

FORMULAS = (
    "x^2*sin(x)", "ln(x1) + x1*x2 - sin(x2)", "exp(-x^2/2)/sqrt(2*pi)", "4*x*(1-x)", "abs(x)*x", "x^x", "atan2(y,x)",
    "logistic", "squire-trapp", "rosenbrock", "untaken", "helmholtz",
)  # fmt: skip


@pytest.mark.parametrize("source", FORMULAS)
def test_a_derivation_fits_a_terminal(run: Run, source: str) -> None:
    shown = run("steps", source)
    assert shown.status == 0
    assert max(map(len, shown.out.splitlines())) <= 80
    assert shown.err == ""


def test_steps_are_indented_with_their_rules_at_the_right(run: Run) -> None:
    lines = run("steps", "x^2*sin(x)").out.splitlines()
    assert lines == [
        "d/dx(x^2*sin(x))" + "[product]".rjust(64),
        "= d/dx(x^2)*sin(x) + x^2*d/dx(sin(x))",
        "  d/dx(x^2) = 2*x" + "[power]".rjust(63),
        "  d/dx(sin(x)) = cos(x)" + "[trigonometric]".rjust(57),
        "= 2*x*sin(x) + x^2*cos(x)",
    ]


def test_long_formulas_are_broken_at_their_outermost_signs(run: Run) -> None:
    lines = run("steps", "logistic").out.splitlines()
    assert lines[1:3] == [
        "= d/dx(64*x*(1 - x)*(1 - 2*x)^2)*(1 - 8*x + 8*x^2)^2",
        "    + 64*x*(1 - x)*(1 - 2*x)^2*d/dx((1 - 8*x + 8*x^2)^2)",
    ]


def fields(step: dict[str, Any]) -> int:
    """How many steps there are, each with every field that scripts rely on."""
    assert {"function", "variable", "rule", "formula", "derivative", "steps"} <= step.keys()
    return 1 + sum(map(fields, step["steps"]))


def test_data(run: Run) -> None:
    data = run("steps", "ln(x1) + x1*x2 - sin(x2)", "--wrt", "x2", "--format", "json").data
    assert fields(data) == 5
    assert (data["function"], data["variable"]) == ("ln(x1) + x1*x2 - sin(x2)", "x2")
    assert (data["rule"], data["formula"], data["derivative"]) == ("difference", data["function"], "x1 - cos(x2)")
    assert [step["rule"] for step in data["steps"]] == ["sum", "trigonometric"]


def test_markdown_is_a_nested_list(run: Run) -> None:
    lines = run("steps", "sin(x) + x", "--format", "markdown").out.splitlines()
    assert [line.rstrip() for line in lines] == [
        "- `d/dx(sin(x) + x)` (sum)",
        "- `= d/dx(sin(x)) + d/dx(x)`",
        "  - `d/dx(sin(x)) = cos(x)` (trigonometric)",
        "  - `d/dx(x) = 1` (identity)",
        "- `= cos(x) + 1`",
    ]


def test_latex_is_one_aligned_display_and_notes(run: Run) -> None:
    rows, note = run("steps", "abs(x)", "--format", "latex").out.strip().split("\n\n")
    assert rows.splitlines() == [
        r"\begin{align*}",
        r"& \frac{d}{d x}\left(\left|x\right|\right) = \operatorname{sign}\left(x\right) && \text{piecewise}",
        r"\end{align*}",
    ]
    assert note.startswith("abs(x) at x = 0: a corner")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["2+3"], "2+3 has no variable; name the one to differentiate by with --wrt, for example --wrt x"),
        (["x*y", "--wrt", "z"], "there is no variable z; the variables are x, y"),
        (["polar"], "steps needs one output, and the function has 2; give one of them alone"),
        (["x", "--at", "y=1"], "there is no variable y"),
        (["sin(x", "--wrt", "x"], "( is never closed"),
    ],
)
def test_unusable_input(run: Run, arguments: list[str], message: str) -> None:
    shown = run("steps", *arguments)
    assert (shown.status, shown.out) == (2, "")
    assert shown.err.startswith("Error: ")
    assert message in shown.err.splitlines()[0]


def test_python_code_that_branches(run: Run, tmp_path: Path) -> None:
    (tmp_path / "branching.py").write_text("def f(x):\n    return x * x if x > 0 else -x\n")
    source = f"{tmp_path}/branching.py:f"
    assert "the formula of f depends on the point; add --at x=..." in run("steps", source).err
    assert run("steps", source, "--at", "x=-1", "--format", "json").data["derivative"] == "-1"


def test_deep_nesting_is_one_line_of_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "deep.py").write_text("def f(x):\n    for _ in range(10**4):\n        x = x + 1\n    return x\n")
    shown = run("steps", f"{tmp_path}/deep.py:f")
    assert shown.status == 2
    assert len(shown.err.splitlines()) == 1
    assert "10000 operations" in shown.err


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_partial_derivatives_in_any_encoding(program: Run, encoding: str) -> None:
    shown = program("steps", "x*y", encoding=encoding, PYTHONIOENCODING=f"{encoding}:strict")
    assert shown.out.startswith("d/dx(x*y) = y" if encoding == "ascii" else "∂/∂x(x*y) = y")


def test_steps_need_no_computer_algebra(environment: dict[str, str]) -> None:
    loaded = modules_after(environment, "steps", "x^2*sin(x)")
    assert not loaded & {"sympy", "matplotlib", "flint"}
