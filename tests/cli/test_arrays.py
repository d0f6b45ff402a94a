"""Commands at points with vectors and matrices: what is printed whole, what is shortened, and what is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from diffcompare.expression.point import parse_point
from diffcompare_cli.layout import written

from .conftest import Run

SOURCE = """
import numpy as np

def det(A):
    return np.linalg.det(A)

def solve(A, b):
    return np.linalg.solve(A, b)

def loss(W, x):
    z = W @ x
    return np.log(np.sum(np.exp(z - np.max(z)))) + np.max(z) - z[0]

def smooth(x):
    return np.sum(np.sin(x) * x)

def lowest(A):
    return np.linalg.eigvalsh(A)[0]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(SOURCE)
    return path


def vector(n: int) -> str:
    """A point with n entries."""
    return f"x=[{','.join(f'{k}/7' for k in range(1, n + 1))}]"


@given(arrays.arrays(float, arrays.array_shapes(max_dims=3, max_side=2), elements=st.floats(-1e300, 1e300)))
def test_what_is_printed_of_an_array_is_what_at_takes(value: np.ndarray) -> None:
    again = parse_point([f"W={written(value)}"])["W"]
    assert again.shape == value.shape
    assert np.array_equal(again, value)


def test_large_arrays_are_printed_by_their_shape() -> None:
    assert written(np.ones((30, 30))) == "30 x 30 numbers"


def test_compare_names_the_entries_of_a_matrix(run: Run, file: Path) -> None:
    shown = run("compare", f"{file}:det", "--at", "A=[[1,2],[3,4]]")
    assert shown.status == 0
    assert shown.out.splitlines()[:2] == [
        "f(A) = A[0,0]*A[1,1] - A[0,1]*A[1,0]",
        "f = -2 at A = [[1,2],[3,4]]",
    ]
    assert "∂f/∂A[0,1]   -3.0" in shown.out
    data = run("compare", f"{file}:det", "--at", "A=[[1,2],[3,4]]", "--format", "json").data
    assert data["point"] == {"A": [[1.0, 2.0], [3.0, 4.0]]}
    assert data["reference"]["gradient"] == {"A[0,0]": "4.0", "A[0,1]": "-3.0", "A[1,0]": "-2.0", "A[1,1]": "1.0"}


def test_compare_shows_the_worst_of_many_variables(run: Run, file: Path) -> None:
    shown = run("compare", f"{file}:smooth", "--at", vector(20), "--engine", "reverse", "--engine", "finite-central")
    lines = shown.out.splitlines()
    assert lines[1].endswith("at x = 20 numbers")
    assert "and 12 more" in lines
    rows = [line for line in lines if line.startswith(("reverse  ", "finite-central  "))]
    assert len(rows) == 4  # one of errors and one of costs for each


def test_an_array_as_the_result_gets_advice(run: Run, file: Path) -> None:
    shown = run("compare", f"{file}:solve", "--at", "A=[[1,2],[3,4]],b=[1,1]")
    assert shown.status == 2
    assert shown.err == (
        "Error: compare takes a function of one output and this one has 2; compare its outputs one at a time, as in "
        "f(x)[0], or use jacobian\n"
    )


def test_code_that_needs_whole_arrays_is_refused_in_one_line_except_by_compare(run: Run, file: Path) -> None:
    shown = run("compare", f"{file}:lowest", "--at", "A=[[1,2],[2,5]]")
    assert (shown.status, shown.err) == (0, "")
    assert "on whole arrays, not by entries" in shown.out
    for command in ("trace", "jacobian"):
        shown = run(command, f"{file}:lowest", "--at", "A=[[1,2],[2,5]]")
        assert shown.status == 2
        assert shown.err == (
            "Error: np.linalg.eigvalsh cannot be traced entry by entry; dc.grad and dc.jacobian differentiate it on "
            "whole arrays\n"
        )


def test_trace_of_a_matrix_function(run: Run, file: Path) -> None:
    shown = run("trace", f"{file}:det", "--at", "A=[[1,2],[3,4]]", "--mode", "forward", "--wrt", "A[1,0]")
    assert "v-1 = A[1,0]" in shown.out
    assert shown.out.splitlines()[-1] == "∂y1/∂A[1,0] = -2"
    data = run("trace", f"{file}:loss", "--at", "W=[[1,2],[3,4]],x=[1,0]", "--format", "json").data
    assert list(data["derivative"]) == ["W[0,0]", "W[0,1]", "W[1,0]", "W[1,1]", "x[0]", "x[1]"]
    probability = 1 / (1 + np.exp(1.0 - 3.0))
    assert data["derivative"]["W[1,0]"] == pytest.approx(probability, rel=1e-15)


def test_a_long_trace_is_shortened_and_whole_in_json(run: Run, file: Path) -> None:
    lines = run("trace", f"{file}:smooth", "--at", vector(300)).out.splitlines()
    assert len(lines) < 150
    assert "... 270 more inputs" in lines
    assert "... 869 more operations" in lines
    assert "... 270 more" in lines
    assert lines[-1].startswith("∂y1/∂x[299] = ")
    assert len(run("trace", f"{file}:smooth", "--at", vector(300), "--format", "json").data["rows"]) == 300 + 899


def test_trace_of_whole_arrays_with_their_shapes(run: Run, file: Path, tmp_path: Path) -> None:
    arguments = ("trace", f"{file}:loss", "--at", "W=[[1,2],[3,4]],x=[1,0]", "--arrays")
    shown = run(*arguments, "--output", str(tmp_path / "graph.svg"))
    lines = [line.split("  ") for line in shown.out.splitlines()]
    assert ["W", "2 x 2"] in [[cells[0], cells[-1].strip()] for cells in lines]
    assert (tmp_path / "graph.svg").read_text().startswith("<?xml")
    nodes = run(*arguments, "--format", "json").data["nodes"]
    assert [node["shape"] for node in nodes if node["root"]] == [[]]
    run(*arguments, "--output", str(tmp_path / "graph.dot"))
    assert (tmp_path / "graph.dot").read_text().count("[label=") == len(nodes)


def test_whole_arrays_need_no_entries_and_show_no_derivatives(run: Run, file: Path) -> None:
    assert "v1 = eigh(A)" in run("trace", f"{file}:lowest", "--at", "A=[[1,2],[2,5]]", "--arrays").out
    for option, value in (("--mode", "reverse"), ("--wrt", "A")):
        refused = run("trace", f"{file}:lowest", "--at", "A=[[1,2],[2,5]]", "--arrays", option, value)
        assert refused.status == 2
        assert f"leave out {option} or --arrays" in refused.err


def test_jacobian_of_a_vector_by_a_matrix(run: Run, file: Path) -> None:
    shown = run("jacobian", f"{file}:solve", "--at", "A=[[2,0],[0,4]],b=[2,4]")
    assert "2 x 6 Jacobian by reverse mode in 2 passes" in shown.out
    assert shown.out.splitlines()[-2].split() == ["y1", "-0.5", "-0.5", "0", "0", "0.5", "0"]  # -A^-1 x, and A^-1
    assert all(len(line) <= 80 for line in shown.out.splitlines())


def test_a_wide_jacobian_is_shortened_and_whole_in_json(run: Run, file: Path) -> None:
    lines = run("jacobian", f"{file}:smooth", "--at", vector(50)).out.splitlines()
    assert lines[-3].split() == ["Jacobian", "x[0]", "x[1]", "x[2]", "...", "x[47]", "x[48]", "x[49]"]
    assert len(run("jacobian", f"{file}:smooth", "--at", vector(50), "--format", "json").data["jacobian"][0]) == 50


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ("A=[[1,2],[3]]", "the rows of A have different lengths"),
        ("A=[]", "A=[] is no array with entries"),
        ("A=[[1,2],[3,nan]]", "A=nan is no point to differentiate at"),
        ("A=[[1,2,3],[4,5,6]]", "square"),
        ("A=[[1,2],[3,4]],B=1", "there is no variable B"),
    ],
)
def test_arrays_that_do_not_fit_are_one_line(run: Run, file: Path, at: str, message: str) -> None:
    shown = run("compare", f"{file}:det", "--at", at)
    assert shown.status == 2
    assert shown.err.startswith("Error: ")
    assert message in shown.err
    assert len(shown.err.splitlines()) == 1


def test_a_formula_of_a_matrix(run: Run) -> None:
    shown = run("trace", "W[0,1]*sin(W[1,0])", "--at", "W=[[1,2],[3,4]]", "--format", "latex")
    assert r"\frac{\partial y_{1}}{\partial W_{0,1}} = 0.1411200080598672" in shown.out
