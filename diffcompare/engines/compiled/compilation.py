"""A compiled function with the branches it has met, and what happens where none of their programs holds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffcompare.engines.compiled.python_code import on_numbers
from diffcompare.engines.compiled.recording import Recording, recorded
from diffcompare.engines.compiled.request import Request, like
from diffcompare.engines.compiled.tape import by_tape
from diffcompare.errors import PointError
from diffcompare.expression.containers import leaves
from diffcompare.expression.graph import Graph
from diffcompare.expression.numbers import FLOAT, NumberDomain

LONGEST = 5 * 10**4  # nodes of a program that Python compiles, in about 20 us each
MOST_BRANCHES = 32  # programs that are kept; a point beyond them goes to the tape
ARRAYS = NumberDomain(lambda constant: constant, lambda primitive, operands: primitive(*operands))


@dataclass(frozen=True, slots=True)
class Branch:
    """A program, and how it runs: on a flat list of numbers (None where it does not hold), or on arrays."""

    recording: Recording
    run: Callable[..., Any]


class Compilation:
    """What was asked for, and a program for each branch that a point has taken so far."""

    def __init__(self, request: Request, arguments: dict[str, Any], entrywise: bool) -> None:
        self.request = request
        self.branches: list[Branch] = []
        self.entrywise = entrywise
        self.add(arguments)

    def add(self, arguments: dict[str, Any]) -> Branch:
        """Trace the function at a point whose branch is new."""
        recording = recorded(self.request, arguments, self.entrywise)
        if not recording.of_numbers:
            run: Callable[..., Any] = planned(recording.graph)
        else:
            short = len(recording.graph.nodes) <= LONGEST
            run = on_numbers(recording) if short else replaying(recording)
        branch = Branch(recording, run)
        self.branches.append(branch)
        return branch

    def bound(self, arguments: Sequence[Any], named: dict[str, Any]) -> dict[str, Any]:
        """The arguments of a call by name, as they were given.

        Raises `PointError` for one that is missing, given twice or not known.
        """
        names = self.request.names
        called = f"{self.request.want} of {self.request.function.name}"
        if len(arguments) > len(names):
            raise PointError(f"the {called} takes {len(names)} arguments ({', '.join(names)}), got {len(arguments)}")
        given = {name: value for name, value in zip(names, arguments, strict=False) if value is not None}
        for name, value in named.items():
            if name not in names:
                raise PointError(f"the {called} takes no {name}; its arguments are {', '.join(names)}")
            if name in given:
                raise PointError(f"{name} is given twice, by place and by name")
            given[name] = value
        missing = [name for name in names if name not in given]
        if missing:
            raise PointError(f"{', '.join(missing)} missing: the {called} takes {', '.join(names)}")
        return given

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """The answer at a point, or at every point of arrays of points."""
        given = self.bound(arguments, named)
        templates = self.request.templates
        return self.at_point({name: like(name, given[name], template) for name, template in templates.items()})

    def at_point(self, point: dict[str, Any]) -> Any:
        """The answer by a program; by the tape where a program gives nan, or there are too many branches."""
        if not self.branches[0].recording.of_numbers:
            return self._on_arrays(point)
        inputs = [float(entry) for value in point.values() for leaf in leaves(value) for entry in np.ravel(leaf)]
        branch, found = self.program_at(point, inputs)
        if found is None:
            return by_tape(self.request, point)
        return self.request.arranged(found, branch.recording.output, joined)

    def program_at(self, point: dict[str, Any], inputs: Sequence[float]) -> tuple[Branch, Sequence[float] | None]:
        """The program that holds at a point, a new one where none does, and its results; None where one is nan."""
        for branch in self.branches:
            found = branch.run(*inputs)
            if found is not None:
                return branch, found
        for branch in self.branches:
            if branch.recording.graph.holds(FLOAT, inputs) or len(self.branches) == MOST_BRANCHES:
                return branch, None
        branch = self.add(point)
        return branch, branch.run(*inputs)

    def _on_arrays(self, point: dict[str, Any]) -> Any:
        inputs = [leaf for value in point.values() for leaf in leaves(value)]
        holding = (b for b in self.branches if not b.recording.of_numbers and b.recording.graph.holds(ARRAYS, inputs))
        branch = next(holding, None)
        if branch is None:
            if len(self.branches) == MOST_BRANCHES:
                return by_tape(self.request, point)
            branch = self.add(point)
        found = branch.run(inputs)[: branch.recording.results]
        if any(np.isnan(result).any() for result in found):
            return by_tape(self.request, point)
        found = [float(result) if type(result) is np.float64 else result for result in found]
        return self.request.arranged(found, branch.recording.output)


def joined(parts: Sequence[float], shape: tuple[int, ...]) -> Any:
    """Entries as an array of that shape."""
    return np.array(parts).reshape(shape)


def replaying(recording: Recording) -> Callable[..., Any]:
    """A long program of numbers, node by node; None where it does not hold or a result is nan."""

    def run(*inputs: float) -> list[float] | None:
        values = recording.graph.replay(FLOAT, inputs)
        found = [values[i] for i in recording.graph.outputs]
        results, conditions = found[: recording.results], found[recording.results :]
        holds = all(c == d for c, d in zip(conditions, recording.decisions, strict=True))
        return results if holds and not any(map(math.isnan, results)) else None

    return run


def planned(graph: Graph) -> Callable[[Sequence[Any]], list[Any]]:
    """A graph of arrays as a function of its inputs, one value an output."""
    try:
        from diffcompare.engines.compiled.plan import planned as plan  # type: ignore[import-not-found]
    except ImportError:
        return lambda inputs: _replayed(graph, inputs)
    made: Callable[[Sequence[Any]], list[Any]] = plan(graph)
    return made


def _replayed(graph: Graph, inputs: Sequence[Any]) -> list[Any]:
    with np.errstate(all="ignore"):
        values = graph.replay(ARRAYS, inputs)
    return [values[i] for i in graph.outputs]
