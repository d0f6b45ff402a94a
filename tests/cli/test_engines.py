"""`diffcompare engines`, and the commands that take engines by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from diffcompare.engines import ENGINES, guests
from tests.cli.conftest import Run

ROW = {"engine", "kind", "rules", "does", "lacks", "package", "version", "available", "reason"}


def test_engines_are_listed_with_what_they_are_and_can(run: Run) -> None:
    rows = run("engines", "--format", "json").data["engines"]
    assert [row["engine"] for row in rows] == list(ENGINES)
    assert all(set(row) == ROW and row["does"] for row in rows)
    torch = next(row for row in rows if row["engine"] == "torch")
    assert (torch["kind"], torch["rules"], torch["lacks"]) == ("automatic", "PyTorch's", ["gamma"])
    assert torch["available"] == bool(torch["version"])


def test_an_absent_engine_comes_with_the_command_that_installs_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise guests.PackageNotFoundError(name)

    monkeypatch.setattr(guests, "version", version)
    out = run("engines").out
    assert "jax is not installed; pip install jax" in out
    assert max(map(len, out.splitlines())) <= 80


def test_listing_the_engines_imports_no_peer(program: Run) -> None:
    done = program("engines", PYTHONPROFILEIMPORTTIME="1")
    imported = {line.rpartition("|")[2].strip() for line in done.err.splitlines() if line.startswith("import time:")}
    assert done.status == 0
    assert not imported & {"jax", "torch", "casadi", "autograd", "symengine", "numdifftools", "jacobi"}


def test_cost_takes_engines(run: Run) -> None:
    rows = run("cost", "--sizes", "1,2", "--engine", "reverse", "--format", "json").data["rows"]
    assert [(row["n"], row["engine"]) for row in rows] == [(1, "reverse"), (2, "reverse")]


def test_cost_of_an_engine_whose_operations_nobody_counts(run: Run) -> None:
    pytest.importorskip("autograd", reason="autograd is not installed; pip install 'diffcompare[peers]' brings it")
    (row,) = run("cost", "--sizes", "2", "--engine", "autograd", "--format", "json").data["rows"]
    assert (row["operations"], row["ratio_to_function"]) == (None, None)
    assert run("cost", "--sizes", "2", "--engine", "autograd").status == 0


def test_sweep_takes_engines(run: Run) -> None:
    found = run(
        "sweep", "x^2", "--at", "x=3", "--steps", "1e-3:1e-2:2", "--engine", "finite-adaptive", "--format", "json"
    )
    (line,) = found.data["lines"]
    assert line["engine"] == "finite-adaptive"
    assert line["note"].startswith("estimated error")


@pytest.mark.parametrize("command", [("compare", "x", "--at", "x=1"), ("cost",), ("sweep", "x", "--at", "x=1")])
def test_an_engine_that_does_not_exist_is_named(command: tuple[str, ...], run: Run) -> None:
    done = run(*command, "--engine", "torhc")
    assert (done.status, done.out) == (2, "")
    assert done.err == "Error: there is no engine torhc; did you mean torch?\n"


def test_a_report_compares_the_engines_that_are_asked_for(tmp_path: Path, run: Run) -> None:
    done = run("report", "x^2", "--at", "x=3", "--engine", "nobody", "--output", str(tmp_path / "book.pdf"))
    assert done.status == 2
    assert done.err.startswith("Error: there is no engine nobody; there are forward, reverse")
    assert not list(tmp_path.iterdir())
