"""What a gradient costs against the number of inputs: evaluations, operations and time, for each engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffcompare.engines import engine_named
from diffcompare.engines.budget import within
from diffcompare.errors import DiffCompareError, PointError
from diffcompare.expression.catalog import CATALOG
from diffcompare.expression.function import Function, function
from diffcompare.expression.point import Point
from diffcompare.studies.study import Study
from diffcompare.studies.timing import expected_seconds, timed

ENGINES = ("reverse", "forward", "finite-forward", "finite-central")
SECONDS = 2.0  # of one engine at one size: larger sizes are left out once the estimate passes it
COUNTED = 10**6  # operations of all forward passes together: beyond it their exact count takes minutes


@dataclass(frozen=True, slots=True)
class CostRow:
    """One engine at one size; seconds are of one whole gradient."""

    n: int
    engine: str
    evaluations: int
    operations: int | None  # None where an engine of others cannot be counted
    seconds: float
    ratio_to_function: float | None  # of the operations: a machine-independent count


@dataclass(frozen=True, slots=True)
class Cost(Study):
    """The cost of a gradient against n."""

    function: str
    sizes: tuple[int, ...]
    function_operations: dict[int, int]
    rows: tuple[CostRow, ...]
    left_out: tuple[str, ...]  # what was over the budget of time, in words

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        fields = ("n", "engine", "evaluations", "operations", "seconds", "ratio_to_function")
        return {"rows": [{name: getattr(row, name) for name in fields} for row in self.rows]}


def cost(f: Any = "rosenbrock", sizes: Sequence[int] = (1, 10, 100), engines: Sequence[str] = ENGINES) -> Cost:
    """Cost of a gradient of a function of any n: an entry of the catalogue, or a callable of one vector.

    Evaluations are runs of the function (finite differences: n + 1 or 2n) or passes over its graph (forward mode n,
    reverse mode one).  Raises `DiffCompareError` for a function whose number of inputs is fixed or an engine that
    does not exist; one that cannot run is left out, with the reason.

    >>> import diffcompare as dc
    >>> [(row.n, row.evaluations) for row in dc.cost("speelpenning", [1, 10], ["finite-forward"]).rows]
    [(1, 2), (10, 11)]
    """
    source, point_of = of_any_size(f)
    engines = [engine_named(name).name for name in dict.fromkeys(engines)]
    for n in sizes:
        if not (isinstance(n, int) and 1 <= n <= 10**6):
            raise DiffCompareError(f"a size of {n} does not fit; give whole numbers from 1 to 1000000")
    rows: list[CostRow] = []
    counts, left_out, given_up = {}, [], set()
    for n in sorted(set(sizes)):
        point = source.at(point_of(n))
        counts[n] = source.trace(point).operations()
        for name in [name for name in engines if name not in given_up]:
            known = [row for row in rows if row.engine == name]
            expected = expected_seconds([(row.n, row.seconds) for row in known], n)
            if name == "forward" and n * counts[n] > COUNTED:
                left_out.append(
                    f"forward at n = {n}: {n} passes over {counts[n]} operations are not counted one by one"
                )
                continue
            if expected > SECONDS:
                left_out.append(f"{name} at n = {n}: about {expected:.0f} s by its time at n = {known[-1].n}")
                continue
            try:
                rows.append(_measure(source, point, n, name, counts[n]))
            except (DiffCompareError, ImportError) as error:
                left_out.append(f"{name} from n = {n} on: {str(error).splitlines()[0]}")
                given_up.add(name)
    return Cost(source.name, tuple(sorted(set(sizes))), counts, tuple(rows), tuple(left_out))


def _measure(source: Function, point: Point, n: int, name: str, operations: int) -> CostRow:
    run = engine_named(name).run
    with within(SECONDS):
        found, seconds = timed(lambda: run(source, point))
    counted = found.operations  # counts on request
    ratio = None if counted is None else counted / max(operations, 1)
    return CostRow(n, name, found.evaluations, counted, seconds, ratio)


def of_any_size(f: Any) -> tuple[Function, Callable[[int], Mapping[str, Any]]]:
    """A function of any number of inputs, and its point with n of them; raises `DiffCompareError` for any other."""
    entry = CATALOG.get(f) if isinstance(f, str) else None
    if entry is not None and entry.sized is not None:
        return entry.function(), entry.sized
    any_n = ", ".join(e.name for e in CATALOG.values() if e.sized)
    if isinstance(f, str) or not callable(f):
        raise DiffCompareError(
            f"the number of inputs of {f} is fixed; give a Python function of one vector, or one of {any_n}"
        )
    source = function(f)
    if len(source.names) != 1:
        raise PointError(f"{source.name} has {len(source.names)} variables; cost needs one vector, as in def f(x)")
    return source, lambda n: {source.names[0]: np.linspace(0.5, 1.5, n) if n > 1 else np.array([0.75])}
