"""`diffcompare engines`, and the commands that take engines by name."""

from __future__ import annotations

import sys
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
    monkeypatch.setitem(sys.modules, "jax", None)
    out = run("engines").out
    assert "jax is not installed; pip install jax" in out
    assert max(map(len, out.splitlines())) <= 80


def test_an_engine_that_is_installed_but_broken_does_not_run_here(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guests, "version", lambda name: "1.0.0.dev20260101+with.a.long.version")
    monkeypatch.setitem(sys.modules, "casadi", None)
    rows = {row["engine"]: row for row in run("engines", "--format", "json").data["engines"]}
    assert (rows["casadi"]["available"], rows["reverse"]["available"]) == (False, True)
    assert rows["casadi"]["reason"].startswith("casadi raised ModuleNotFoundError: import of casadi halted")
    out = run("engines").out
    assert "casadi raised ModuleNotFoundError" in out
    assert max(map(len, out.splitlines())) <= 80


def test_a_plug_in_that_ends_the_program_is_a_line(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "quits-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: quits\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("[diffcompare.engines]\nquits = quits_engine:quits\n")
    (tmp_path / "quits_engine.py").write_text("import sys\n\ndef quits(function, point):\n    sys.exit(3)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    *others, row = run("engines", "--format", "json").data["engines"]
    assert [other["engine"] for other in others] == list(ENGINES)
    assert (row["engine"], row["available"], row["reason"]) == ("quits", False, "quits raised SystemExit: 3")
    shown = run("compare", "x^2", "--at", "x=3", "--engine", "reverse", "--engine", "quits")
    assert (shown.status, shown.err) == (0, "")
    assert "quits raised SystemExit: 3" in shown.out
    assert "reverse is right to the last place" in shown.out


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
