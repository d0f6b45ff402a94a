"""The cases compute the same numbers in every way, and ratios say what was measured."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from diffcompare.errors import DiffCompareError
from diffcompare.studies import benchmark as study
from diffcompare.studies.benchmark.case import Case, Claim, Way, disagreement
from diffcompare.studies.benchmark.cases import CASES, mixture, tape
from diffcompare.studies.benchmark.measurement import alternately, ratio, seconds_of

QUICK = [name for name in CASES if name not in ("start", "tree-counts", "tape-memory")]  # seconds, of one run


def once(run: Callable[[], Any]) -> float:
    run()
    return 1.0


def answering(cost: float, answer: float = 1.0) -> Way:
    """A way whose cost is known beforehand."""
    return Way(lambda: lambda: (answer, cost), ("gradient", f"a cost of {cost}"))


def cost_of(run: Callable[[], Any]) -> float:
    results = run()
    return float(results[1]) if results else 0.0


@pytest.mark.parametrize("name", QUICK)
def test_every_way_of_a_case_computes_the_same_numbers(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tape, "OPERATIONS", 400)
    with study.double_precision():
        runs, _, notes = study.prepared(replace(CASES[name], measure=once))
    assert all("is not installed" in note for note in notes.values()), notes
    ours = {claim.subject for claim in CASES[name].claims}
    assert {*notes} <= {"compiled, Numba"} or not ours & {*notes}
    assert ours & {*runs}


@pytest.mark.parametrize("name", CASES)
def test_every_claim_is_about_ways_of_its_case(name: str) -> None:
    case = CASES[name]
    ways = case.ways()
    for claim in case.claims:
        assert claim.subject in ways
        assert claim.against in (*ways, case.unit)
        assert claim.target > 0


def test_a_ratio_is_of_turns_and_its_interval_holds_half_of_them() -> None:
    subject, against = np.arange(1.0, 102.0), np.full(101, 2.0)
    assert ratio(list(subject), list(against)) == (25.5, 13.0, 38.0)


def test_ways_take_turns_and_every_other_turn_goes_backwards() -> None:
    seen: list[str] = []
    runs = {name: (lambda name=name: seen.append(name)) for name in "ab"}
    alternately(runs, once, budget=1.0, rounds=3)
    assert seen == list("abbaab")


def test_short_runs_are_repeated_until_the_clock_can_tell() -> None:
    count = 0

    def run() -> None:
        nonlocal count
        count += 1

    assert 0 < seconds_of(run) < 1e-3
    assert count > 100


def test_a_row_says_what_was_measured_and_whether_the_claim_holds() -> None:
    def ways() -> dict[str, Way]:
        return {"theirs": answering(4.0), "ours": answering(2.0)}

    claims = (Claim("ours", "theirs", 0.5), Claim("ours", "theirs", 0.4), Claim("ours", "1 s", 2.0))

    rows = list(study.measured("case", Case("title", ways, claims, cost_of, rounds=5), seconds=1.0))
    assert [(row.ratio, row.low, row.high, row.met) for row in rows] == [
        (0.5, 0.5, 0.5, True), (0.5, 0.5, 0.5, False), (2.0, 2.0, 2.0, True),
    ]  # fmt: skip
    assert (rows[0].rounds, rows[0].subject_cost, rows[0].against_cost) == (5, 2.0, 4.0)


def test_a_missing_library_is_a_row_that_says_so() -> None:
    def absent() -> Any:
        raise ModuleNotFoundError("No module named 'nobody'", name="nobody")

    def ways() -> dict[str, Way]:
        return {"theirs": Way(absent), "ours": answering(1.0)}

    (row,) = study.measured("case", Case("title", ways, (Claim("ours", "theirs", 1.0),), cost_of), seconds=0.1)
    assert (row.ratio, row.met, row.note) == (None, None, "nobody is not installed")


def raising(error: BaseException) -> Callable[[], Any]:
    def run() -> Any:
        raise error

    return run


@pytest.mark.parametrize(("error", "note"), [
    (ImportError("jax needs NumPy < 2\nand more"), "theirs raised ImportError: jax needs NumPy < 2"),
    (ModuleNotFoundError("No module named 'jaxlib'", name="jaxlib"), "jaxlib is not installed"),
    (DiffCompareError("numba is not installed; pip install 'diffcompare[jit]'"),
     "numba is not installed; pip install 'diffcompare[jit]'"),
    (RuntimeError(), "theirs raised RuntimeError: no message"),
])  # fmt: skip
@pytest.mark.parametrize("when", ["prepared", "run"])
def test_a_way_that_fails_costs_its_own_claims_alone(error: Exception, note: str, when: str) -> None:
    theirs = Way(raising(error)) if when == "prepared" else Way(lambda: raising(error))
    claims = (Claim("ours", "theirs", 1.0), Claim("ours", "1 s", 1.0))
    case = Case("title", lambda: {"theirs": theirs, "ours": answering(1.0)}, claims, cost_of)
    lost, kept = study.measured("case", case, seconds=0.1)
    assert (lost.ratio, lost.met, lost.note) == (None, None, note)
    assert (kept.ratio, kept.note) == (1.0, "")


def test_a_case_that_fails_leaves_the_rows_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    claims = (Claim("ours", "1 s", 1.0),)
    good = Case("title", lambda: {"ours": answering(1.0)}, claims, cost_of)
    first = [1.0]

    def once_only(run: Callable[[], Any]) -> float:
        run()
        return first.pop()

    bad = replace(good, measure=once_only)
    worse = replace(good, ways=raising(ValueError("no ways")))
    cases = {"good": good, "bad": bad, "worse": worse, "last": good}
    monkeypatch.setattr(study, "CASES", cases)
    found = study.benchmark(seconds=0.1)
    assert [(row.case, row.ratio) for row in found.rows] == [
        ("good", 1.0), ("bad", None), ("worse", None), ("last", 1.0)
    ]  # fmt: skip
    assert [row.note for row in found.rows if row.note] == [
        "bad raised IndexError: pop from empty list", "worse raised ValueError: no ways"
    ]  # fmt: skip
    assert found.left_out == ()


def test_an_interruption_leaves_the_rows_that_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    good = Case("title", lambda: {"ours": answering(1.0)}, (Claim("ours", "1 s", 1.0),), cost_of)
    stopped = replace(good, ways=lambda: {"ours": Way(raising(KeyboardInterrupt()))})
    monkeypatch.setattr(study, "CASES", {"good": good, "stopped": stopped, "last": good})
    found = study.benchmark(seconds=0.1)
    assert [(row.case, row.ratio) for row in found.rows] == [("good", 1.0)]
    assert found.left_out == ("stopped", "last")
    assert study.Benchmark.from_dict(json.loads(json.dumps(found.to_dict()))) == found
    with pytest.raises(KeyboardInterrupt):
        study.benchmark(["stopped"])


def test_a_broken_jax_is_left_to_its_own_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "jax.py").write_text("raise ImportError('jax needs another NumPy')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for module in [name for name in sys.modules if name.partition(".")[0] == "jax"]:
        monkeypatch.delitem(sys.modules, module)
    rows = study.benchmark("lecture", seconds=0.0).rows
    assert [row.note for row in rows if row.against == "jax.jit"] == [
        "jax.jit raised ImportError: jax needs another NumPy"
    ]
    assert next(row for row in rows if row.against == "Python by hand").ratio


def test_points_without_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    kernel, blocks = study.measured("points", CASES["points"], seconds=0.0)
    assert "numba is not installed" in kernel.note
    assert blocks.ratio


def test_what_computes_something_else_is_not_measured() -> None:
    def ways() -> dict[str, Way]:
        return {"theirs": answering(1.0), "ours": answering(1.0, answer=1.25)}

    (row,) = study.measured("case", Case("title", ways, (Claim("ours", "theirs", 9.0),), cost_of), seconds=0.1)
    assert (row.ratio, row.note) == (None, "ours: gradient differs by 0.25 of its largest entry")


def test_numbers_agree_to_the_digits_of_the_coarser_type() -> None:
    double, single = np.array([1.0, 3.0]), np.array([1.0, 3.0], dtype=np.float32)
    assert not disagreement({"a": double * (1 + 1e-5)}, {"a": single})
    assert disagreement({"a": double * (1 + 1e-5)}, {"a": double})
    assert disagreement({"a": double}, {"a": double * np.nan})
    assert disagreement({"a": double}, {"a": double[:1]}) == "a has 2 entries, and 1"


def test_an_unknown_case_names_the_nearest() -> None:
    with pytest.raises(DiffCompareError, match="did you mean rosenbrock"):
        study.benchmark(["rosenbrok"])


def test_rows_come_back_from_their_json() -> None:
    case = Case("title", lambda: {"ours": answering(2.0)}, (Claim("ours", "1 s", 3.0),), cost_of)
    found = study.Benchmark(study.machine(), tuple(study.measured("case", case, seconds=0.1)))
    assert study.Benchmark.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_the_mixture_is_the_likelihood_of_normal_distributions_with_a_prior() -> None:
    from scipy import special, stats

    d, size = 3, mixture.Size(points=7, dimensions=3, components=2)
    parts, xs, places = mixture.setting(size)
    alphas, means, diagonals, below = parts
    densities, prior = [], 0.0
    for alpha, mean, diagonal, entries in zip(alphas, means, diagonals, below, strict=True):
        factor = np.diag(np.exp(diagonal))
        factor[[1, 2, 2], [0, 0, 1]] = entries
        covariance = np.linalg.inv(factor.T @ factor)
        densities.append(stats.multivariate_normal(mean, covariance).logpdf(xs) + alpha - special.logsumexp(alphas))
        n = d + 1
        prior += 0.5 * (factor**2).sum() + n * d * 0.5 * np.log(2) + special.multigammaln(n / 2, d)
    expected = special.logsumexp(densities, axis=0).sum() + prior
    assert float(mixture.objective(parts, xs, places)) == pytest.approx(expected, rel=1e-13)
