"""Engines of others: packages that are not there, plug-ins that work, and plug-ins that do not."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

import diffcompare as dc
from diffcompare.engines import ENGINES, DiffCompareError, engine_named, guests, obstacle
from diffcompare.engines.guests import plugins

PEERS = [name for name, row in ENGINES.items() if row.guest]
Install = Callable[..., None]

# The example of the README: reverse mode of our own, under another name.
MINE = """
    from diffcompare.engines.jacobian import reverse

    def mine(function, point):
        return reverse(function, point)

    def fails(function, point):
        raise ValueError("the sky is green\\nand the sea")

    def quits(function, point):
        raise SystemExit(3)

    def panics(function, point):
        class PanicException(BaseException): pass  # as libraries in Rust raise it
        raise PanicException("index out of bounds")

    def warns(function, point):
        import warnings
        warnings.warn("look out")
        return reverse(function, point)

    def forgets(function, point):
        return 42

    def misshapes(function, point):
        from dataclasses import replace
        return replace(reverse(function, point), jacobian=[[1.0, 2.0, 3.0]])

    def miscounts(function, point):
        from dataclasses import replace
        return replace(reverse(function, point), counted=lambda: 1 // 0)
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """A tiny distribution that offers these entry points, on the path for the time of a test."""

    def into_path(*entries: str, name: str = "tiny", code: str = MINE) -> None:
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text("\n".join(["[diffcompare.engines]", *entries]))
        (tmp_path / f"{name}_engine.py").write_text(dedent(code))
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, f"{name}_engine", raising=False)
        importlib.invalidate_caches()

    return into_path


def test_a_plug_in_is_an_engine_like_any_other(install: Install) -> None:
    install("mine = tiny_engine:mine")
    (row,) = plugins()
    assert (row.name, row.kind, row.package) == ("mine", "plug-in", "tiny")
    assert obstacle(row) == ""
    assert dc.gradient("x^2", at={"x": 3}, engine="mine") == {"x": 6.0}
    (found,) = dc.compare("abs(x)", at={"x": 0.0}, engines=["mine"]).engines
    assert found.note == "its own convention at abs(x)"
    assert dc.sweep("x^2", at={"x": 3.0}, engines=["mine"], steps=(1e-3, 1e-2, 2)).lines[0].error == 0.0
    assert [row.evaluations for row in dc.cost(sizes=[2], engines=["mine"]).rows] == [1]


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("mine = tiny_engine:fails", "mine raised ValueError: the sky is green"),
        ("mine = tiny_engine:quits", "mine raised SystemExit: 3"),
        ("mine = tiny_engine:panics", "mine raised PanicException: index out of bounds"),
        ("mine = tiny_engine:forgets", "mine answered with a int; it owes Derivatives"),
        ("mine = tiny_engine:misshapes", "mine answered with a Jacobian of shape (1, 3), not (1, 1)"),
        ("mine = tiny_engine:absent", "mine raised AttributeError: module 'tiny_engine' has no attribute 'absent'"),
        ("mine = nowhere_engine:mine", "mine raised ModuleNotFoundError: No module named 'nowhere_engine'"),
        ("mine = ??", "mine raised"),
        ("mine =", "mine raised"),
    ],
)
def test_a_broken_plug_in_is_one_line(entry: str, reason: str, install: Install) -> None:
    install(entry)
    (row,) = plugins()
    assert obstacle(row).startswith(reason)
    (found,) = dc.compare("x^2", at={"x": 3.0}, engines=["mine"]).engines
    assert not found.available
    assert found.note.startswith(reason)
    with pytest.raises(DiffCompareError, match="mine"):
        dc.gradient("x^2", at={"x": 3.0}, engine="mine")


def test_an_interruption_is_none_of_a_plug_in_s_failures(install: Install) -> None:
    install("mine = tiny_engine:mine", code="def mine(function, point):\n    raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        dc.compare("x^2", at={"x": 3.0}, engines=["mine"])


def test_warnings_of_a_plug_in_and_its_counting_stay_its_own(install: Install) -> None:
    install("mine = tiny_engine:warns", "other = tiny_engine:miscounts")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert dc.gradient("x^2", at={"x": 3}, engine="mine") == {"x": 6.0}
    (found,) = dc.compare("x^2", at={"x": 3.0}, engines=["other"]).engines
    assert found.gradient == {"x": 6.0}
    assert found.operations is None


def test_a_plug_in_does_not_take_the_place_of_an_engine(install: Install) -> None:
    install("reverse = tiny_engine:fails")
    (row,) = plugins()
    assert obstacle(row) == "another engine has the name reverse"
    assert dc.gradient("x^2", at={"x": 3}, engine="reverse") == {"x": 6.0}


def test_a_package_whose_entry_points_cannot_be_read_offers_none(install: Install) -> None:
    install("not an entry point")
    assert plugins() == []


def test_a_misspelt_name_finds_the_nearest_plug_in(install: Install) -> None:
    install("mine = tiny_engine:mine")
    with pytest.raises(DiffCompareError, match=r"there is no engine minee; did you mean mine\?"):
        engine_named("minee")


@pytest.fixture(params=PEERS)
def absent(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A peer made absent: neither its module nor its metadata can be found."""

    def version(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(guests, "version", version)
    for module in [name for name in sys.modules if name.split(".")[0] == request.param]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, request.param, None)
    name: str = request.param
    return name


def test_an_absent_peer_is_a_line_with_the_command_that_installs_it(absent: str) -> None:
    advice = f"{absent} is not installed; pip install {absent}"
    assert obstacle(ENGINES[absent]) == advice
    result = dc.compare("x^2", at={"x": 3.0}, engines=["reverse", absent])
    ours, theirs = result.to_dict()["engines"]
    assert ours["available"]
    assert (theirs["available"], theirs["gradient"], theirs["note"]) == (False, {"x": None}, advice)
    assert dc.sweep("x^2", at={"x": 3.0}, engines=[absent], steps=(1e-3, 1e-2, 2)).lines[0].note == advice
    cost = dc.cost(sizes=[1, 2], engines=[absent])
    assert (cost.rows, cost.left_out) == ((), (f"{absent} from n = 1 on: {advice}",))


def test_a_peer_that_is_installed_but_broken_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guests, "version", lambda name: "1.0")
    monkeypatch.setitem(sys.modules, "casadi", None)
    (found,) = dc.compare("x^2", at={"x": 3.0}, engines=["casadi"]).engines
    assert found.note.startswith("casadi raised ModuleNotFoundError: import of casadi halted")


def test_an_engine_with_a_step_is_no_line_of_a_sweep() -> None:
    with pytest.raises(DiffCompareError, match="write --scheme central"):
        dc.sweep("x^2", at={"x": 3.0}, engines=["finite-central"])


def test_a_line_in_other_floats_is_left_to_those_that_compute_in_them() -> None:
    sweep: Any = dc.sweep("x^2", at={"x": 3.0}, engines=["finite-adaptive"], steps=(1e-2, 1e-1, 2), dtype="float32")
    assert sweep.lines[0].error is None
    assert "a sweep in float64 shows it" in sweep.lines[0].note
