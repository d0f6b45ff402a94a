"""How the engines' time and memory grow with n inputs, m outputs and l operations, beside the lecture's claims."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np

from diffcompare.engines import engine_named
from diffcompare.engines.budget import within
from diffcompare.errors import BudgetError, DiffCompareError
from diffcompare.expression.function import Function, function
from diffcompare.expression.point import Point
from diffcompare.studies.cost import of_any_size
from diffcompare.studies.study import Study
from diffcompare.studies.timing import expected_seconds, timed

ENGINES = ("reverse", "forward", "finite-forward", "finite-central")
SIZES = tuple(round(10 ** (k / 2)) for k in range(2, 13))  # 10 .. 10^6, two a decade
SECONDS = 1.0  # that one engine may be expected to take at one size; larger sizes are left out
LARGEST = 10**6
DECADES = 1.5  # of the largest sizes, which show the growth; at small ones the fixed costs do
ROUNDED = 1.02  # sizes are whole numbers near powers of the root of ten
FEWEST = 3  # sizes through which a power is fitted
X, Y = 0.5, 0.25
FORMULAS = {"m": "[x*y + sin(x), x*y + 2*sin(x), ...]", "l": "x + y*sin(x + y) + y*sin(x + 2*y) + ..."}


class Claim(NamedTuple):
    """The power of the size with which passes, and hence time in units of the function's own, grow by the lecture."""

    n: float
    m: float
    l: float  # noqa: E741  the lecture's letter


# Finite differences take O(n) runs of the function, forward mode O(n) passes, reverse mode O(m); each costs O(l).
CLAIMS = {"forward": Claim(1, 0, 0), "reverse": Claim(0, 1, 0)}
FINITE = Claim(1, 0, 0)


@dataclass(frozen=True, slots=True)
class ScalingRow:
    """One engine at one size along an axis: "n", "m" or "l"; seconds and peak bytes are of one whole Jacobian."""

    axis: str
    size: int
    engine: str
    evaluations: int
    seconds: float
    function_seconds: float  # of one run of the function
    peak_bytes: int

    @property
    def runs(self) -> float:
        """The time in runs of the function."""
        return self.seconds / self.function_seconds


@dataclass(frozen=True, slots=True)
class Power:
    """quantity ~ size^exponent over the largest sizes, by least squares on logarithms, with its standard error."""

    exponent: float
    error: float
    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Growth:
    """How one quantity of one engine grows along an axis: "evaluations", "runs" or "peak_bytes"."""

    axis: str
    engine: str
    quantity: str
    power: Power
    claim: float | None  # None where the lecture makes none


@dataclass(frozen=True, slots=True)
class Scaling(Study):
    """Rows and the powers fitted to them."""

    functions: dict[str, str]  # by axis
    rows: tuple[ScalingRow, ...]
    growths: tuple[Growth, ...]
    left_out: tuple[str, ...]  # what was over the budget of time, in words

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        fits = [
            {
                "axis": growth.axis,
                "engine": growth.engine,
                "quantity": growth.quantity,
                "exponent": growth.power.exponent,
                "error": growth.power.error,
                "sizes": list(growth.power.sizes),
                "claim": growth.claim,
            }
            for growth in self.growths
        ]
        rows = [asdict(row) for row in self.rows]
        return {"functions": self.functions, "rows": rows, "fits": fits, "left_out": list(self.left_out)}


def scaling(
    f: Any = "rosenbrock",
    sizes: Sequence[int] = SIZES,
    engines: Sequence[str] = ENGINES,
    seconds: float = SECONDS,
    progress: Callable[[str], None] = lambda doing: None,
) -> Scaling:
    """Time and memory of each engine along each axis: f at n inputs, and functions of m outputs and of l operations.

    A size is left out once an engine is expected to take longer than `seconds` there.  Raises `DiffCompareError` for
    a function whose number of inputs is fixed, a size that does not fit or an engine that does not exist.

    >>> import diffcompare as dc
    >>> study = dc.scaling(sizes=[10, 20, 40], engines=["reverse"])
    >>> [(row.size, row.evaluations) for row in study.rows if row.axis == "m"]
    [(10, 10), (20, 20), (40, 40)]
    """
    engines = [engine_named(name).name for name in dict.fromkeys(engines)]
    for size in sizes:
        if not (isinstance(size, int) and 2 <= size <= LARGEST):
            raise DiffCompareError(f"a size of {size} does not fit; give whole numbers from 2 to {LARGEST}")
    source, point_of = of_any_size(f)
    fixed = {"x": X, "y": Y}
    axes: dict[str, Callable[[int], tuple[Function, Mapping[str, Any]]]] = {
        "n": lambda n: (source, point_of(n)),
        "m": lambda m: (function(lambda x, y: outputs(x, y, m)), fixed),
        "l": lambda length: (function(lambda x, y: chain(x, y, length)), fixed),
    }
    rows: list[ScalingRow] = []
    left_out: list[str] = []
    for axis, family in axes.items():
        progress(f"measuring how engines scale with {axis}")
        found, missing = _along(axis, family, sorted(set(sizes)), engines, seconds)
        rows += found
        left_out += missing
    return Scaling({"n": source.name, **FORMULAS}, tuple(rows), tuple(growths(rows)), tuple(left_out))


def outputs(x: Any, y: Any, m: int) -> list[Any]:
    """A function of two inputs with m outputs, of a number of operations that is proportional to m."""
    return [x * y + k * np.sin(x) for k in range(1, m + 1)]


def chain(x: Any, y: Any, length: int) -> Any:
    """A function of two inputs with one output, of that number of operations."""
    total = x
    for _ in range(length // 4):
        x = x + y
        total = total + y * np.sin(x)
    return total


def _along(
    axis: str,
    family: Callable[[int], tuple[Function, Mapping[str, Any]]],
    sizes: Sequence[int],
    engines: Sequence[str],
    seconds: float,
) -> tuple[list[ScalingRow], list[str]]:
    """The rows along one axis, and what was left out."""
    rows: list[ScalingRow] = []
    left_out: list[str] = []
    left = list(engines)
    for size in sizes:
        if not left:
            break
        source, at = family(size)
        point = source.at(at)
        for name in list(left):
            known = [(row.size, row.seconds) for row in rows if row.engine == name]
            expected = expected_seconds(known, size)
            try:
                if expected > seconds:
                    raise BudgetError(f"about {expected:.2g} s by its time at {known[-1][0]}")
                rows.append(_measured(axis, size, name, source, point, seconds))
            except (DiffCompareError, ImportError) as error:
                left_out.append(f"{name} from {axis} = {size} on: {str(error).splitlines()[0]}")
                left.remove(name)
    return rows, left_out


def _measured(axis: str, size: int, name: str, source: Function, point: Point, seconds: float) -> ScalingRow:
    run = engine_named(name).run
    _, own = timed(lambda: source.evaluate(point))
    with within(seconds):
        found, taken = timed(lambda: run(source, point))
    return ScalingRow(axis, size, name, found.evaluations, taken, own, peak_bytes(lambda: run(source, point)))


def peak_bytes(run: Callable[[], Any]) -> int:
    """The most memory that Python and NumPy hold during a run, beyond what they held before.

    >>> peak_bytes(lambda: bytearray(10**6)) > 10**6
    True
    """
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def growths(rows: Sequence[ScalingRow]) -> list[Growth]:
    """The powers fitted along each axis, for each engine with enough sizes."""
    found = []
    for axis, engine in dict.fromkeys((row.axis, row.engine) for row in rows):
        own = [row for row in rows if (row.axis, row.engine) == (axis, engine)]
        for quantity in ("evaluations", "runs", "peak_bytes"):
            power = fitted([row.size for row in own], [getattr(row, quantity) for row in own])
            claim = None if quantity == "peak_bytes" else claimed(engine, axis)
            if power is not None:
                found.append(Growth(axis, engine, quantity, power, claim))
    return found


def claimed(engine: str, axis: str) -> float | None:
    """The power that the lecture claims for the passes of an engine along an axis; None for an engine it leaves out."""
    claim = FINITE if engine.startswith("finite") else CLAIMS.get(engine)
    return None if claim is None else getattr(claim, axis)


def fitted(sizes: Sequence[int], values: Sequence[float]) -> Power | None:
    """The power of the size that a quantity grows with over the largest decade and a half; None for under three sizes.

    >>> power = fitted([10, 100, 300, 1000], [9.0, 300.0, 2700.0, 30000.0])
    >>> round(power.exponent, 12), power.error < 1e-12, power.sizes
    (2.0, True, (100, 300, 1000))
    """
    usable = [(s, v) for s, v in zip(sizes, values, strict=True) if v > 0 and s * 10**DECADES * ROUNDED >= max(sizes)]
    if len(usable) < FEWEST:
        return None
    x, y = np.log(np.array(usable, dtype=float)).T
    from_mean = x - x.mean()
    spread = float(from_mean @ from_mean)
    exponent = float(from_mean @ y) / spread
    residual = y - y.mean() - exponent * from_mean
    error = math.sqrt(float(residual @ residual) / (len(x) - 2) / spread)
    return Power(exponent, error, tuple(s for s, _ in usable))
