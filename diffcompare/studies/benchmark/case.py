"""What a benchmark is made of: a case is several ways to compute the same numbers, and claims about their cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from diffcompare.studies.benchmark.measurement import seconds_of

Run = Callable[[], Any]


class Way(NamedTuple):
    """One way: prepared once (compiled, warmed up), then run many times.

    `gives` names what its result holds, so that equals are compared; several names stand for a tuple.  Preparing raises
    ImportError where a library is missing.
    """

    prepare: Callable[[], Run]
    gives: tuple[str, ...] = ("gradient",)

    def answer(self, result: Any) -> dict[str, Any]:
        """The parts of a result by name, each as one flat array."""
        parts = result if len(self.gives) > 1 else (result,)
        return {name: np.concatenate([*_flat(part)]) for name, part in zip(self.gives, parts, strict=True)}


class Claim(NamedTuple):
    """The cost of the subject is at most `target` times the cost of the other way, or of the case's unit."""

    subject: str
    against: str
    target: float


@dataclass(frozen=True, slots=True)
class Case:
    """One line of the table of benchmarks: `measure` gives the cost of a run, in the unit that is named."""

    title: str
    ways: Callable[[], Mapping[str, Way]]
    claims: tuple[Claim, ...]
    measure: Callable[[Run], float] = seconds_of
    unit: str = "1 s"
    rounds: int = 200  # at most


def disagreement(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """What two answers have in common and how far it is apart, in words; empty where they agree.

    They agree where two thirds of the digits of the coarser type do, in units of the largest number of the answer.

    >>> disagreement({"gradient": np.array([1.0, 2.0])}, {"gradient": np.array([1.0, 2.5]), "value": np.array([3.0])})
    'gradient differs by 0.2 of its largest entry'
    """
    for name in one.keys() & other.keys():
        a, b = one[name], other[name]
        if a.shape != b.shape:
            return f"{name} has {a.size} entries, and {b.size}"
        floats = [array.dtype for array in (a, b) if array.dtype.kind == "f"]
        tolerance = max((float(np.finfo(dtype).eps) for dtype in floats), default=0.0) ** (2 / 3)
        apart = np.max(np.abs(a - b)) / (np.max(np.abs(b)) or 1.0)
        if not apart <= tolerance:
            return f"{name} differs by {apart:.2g} of its largest entry"
    return ""


def _flat(part: Any) -> Iterator[Any]:
    """The numbers of a result, in order: of tuples, lists and dicts, and of arrays of any library."""
    if isinstance(part, dict):
        part = tuple(part.values())
    if isinstance(part, (tuple, list)):
        for item in part:
            yield from _flat(item)
    else:
        yield np.ravel(part.detach().numpy() if hasattr(part, "detach") else part)
