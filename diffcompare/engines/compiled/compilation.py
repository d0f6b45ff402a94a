"""A compiled function with the branches it has met, and what happens where none of their programs holds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffcompare.engines.compiled import numba_code, points
from diffcompare.engines.compiled.improving import Improving, seconds, told
from diffcompare.engines.compiled.kernels.fused_plan import fused, obstacle
from diffcompare.engines.compiled.numpy_code import Kernel, on_blocks
from diffcompare.engines.compiled.plan import planned
from diffcompare.engines.compiled.points import MOST_BRANCHES
from diffcompare.engines.compiled.python_code import on_numbers
from diffcompare.engines.compiled.recording import Recording, recorded
from diffcompare.engines.compiled.request import Request, fits, like
from diffcompare.engines.compiled.tape import by_tape
from diffcompare.errors import ArgumentError, DiffCompareError, PointError, TracingError
from diffcompare.expression.containers import leaves, rebuilding, rebuilt
from diffcompare.expression.numbers import FLOAT, NumberDomain
from diffcompare.expression.primitives.structural import dtype_of, shape_of, size_of
from diffcompare.expression.program import Program

LONGEST = 5 * 10**4  # nodes of a program that Python compiles, in about 20 us each
FEW_ENTRIES, FEW_NODES = 64, 2000  # of arrays that may be faster entry by entry: both ways are timed
ARRAYS = NumberDomain(lambda constant: constant, lambda primitive, operands: primitive(*operands))


@dataclass(slots=True)
class Branch:
    """A program and how it runs: on a flat list of numbers (None where it does not hold), on arrays, on many points."""

    recording: Recording
    run: Callable[..., Any]
    arranged: Callable[[Sequence[Any]], Any]  # its results as a call returns them
    kernel: Kernel | None = None


class Compilation:
    """What was asked for, and a program for each branch that a point has taken so far.

    `ways` says how it runs at one point and at many, and why not otherwise.
    """

    def __init__(
        self, request: Request, entrywise: bool | None = None, way: str | None = None, fma: bool = False
    ) -> None:
        self.request, self.way, self.fma = request, way, fma
        self.branches: list[Branch] = []
        self.entrywise = bool(entrywise)
        if entrywise is None:
            self.entrywise = self._chosen()
        if not self.branches:
            self.add(request.templates)
        self.of_numbers = self.branches[0].recording.of_numbers
        self.models = tuple(request.templates.values())
        if not self.of_numbers and way == "python":
            raise DiffCompareError(f"python takes functions of numbers, and {request.function.name} works on arrays")
        if self.of_numbers and way == "numba" and self.branches[0].recording.results:
            self.kernel(self.branches[0])  # says at once where it cannot be

    @property
    def ways(self) -> dict[str, str]:
        """How it runs at one point, and at arrays of points."""
        if not self.of_numbers:
            run = self.branches[0].run
            return {"one point": self.way or (run.way if isinstance(run, Improving) else "numpy")}
        kernel = self.branches[0].kernel
        many = kernel.way if isinstance(kernel, Improving) else told(self._against_kernels(self.branches[0]))
        return {"one point": self.way or "python", "many points": self.way or many}

    @property
    def operations(self) -> int:
        """Applications of a primitive in the first branch's program."""
        return self.branches[0].recording.graph.operations()

    def add(self, point: Mapping[str, Any]) -> Branch | None:
        """A program for the branch that a point takes; None where it is one that there is."""
        recording = recorded(self.request, point, self.entrywise)
        if any(recording.same_as(branch.recording) for branch in self.branches):
            return None
        output, arranged = recording.output, self.request.arranged
        if not recording.of_numbers:
            places = arranged(range(recording.results), output)
            branch = Branch(recording, self._on_whole_arrays(recording), rebuilding(places))
        else:
            run = on_numbers(recording) if len(recording.graph.nodes) <= LONGEST else replaying(recording)
            branch = Branch(recording, run, lambda found: arranged(found, output, joined))
        self.branches.append(branch)
        return branch

    def _on_whole_arrays(self, recording: Recording) -> Callable[..., Any]:
        graph, checked = recording.graph, recording.results if recording.checked else 0
        if self.way == "numba":
            return fused(graph, checked, self.fma)
        plan = planned(graph, checked)
        if self.way is not None:
            return plan
        return Improving(plan, lambda: fused(graph, checked), graph.operations(), obstacle(graph))

    def kernel(self, branch: Branch) -> Kernel:
        """How a program runs at many points."""
        if branch.kernel is None:
            recording = branch.recording
            make: dict[str | None, Callable[[], Kernel]] = {
                "python": lambda: point_by_point(branch), "numpy": lambda: on_blocks(recording),
                "numba": lambda: numba_code.on_threads(recording, self.fma),
            }  # fmt: skip
            if self.way is None:
                operations = recording.graph.operations()
                branch.kernel = Improving(make["numpy"](), make["numba"], operations, self._against_kernels(branch))
            else:
                branch.kernel = make[self.way]()
        return branch.kernel

    def _against_kernels(self, branch: Branch) -> str:
        return numba_code.obstacle(branch.recording) or numba_code.other_bits(branch.recording)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """The answer at a point, or at every point of arrays of points."""
        inputs: list[Any] = []
        if not (named or self.of_numbers or self.way == "tape") and fits(arguments, self.models, inputs):
            answer = self._answer(inputs)
            if answer is not None:
                return answer
        given = self._bound(arguments, named)
        templates = self.request.templates
        if self.of_numbers:
            parts = points.parts(given, templates)
            shape = points.points_shape(parts) if parts else None
            if parts and shape is not None:
                return points.at_points(self, points.columns(parts, shape), shape)
        point = {name: like(name, given[name], template) for name, template in templates.items()}
        if self.way == "tape":
            return by_tape(self.request, point)
        return self._on_numbers(point) if self.of_numbers else self._on_arrays(point)

    def _bound(self, arguments: Sequence[Any], named: dict[str, Any]) -> dict[str, Any]:
        """The arguments of a call by name, as they were given.

        Raises `PointError` for one that is missing, `ArgumentError` for one that is given twice or not known.
        """
        names = self.request.names
        if len(arguments) == len(names) and not named and type(None) not in map(type, arguments):
            return dict(zip(names, arguments, strict=True))
        called = f"the {self.request.want} of {self.request.function.name}"
        if len(arguments) > len(names):
            raise ArgumentError(f"{called} takes {len(names)} arguments ({', '.join(names)}), got {len(arguments)}")
        given = {name: value for name, value in zip(names, arguments, strict=False) if value is not None}
        for name, value in named.items():
            if name not in names:
                raise ArgumentError(f"{called} takes no {name}; its arguments are {', '.join(names)}")
            if name in given:
                raise ArgumentError(f"{name} is given twice, by place and by name")
            given[name] = value
        missing = [name for name in names if name not in given]
        if missing:
            raise PointError(f"{called} takes {', '.join(names)}; {', '.join(missing)} has no value")
        return given

    def program_at(self, point: Mapping[str, Any], inputs: Sequence[float]) -> tuple[Branch, Sequence[float] | None]:
        """The program that holds at a point, a new one where none does, and its results; None where one is nan."""
        for branch in self.branches:
            found = branch.run(*inputs)
            if found is not None:
                return branch, found
        for branch in self.branches:  # Python raised, where IEEE arithmetic has an answer
            found = replaying(branch.recording)(*inputs)
            if found is not None:
                return branch, found
        added = self.add(point) if len(self.branches) < MOST_BRANCHES else None
        if added is None:
            return self.branches[0], None
        return added, replaying(added.recording)(*inputs)

    def point_of(self, inputs: Sequence[float]) -> dict[str, Any]:
        """The arguments from a flat list of their entries."""
        rest = iter(inputs)
        point = {}
        for name, template in self.request.templates.items():
            parts = [joined([next(rest) for _ in range(size_of(x))], shape_of(x)) for x in leaves(template)]
            point[name] = rebuilt(template, parts)
        return point

    def _on_numbers(self, point: dict[str, Any]) -> Any:
        inputs = [float(entry) for value in point.values() for leaf in leaves(value) for entry in np.ravel(leaf)]
        if self.way in ("numpy", "numba"):
            return points.at_points(self, [np.array([x]) for x in inputs], ())
        branch, found = self.program_at(point, inputs)
        if found is None:
            return by_tape(self.request, point)
        return branch.arranged(found)

    def _on_arrays(self, point: dict[str, Any]) -> Any:
        inputs = [leaf for value in point.values() for leaf in leaves(value)]
        if self._branch(inputs) is None and len(self.branches) < MOST_BRANCHES:
            self.add(point)
        answer = self._answer(inputs)
        return by_tape(self.request, point) if answer is None else answer

    def _answer(self, inputs: Sequence[Any]) -> Any:
        """What the program of a branch gives; None where none holds, or a derivative is nan."""
        branch = self._branch(inputs)
        found = branch.run(inputs) if branch else None
        if branch is None or found is None:
            return None
        results = found[: branch.recording.results]
        return branch.arranged([float(result) if type(result) is np.float64 else result for result in results])

    def _branch(self, inputs: Sequence[Any]) -> Branch | None:
        for branch in self.branches:
            if branch.recording.graph.holds(ARRAYS, inputs):
                return branch
        return None

    def _chosen(self) -> bool:
        """Whether arrays are taken entry by entry: where there are none, and where that is faster, by measurement."""
        if isinstance(self.request.function.source, Program) or self.way == "python":
            return True
        parts = [part for template in self.request.templates.values() for part in leaves(template)]
        arrays = [part for part in parts if shape_of(part)]
        if self.way == "numpy" and arrays:
            return False
        if any(dtype_of(part) != np.float64 for part in parts) or sum(map(size_of, arrays)) > FEW_ENTRIES:
            return False
        try:
            entries = recorded(self.request, self.request.templates, entrywise=True)
        except TracingError:
            return False
        if entries.output is None or not arrays:
            return entries.output is not None
        if len(entries.graph.nodes) > FEW_NODES:
            return False
        whole = planned(recorded(self.request, self.request.templates, entrywise=False).graph)
        numbers = on_numbers(entries)
        inputs = [float(entry) for part in parts for entry in np.ravel(part)]
        return seconds(lambda: numbers(*inputs)) < seconds(lambda: whole(parts))


def joined(parts: Sequence[float], shape: tuple[int, ...]) -> Any:
    """Entries as an array of that shape, or the one there is."""
    return np.array(parts).reshape(shape) if shape else parts[0]


def replaying(recording: Recording) -> Callable[..., Any]:
    """A program of numbers node by node, in IEEE arithmetic; None where it does not hold or a derivative is nan."""

    def run(*inputs: float) -> list[float] | None:
        values = recording.graph.replay(FLOAT, inputs)
        found = [values[i] for i in recording.graph.outputs]
        results = list(map(float, found[: recording.results]))
        conditions = found[recording.results :]
        holds = all(c == d for c, d in zip(conditions, recording.decisions, strict=True))
        return results if holds and not (recording.checked and any(map(math.isnan, results))) else None

    return run


def point_by_point(branch: Branch) -> Kernel:
    """A program of numbers as a kernel that takes one point after the other."""

    def kernel(inputs: Sequence[Any], results: Sequence[Any]) -> tuple[Any, bool]:
        held = np.ones(len(results[0]), dtype=bool)
        for k, point in enumerate(zip(*(x.tolist() for x in inputs), strict=True)):
            found = branch.run(*point)
            held[k] = found is not None
            for result, value in zip(results, found or (), strict=False):
                result[k] = value
        return held, False

    return kernel
