"""Our speed beside the code and the libraries that people would otherwise use, as ratios measured in one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from difflib import get_close_matches
from importlib.util import find_spec
from statistics import median
from typing import Any

from diffcompare.errors import DiffCompareError
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

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; null for what was not measured."""
        return {"machine": self.machine, "rows": [asdict(row) for row in self.rows]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Benchmark:
        """The benchmark that `to_dict` wrote."""
        names = [field.name for field in fields(BenchmarkRow)]
        return cls(data["machine"], tuple(BenchmarkRow(*[row[name] for name in names]) for row in data["rows"]))


def benchmark(
    cases: Sequence[str] | str = (), seconds: float = SECONDS, progress: Callable[[str], None] = lambda doing: None
) -> Benchmark:
    """Measure some cases (default: all), each for about so many seconds, and say which claims hold here.

    The ways of a case first have to agree on the numbers they compute; then they take turns.  A library that is not
    installed is a row that says so.  Raises `DiffCompareError` with the nearest name for a case that does not exist.

    >>> import diffcompare as dc
    >>> dc.benchmark("lectre")
    Traceback (most recent call last):
    diffcompare.errors.DiffCompareError: there is no case lectre; did you mean lecture?
    """
    names = [cases] if isinstance(cases, str) else list(cases)
    wanted = {name: case_named(name) for name in names} or CASES
    rows: list[BenchmarkRow] = []
    facts = machine()
    with double_precision():
        for name, case in wanted.items():
            progress(case.title)
            rows += measured(name, case, seconds)
    return Benchmark(facts, tuple(rows))


@contextmanager
def double_precision() -> Iterator[None]:
    """JAX, where it is installed, computes in the precision of what it is given; otherwise it rounds to float32."""
    if find_spec("jax") is None:
        yield
        return
    import jax

    with jax.enable_x64(True):
        yield


def case_named(name: str) -> Case:
    """The case of that name; raises `DiffCompareError` with the nearest name for any other."""
    if name in CASES:
        return CASES[name]
    near = get_close_matches(name, CASES, n=1)
    raise DiffCompareError(
        f"there is no case {name}; " + (f"did you mean {near[0]}?" if near else f"there are {', '.join(CASES)}")
    )


def measured(name: str, case: Case, seconds: float) -> Iterator[BenchmarkRow]:
    """The rows of one case."""
    runs, first, notes = prepared(case)
    costs = alternately(runs, case.measure, seconds, case.rounds) if case.rounds > 1 else first
    for claim in case.claims:
        lost = "; ".join(notes[side] for side in claim[:2] if side in notes)
        yield _lost(name, claim, lost) if lost else _row(name, claim, costs, case.unit)


def prepared(case: Case) -> tuple[dict[str, Run], dict[str, list[float]], dict[str, str]]:
    """The ways of a case ready to run, with what the first run cost, and why ways are missing.

    A way is missing where it needs a library that is not installed, or where it answers otherwise than the ways before.
    """
    runs: dict[str, Run] = {}
    costs: dict[str, list[float]] = {}
    notes: dict[str, str] = {}
    known: dict[str, Any] = {}
    for name, way in case.ways().items():
        try:
            run = way.prepare()
        except ImportError as error:
            notes[name] = f"{error.name or error} is not installed"
            continue
        cost, result = observed(run, case.measure)
        answer = way.answer(result)
        different = disagreement(answer, known)
        if different:
            notes[name] = f"{name}: {different}"
            continue
        runs[name], costs[name], known = run, [cost], answer | known
    return runs, costs, notes


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
