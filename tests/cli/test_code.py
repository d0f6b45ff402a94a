"""diffcompare code: the program on standard output, in the format and the language that was asked for."""

import json
from pathlib import Path

import pytest

import diffcompare as dc

from .conftest import Run

LECTURE = "ln(x1) + x1*x2 - sin(x2)"


@pytest.mark.parametrize("target", ["python", "numpy", "c", "latex"])
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_prints_the_program_and_nothing_else(run: Run, target: str, mode: str) -> None:
    study = dc.code(LECTURE, mode=mode, target=target)
    assert run("code", LECTURE, "--mode", mode, "--target", target) == (0, study.source + "\n", "")
    shown = run("code", LECTURE, "--mode", mode, "--target", target, "--format", "json")
    assert json.loads(shown.out) == {"source": study.source, "operations": study.operations}


def test_the_default_is_the_adjoint_program_in_python(run: Run) -> None:
    assert run("code", "lecture").out == dc.code(LECTURE).source + "\n"


def test_markdown_and_latex_take_the_program_as_it_is(run: Run) -> None:
    source = dc.code("-x^2").source
    assert run("code", "-x^2", "--format", "markdown").out == f"```python\n{source}\n```\n"
    assert run("code", "-x^2", "--format", "latex").out == f"\\begin{{verbatim}}\n{source}\n\\end{{verbatim}}\n"
    assert run("code", "-x^2", "--format", "latex", "--target", "latex").out.startswith("\\begin{align}")


def test_code_with_branches_needs_the_point(run: Run, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text("def f(x):\n    return x if x > 0 else -x*x\n")
    place = f"{tmp_path / 'own.py'}:f"
    refused = run("code", place)
    assert (refused.status, refused.out) == (2, "")
    assert refused.err.startswith("Error: the formula of f depends on the point; add --at x=")
    assert "raise ValueError" in run("code", place, "--at", "x=-2").out


@pytest.mark.parametrize(
    "arguments",
    [
        ("x", "--mode", "sideways"),
        ("x", "--target", "fortran"),
        ("polygamma(1, x)", "--target", "c"),
        ("x", "--at", "y=1"),
    ],
)
def test_bad_input_is_one_line(run: Run, arguments: tuple[str, ...]) -> None:
    shown = run("code", *arguments)
    assert (shown.status, shown.out) == (2, "")
    assert shown.err.count("\n") == 1
