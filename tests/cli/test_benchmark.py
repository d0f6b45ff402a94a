"""diffcompare benchmark and diffcompare cost --scaling as people run them, with cases that take no time."""

from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from diffcompare.studies import benchmark as study
from diffcompare.studies.benchmark.case import Case, Claim, Way
from diffcompare_cli.main import program

from .conftest import Run

FIELDS = {"case", "subject", "against", "ratio", "low", "high", "target", "met"}


@pytest.fixture(autouse=True)
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two cases that take no time."""

    def absent() -> None:
        raise ModuleNotFoundError("No module named 'nobody'", name="nobody")

    ways = {"ours": Way(lambda: lambda: 1.0), "theirs": Way(lambda: lambda: 1.0), "nobody": Way(absent)}
    claims = (Claim("ours", "theirs", 1e6), Claim("ours", "1 s", 1e-12), Claim("ours", "nobody", 1.0))
    for name in [*study.CASES]:
        monkeypatch.delitem(study.CASES, name)
    for name in ("first", "second"):
        monkeypatch.setitem(study.CASES, name, Case(f"the {name} case", lambda: ways, claims, rounds=3))


def test_a_table_a_case(run: Run) -> None:
    shown = run("benchmark", "second")
    assert (shown.status, shown.err) == (0, "")
    assert "second: the second case" in shown.out
    assert "first" not in shown.out
    cells = [line.split() for line in shown.out.splitlines()]
    assert [row[-1] for row in cells if row[:1] == ["ours"]][1:3] == ["met", "missed"]
    assert "nobody is not installed" in shown.out
    assert max(map(len, shown.out.splitlines())) <= 80


def test_json_has_the_machine_and_all_rows(run: Run) -> None:
    data = run("benchmark", "--format", "json").data
    assert {"cpu", "cores", "python", "libraries"} <= {*data["machine"]}
    assert [row["case"] for row in data["rows"]] == ["first"] * 3 + ["second"] * 3
    assert all({*row} >= FIELDS for row in data["rows"])
    measured, missed, absent = data["rows"][:3]
    assert measured["low"] <= measured["ratio"] <= measured["high"]
    assert (measured["met"], missed["met"], absent["met"], absent["ratio"]) == (True, False, None, None)


def test_an_interruption_shows_what_there_is(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped() -> None:
        raise KeyboardInterrupt

    case = Case("the third case", lambda: {"ours": Way(stopped)}, (Claim("ours", "1 s", 1.0),))
    monkeypatch.setitem(study.CASES, "third", case)
    shown = run("benchmark", "second", "third", "--output", str(tmp_path / "ratios.svg"))
    assert (shown.status, shown.err) == (130, "Error: interrupted\n")
    assert "second: the second case" in shown.out
    assert "interrupted before the end of third" in shown.out
    assert (tmp_path / "ratios.svg").stat().st_size > 1000
    again = run("benchmark", "second", "third", "--format", "json")
    assert (again.status, again.data["left_out"], len(again.data["rows"])) == (130, ["third"], 3)
    nothing = run("benchmark", "third")
    assert (nothing.status, nothing.out) == (130, "")


def test_an_unknown_case_names_the_nearest(run: Run) -> None:
    shown = run("benchmark", "secnd")
    assert (shown.status, shown.out) == (2, "")
    assert "there is no case secnd; did you mean second?" in shown.err


def test_names_of_cases_complete() -> None:
    completion = ShellComplete(program, {}, "diffcompare", "_DIFFCOMPARE_COMPLETE")
    found = completion.get_completions(["benchmark"], "se")
    assert [(item.value, item.help) for item in found] == [("second", "the second case")]


def test_a_figure(run: Run, tmp_path: Path) -> None:
    picture = tmp_path / "ratios.png"
    assert run("benchmark", "--output", str(picture)).status == 0
    assert picture.stat().st_size > 1000


def test_scaling_is_three_tables_of_powers(run: Run, tmp_path: Path) -> None:
    picture = tmp_path / "scaling.svg"
    arguments = ("cost", "--scaling", "--sizes", "10,20,40", "--engine", "reverse")
    shown = run(*arguments, "--output", str(picture))
    assert (shown.status, shown.err) == (0, "")
    cells = [line.split() for line in shown.out.splitlines()]
    claims = [row[2:4] for row in cells if row[:1] == ["reverse"]]
    assert claims == [["0", "0.00"], ["1", "1.00"], ["0", "0.00"]]
    assert max(map(len, shown.out.splitlines())) <= 80
    assert picture.stat().st_size > 1000
    data = run(*arguments, "--format", "json").data
    assert {fit["axis"] for fit in data["fits"]} == {"n", "m", "l"}
    assert len(data["rows"]) == 9
    assert "fewer were measured" not in shown.out


@pytest.mark.parametrize("sizes", ["10", "10,20", "2,3,100"])
def test_sizes_that_are_too_few_for_a_power_are_called_so(sizes: str, run: Run, tmp_path: Path) -> None:
    picture = tmp_path / "scaling.svg"
    shown = run("cost", "--scaling", "--sizes", sizes, "--engine", "reverse", "--output", str(picture))
    assert (shown.status, shown.err) == (0, "")
    claims = [line.split()[2:] for line in shown.out.splitlines() if line.startswith("reverse")]
    assert claims == [["0"], ["1"], ["0"]]
    words = " ".join(shown.out.split())
    assert "A power is fitted through 3 sizes or more of the largest decade and a half" in words
    assert max(map(len, shown.out.splitlines())) <= 80
    assert picture.stat().st_size > 1000
