"""diffcompare swell as people run it."""

from pathlib import Path

import pytest

from .conftest import Run


def test_the_lectures_table_on_a_terminal(run: Run) -> None:
    shown = run("swell")
    assert (shown.status, shown.err) == (0, "")
    lines = shown.out.splitlines()
    assert "dl3/dx = 16*(1 - x)*(1 - 2*x)^2 - 16*x*(1 - 2*x)^2 - 64*x*(1 - x)*(1 - 2*x)" in lines
    assert "       = 16*(1 - 10*x + 24*x^2 - 16*x^3)" in lines
    assert any(line.split() == ["12", "6141", "33", "68607", "86", "85"] for line in lines)
    assert "over budget at n = 10" in shown.out
    assert "Swell belongs to trees" in shown.out


@pytest.mark.parametrize("arguments", [(), ("--iterations", "1000"), ("sine",), ("heron",), ("a*l*(b - l)",), ("l^3",)])
def test_a_terminal_of_80_columns_is_wide_enough(run: Run, arguments: tuple[str, ...]) -> None:
    shown = run("swell", *arguments)
    assert shown.status == 0
    assert [line for line in shown.out.splitlines() if len(line) > 80] == []


def test_huge_counts_are_rounded_on_a_terminal_and_exact_in_json(run: Run) -> None:
    table = run("swell", "--iterations", "1000").out
    assert "1.6e301" in table  # 3 (2^999 - 1) = 1.607e301
    rows = run("swell", "--iterations", "1000", "--format", "json").data["rows"]
    assert rows[-1]["function_tree_operations"] == 3 * (2**999 - 1)


def test_a_long_table_is_thinned(run: Run) -> None:
    lines = run("swell", "l + x", "--iterations", "345").out.splitlines()
    shown = [line.split()[0] for line in lines if line.strip()[:1].isdigit()]
    assert shown[: len(shown) // 2] == [*"123456789", "10", "20", "50", "100", "200", "345"]


def test_markdown_and_latex_have_the_lectures_table(run: Run) -> None:
    markdown = run("swell", "--iterations", "3", "--format", "markdown").out
    assert [cell.strip() for cell in markdown.splitlines()[6].split("|")[1:-1]] == [
        "2", "4*x*(1 - x)", "4*(1 - x) - 4*x", "4 - 8*x",
    ]  # fmt: skip
    latex = run("swell", "--iterations", "3", "--format", "latex").out
    assert r"$4 \, x \, \left(1 - x\right)$" in latex
    assert r"$\frac{d l_{n}}{d x}$" in latex


@pytest.mark.parametrize("ending", ["png", "pdf", "svg"])
def test_figure(run: Run, tmp_path: Path, ending: str) -> None:
    picture = tmp_path / f"swell.{ending}"
    assert run("swell", "sin(x + l)", "--iterations", "5", "--output", str(picture)).status == 0
    assert picture.stat().st_size > 1000


@pytest.mark.parametrize(("arguments", "message"), [
    (["x^2"], "does not use l, the value before; write for example 4*l*(1 - l)"),
    (["logistc"], "did you mean logistic?"),
    (["sin(l"], "never closed"),
    (["--iterations", "0"], "0 iterations do not fit; give a whole number from 1 to 100000"),
    (["--iterations", "many"], "'many' is not a valid integer"),
    (["--iterations", "1000000"], "give a whole number"),
    (["--iterations", "20000"], "ask for at most 13985 iterations"),
    (["--iterations", "1", "--output", "swell.png"], "nothing to draw"),
    (["--output", "swell.gif"], "unknown ending .gif"),
])  # fmt: skip
def test_unusable_input(run: Run, arguments: list[str], message: str) -> None:
    shown = run("swell", *arguments)
    assert (shown.status, shown.out) == (2, "")
    assert shown.err.startswith("Error: ")
    assert message in shown.err.splitlines()[0]
