"""diffcompare modes as people run it."""

from pathlib import Path

import pytest

from .conftest import Run


def test_json_has_the_fields_of_the_interface(run: Run) -> None:
    rows = run("modes", "--format", "json").data["rows"]
    assert [row["mode"] for row in rows] == ["default", "no-grad", "inference"]
    for row in rows:
        assert row["seconds"] > 0
        assert row["peak_bytes"] > 0
    assert [row["recorded"] for row in rows] == [True, False, False]
    assert [row["usable_later"] for row in rows] == [True, True, False]


def test_both_tables_and_the_reason_fit_a_terminal(run: Run) -> None:
    shown = run("modes")
    assert (shown.status, shown.err) == (0, "")
    lines = [" ".join(line.split()) for line in shown.out.splitlines()]
    assert "operations stay out of the backward graph no yes yes" in lines
    assert "further tracking overhead is skipped no no yes" in lines
    assert "results may enter the graph later yes yes no" in lines
    assert any(line.startswith("inference: ") and "inference mode" in line for line in lines)
    assert max(map(len, shown.out.splitlines())) <= 80


@pytest.mark.parametrize(("layout", "cell"), [("markdown", "| default   |"), ("latex", r"default   &")])
def test_tables_in_other_formats(run: Run, layout: str, cell: str) -> None:
    assert cell in run("modes", "--format", layout).out


@pytest.mark.parametrize("ending", ["png", "pdf", "svg"])
def test_figure(run: Run, tmp_path: Path, ending: str) -> None:
    picture = tmp_path / f"modes.{ending}"
    assert run("modes", "--output", str(picture)).status == 0
    assert picture.stat().st_size > 1000


def test_another_size_is_refused(run: Run) -> None:
    shown = run("modes", "--size", "large")
    assert (shown.status, shown.out) == (2, "")
    assert "'large' is not one of 'small', 'lecture'" in shown.err
