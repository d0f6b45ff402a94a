"""What a sweep runs over, each part checked: schemes, a type of floats, a point in it, a variable, and steps."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np

from diffcompare.engines.finite import IMAGINARY_STEP
from diffcompare.engines.line import Line
from diffcompare.engines.stencil import SCHEMES, ComplexStep, Scheme
from diffcompare.engines.step import textbook
from diffcompare.errors import BudgetError, DiffCompareError, PointError
from diffcompare.expression.graph import Graph
from diffcompare.expression.point import Point, point_inputs, with_inputs

DTYPES = ("float64", "float32", "float16", "longdouble")
STEPPED: dict[str, Scheme | ComplexStep] = {**SCHEMES, "complex-step": ComplexStep()}
DEFAULT = ("forward", "central", "central4", "complex-step")
COUNT, LARGEST = 1000, 0.1  # steps, and the largest in units of the scale of x
FEWEST = 10  # steps that are worth a look
WORK = 10**7  # operations in balls that may be needed: some ten seconds


def schemes_named(names: Sequence[str] | str | None, dtype: str) -> list[Scheme | ComplexStep]:
    """The rows of these names; the complex step is there in float64 only."""
    if names is None:
        names = [name for name in DEFAULT if dtype == "float64" or name in SCHEMES]
    if isinstance(names, str):
        names = [names]
    if not names:
        raise DiffCompareError(f"no scheme is given; there are {', '.join(STEPPED)}")
    if "adaptive" in names:
        raise DiffCompareError("adaptive chooses its steps itself, so it has no error against h; see compare for it")
    if "complex-step" in names and dtype != "float64":
        raise DiffCompareError(f"the complex step is computed in float64 only, not in {dtype}; leave it out")
    return [STEPPED[_known(name, tuple(STEPPED), "scheme")] for name in dict.fromkeys(names)]


def floats_named(dtype: str) -> np.dtype[Any]:
    """The type of floats of this name."""
    return np.dtype(_known(dtype, DTYPES, "floating-point type"))


def _known(name: str, names: Sequence[str], what: str) -> str:
    """The name; raises `DiffCompareError` with the nearest one where it does not exist."""
    if name in names:
        return name
    near = get_close_matches(str(name), names, n=1)
    raise DiffCompareError(
        f"there is no {what} {name}; " + (f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}")
    )


def rounded(point: Point, floats: np.dtype[Any]) -> Point:
    """The point in another type of floats (all doubles again)."""
    with np.errstate(all="ignore"):
        inputs = [float(floats.type(x)) for x in point_inputs(point)]
    if not np.isfinite(inputs).all():
        raise PointError(f"the point is beyond {floats}, whose largest number is {float(np.finfo(floats).max):g}")
    return with_inputs(point, inputs)


def place_of(graph: Graph, wrt: str | None) -> int:
    """The position of the variable among the inputs."""
    if len(graph.outputs) != 1:
        raise DiffCompareError(
            f"sweep takes a function of one output and this one has {len(graph.outputs)}; sweep one output at a time"
        )
    if not graph.names:
        raise PointError("the function has no variables, so there is nothing to differentiate by")
    if wrt is None or wrt in graph.names:
        return graph.names.index(wrt) if wrt else 0
    near = get_close_matches(wrt, graph.names, n=1)
    raise PointError(
        f"there is no variable {wrt}; "
        + (f"did you mean {near[0]}?" if near else f"the variables are {', '.join(graph.names)}")
    )


def steps_of(
    steps: tuple[float, float, int] | None, line: Line, rows: Sequence[Scheme | ComplexStep], floats: np.dtype[Any]
) -> np.ndarray[Any, Any]:
    """The steps in ascending order, evenly spaced on a log axis, each rounded to the type; shape (k,)."""
    info = np.finfo(floats)
    operations = len(line.ways[0].dependents(line.j)) * len({o for row in rows for o in row.offsets})
    most = WORK // max(operations, 1)
    if most < FEWEST:
        raise BudgetError(f"one step takes {operations} operations in ball arithmetic, {WORK // FEWEST} are the limit")
    if steps is None:
        scale = 10.0 ** math.floor(math.log10(max(1.0, abs(line.x))))
        steps = scale * 10.0 ** math.floor(math.log10(info.eps / 2)), scale * LARGEST, min(COUNT, most)
    try:
        low, high, count = float(steps[0]), float(steps[1]), operator.index(steps[2])
    except (TypeError, ValueError, IndexError):
        low, high, count = 1.0, 0.0, 0
    if len(steps) != 3 or not (0 < low < high < math.inf and count >= 2):
        raise DiffCompareError(f"steps are (low, high, count) such as (1e-16, 1e-1, 1000), not {steps}")
    if count > most:
        raise BudgetError(f"{count} steps would take more than {WORK} operations in ball arithmetic; take {most}")
    with np.errstate(all="ignore"):
        h: np.ndarray[Any, Any] = np.unique(np.geomspace(low, high, count).astype(floats))
    if not (h[0] > 0 and np.isfinite(h[-1])):
        raise DiffCompareError(
            f"steps from {low:g} to {high:g} do not fit {floats}, whose numbers go from "
            f"{float(info.smallest_subnormal):.2g} to {float(info.max):.2g}"
        )
    return h


def default_step(scheme: Scheme | ComplexStep, x: float, epsilon: float, floats: np.dtype[Any]) -> float:
    """The textbook's step, rounded to the type."""
    h = textbook(x, scheme, epsilon).h if isinstance(scheme, Scheme) else IMAGINARY_STEP
    return float(floats.type(h))
