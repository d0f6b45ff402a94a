"""What people type: formulas that look like options, mistyped options, points and files that do not fit."""

from pathlib import Path

import pytest

from .conftest import Run


@pytest.mark.parametrize("formula", ["-x^2", "-x", "-h*x", "--x^2", "-(x+1)", "-sin(x)"])
def test_formula_that_starts_with_a_minus_sign(run: Run, formula: str) -> None:
    given = run("trace", formula, "--at", "x=3" if "h" not in formula else "x=3,h=1", "--format", "json")
    assert given.status == 0
    assert run("trace", "--format=json", "--at", "x=3", formula.replace("h*", "1*")).status == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["trce"], "No such command 'trce'. Did you mean 'trace'?"),
        (["--verson"], "No such option '--verson'. Did you mean '--version'?"),
        (["trace"], "Missing argument 'FUNCTION'. Write a formula such as"),
        (["trace", "-x^2", "--formt", "json"], "No such option '--formt'."),
        (["trace", "-x^2", "-format", "json"], "No such option '-format'. Did you mean '--format'?"),
        (["trace", "-x", "--at"], "Option '--at' needs a value after it"),
        (["trace", "x", "--at", "x=1", "--mode", "sideways"], "'sideways' is not one of 'forward', 'reverse'"),
        (["trace", "x", "--at", "x=1", "--format", "xml"], "'xml' is not one of 'table', 'json', 'markdown', 'latex'"),
        (["trace", "x*y"], "the point is missing; give every variable a value: --at x=1 --at y=1"),
        (["trace", "x*y", "--at", "x=1"], "y"),
        (["trace", "x", "--at", "x=1,y=2"], "y"),
        (["trace", "x", "--at", "x=one"], "one"),
        (["trace", "x", "--at", "x=1", "--wrt", "z"], "there is no variable z; the variables are x"),
        (["trace", "", "--at", "x=1"], ""),
        (["trace", "sinn(x)", "--at", "x=1"], "sin"),
        (["trace", "sin(x", "--at", "x=1"], ""),
        (["trace", "nowhere.py:f", "--at", "x=1"], "there is no file nowhere.py"),
        (["trace", "lecture", "--output", "graph.gif"], "unknown ending .gif; write a name that ends in .png"),
        (["trace", "lecture", "--output", "no/such/graph.png"], "the folder no/such does not exist"),
        (["cost", "--sizes", "1,a"], "write for example 1,10,100"),
        (["cost", "--sizes", "0"], "give whole numbers from 1"),
        (["cost", "x^2"], "the number of inputs of x^2 is fixed"),
    ],
)
def test_unusable_input(run: Run, arguments: list[str], message: str) -> None:
    shown = run(*arguments)
    assert shown.status == 2
    assert shown.out == ""
    assert shown.err.startswith("Error: ")
    assert message in shown.err.splitlines()[0]
    assert all(line.startswith("  ") for line in shown.err.splitlines()[1:])  # an excerpt with carets at most
    assert "Traceback" not in shown.err


def test_catalogue_brings_its_point(run: Run) -> None:
    named = run("trace", "lecture", "--format", "json")
    written = run("trace", "ln(x1) + x1*x2 - sin(x2)", "--at", "x1=2", "--at", "x2=5", "--format", "json")
    assert named.data == written.data


def test_what_a_python_file_prints_is_not_in_the_json(run: Run, tmp_path: Path) -> None:
    source = tmp_path / "loud.py"
    source.write_text("print('imported')\n\ndef f(x):\n    print('called')\n    return x * x\n")
    shown = run("trace", f"{source}:f", "--at", "x=3", "--format", "json")
    assert shown.data["derivative"] == {"x": 6.0}
    assert "imported" in shown.err
    assert "called" in shown.err


@pytest.mark.parametrize("source", ["raise SystemExit(7)", "import sys\ndef f(x):\n    sys.exit(7)"])
def test_python_file_that_exits(run: Run, tmp_path: Path, source: str) -> None:
    (tmp_path / "leaving.py").write_text(source)
    shown = run("trace", f"{tmp_path}/leaving.py:f", "--at", "x=3")
    assert shown.status == 2
    assert shown.err.startswith("Error: ")
