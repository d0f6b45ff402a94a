"""Our speed beside the code and the libraries that people would otherwise use, as ratios measured in one run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, fields
from difflib import get_close_matches
from statistics import median
from typing import Any

from diffcompare.errors import DiffCompareError, raised
from diffcompare.studies.benchmark.case import Case, Claim, Run, disagreement
from diffcompare.studies.benchmark.cases import CASES
from diffcompare.studies.benchmark.machine import machine
from diffcompare.studies.benchmark.measurement import alternately, ratio
from diffcompare.studies.study import Study

SECONDS = 6.0  # of measuring, for each case


@dataclass(frozen=True, slots=True)
class BenchmarkRow:
    """The cost of a subject in units of what it is measured against: the median and the quartiles over the rounds.

    None where it could not be measured, for the reason in the note.
    """

    case: str
    subject: str
    against: str
    ratio: float | None
    low: float | None
    high: float | None
    target: float  # at most
    met: bool | None
    rounds: int = 0
    subject_cost: float | None = None  # the median, in seconds or in the unit of the case
    against_cost: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Benchmark(Study):
    """The rows of some cases, and the machine that measured them."""

    machine: dict[str, Any]
    rows: tuple[BenchmarkRow, ...]
    left_out: tuple[str, ...] = ()  # the cases that an interruption came before

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; null for what was not measured."""
        rows = [asdict(row) for row in self.rows]
        return {"machine": self.machine, "rows": rows, "left_out": list(self.left_out)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Benchmark:
        """The benchmark that `to_dict` wrote."""
        names = [field.name for field in fields(BenchmarkRow)]
        rows = tuple(BenchmarkRow(*[row[name] for name in names]) for row in data["rows"])
        return cls(data["machine"], rows, tuple(data["left_out"]))


def benchmark(
    cases: Sequence[str] | str = (), seconds: float = SECONDS, progress: Callable[[str], None] = lambda doing: None
) -> Benchmark:
    """Measure some cases (default: all), each for about so many seconds, and say which claims hold here.

    The ways of a case first have to agree on the numbers they compute; then they take turns.  A library that is not
    installed, or that fails, is a row that says so.  An interruption (Ctrl-C) ends the study with the cases that are
    done; before the first one it is passed on.  Raises `DiffCompareError` with the nearest name for a case that does
    not exist.

    >>> import diffcompare as dc
    >>> dc.benchmark("lectre")
    Traceback (most recent call last):
    diffcompare.errors.DiffCompareError: there is no case lectre; did you mean lecture?
    """
    names = [cases] if isinstance(cases, str) else list(cases)
    wanted = {name: case_named(name) for name in names} or CASES
    rows: list[BenchmarkRow] = []
    facts = machine()
    left = dict(wanted)
    try:
        with double_precision():
            for name, case in wanted.items():
                progress(case.title)
                rows += measured(name, case, seconds)
                del left[name]
    except KeyboardInterrupt:
        if not rows:
            raise
    return Benchmark(facts, tuple(rows), tuple(left))


def double_precision() -> AbstractContextManager[Any]:
    """JAX, where it runs, computes in the precision of what it is given in here; otherwise it rounds to float32."""
    try:
        from jax import enable_x64
    except Exception:  # of a broken installation; its rows say which
        return nullcontext()
    context: AbstractContextManager[Any] = enable_x64(True)
    return context


def case_named(name: str) -> Case:
    """The case of that name; raises `DiffCompareError` with the nearest name for any other."""
    if name in CASES:
        return CASES[name]
    near = get_close_matches(name, CASES, n=1)
    raise DiffCompareError(
        f"there is no case {name}; " + (f"did you mean {near[0]}?" if near else f"there are {', '.join(CASES)}")
    )


def measured(name: str, case: Case, seconds: float) -> list[BenchmarkRow]:
    """The rows of one case, also where it fails."""
    try:
        runs, costs, notes = prepared(case)
        if case.rounds > 1:
            costs = alternately(runs, case.measure, seconds, case.rounds)
    except Exception as error:
        costs, notes = {}, {side: reason(name, error) for claim in case.claims for side in claim[:1]}
    rows = []
    for claim in case.claims:
        lost = "; ".join(dict.fromkeys(notes[side] for side in claim[:2] if side in notes))
        rows.append(_lost(name, claim, lost) if lost else _row(name, claim, costs, case.unit))
    return rows


def prepared(case: Case) -> tuple[dict[str, Run], dict[str, list[float]], dict[str, str]]:
    """The ways of a case ready to run, with what the first run cost, and why ways are missing.

    A way is missing where it fails, as for want of a library, or where it answers otherwise than the ways before.
    """
    runs: dict[str, Run] = {}
    costs: dict[str, list[float]] = {}
    notes: dict[str, str] = {}
    known: dict[str, Any] = {}
    for name, way in case.ways().items():
        try:
            run = way.prepare()
            cost, result = observed(run, case.measure)
            answer = way.answer(result)
        except Exception as error:
            notes[name] = reason(name, error)
            continue
        different = disagreement(answer, known)
        if different:
            notes[name] = f"{name}: {different}"
            continue
        runs[name], costs[name], known = run, [cost], answer | known
    return runs, costs, notes


def reason(who: str, error: Exception) -> str:
    """Why something could not be measured, in one line.

    >>> reason("jax.jit", ModuleNotFoundError("No module named 'jax'", name="jax"))
    'jax is not installed'
    """
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"{error.name} is not installed"
    return str(error).splitlines()[0] if isinstance(error, DiffCompareError) else raised(who, error)


def observed(run: Run, measure: Callable[[Run], float]) -> tuple[float, Any]:
    """What a run costs, with its result."""
    results: list[Any] = []
    cost = measure(lambda: results.append(run()))
    return cost, results[0]


def _lost(name: str, claim: Claim, note: str) -> BenchmarkRow:
    return BenchmarkRow(name, claim.subject, claim.against, None, None, None, claim.target, None, note=note)


def _row(name: str, claim: Claim, costs: Mapping[str, list[float]], unit: str) -> BenchmarkRow:
    subject = costs[claim.subject]
    against = [1.0] * len(subject) if claim.against == unit else costs[claim.against]
    found = ratio(subject, against)
    return BenchmarkRow(
        name, claim.subject, claim.against, *found, claim.target, found.median <= claim.target,
        len(subject), median(subject), median(against),
    )  # fmt: skip
