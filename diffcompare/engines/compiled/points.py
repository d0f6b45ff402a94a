"""Many points in one call: each by the program of its branch, all points of a branch together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from diffcompare.engines.compiled.tape import by_tape, flattened
from diffcompare.errors import PointError
from diffcompare.expression.numbers import array as array_domain
from diffcompare.expression.primitives.structural import shape_of

if TYPE_CHECKING:
    from diffcompare.engines.compiled.compilation import Branch, Compilation

Arrays = Sequence[Any]
MOST_BRANCHES = 32  # programs that are kept; points beyond them go to the tape


class Part(NamedTuple):
    """A number or an array among the arguments: its name in messages, what was given, and what it was compiled for."""

    name: str
    value: Any
    template: Any


def parts(given: Mapping[str, Any], templates: Mapping[str, Any]) -> list[Part] | None:
    """The numbers and arrays in the arguments, in order; None where they are not arranged as in the templates."""
    found: list[Part] = []
    for name, template in templates.items():
        value = given[name]
        if isinstance(template, (list, tuple)):
            if not isinstance(value, (list, tuple)) or len(value) != len(template):
                return None
            names = [f"{name}[{k}]" for k in range(len(template))]
            inner = parts(dict(zip(names, value, strict=True)), dict(zip(names, template, strict=True)))
            if inner is None:
                return None
            found += inner
        elif isinstance(template, dict) or isinstance(value, (dict, str)):
            return None
        else:
            found.append(Part(name, value, template))
    return found


def points_shape(arguments: Sequence[Part]) -> tuple[int, ...] | None:
    """The shape of the points: the axes in front of those of an argument, broadcast; None where there are none.

    >>> points_shape([Part("x", np.zeros((5, 3)), np.zeros(3)), Part("y", 1.0, 0.0)])
    (5,)
    """
    fronts = {}
    for name, value, template in arguments:
        shape = shape_of(template)
        try:
            found = np.shape(value)
        except ValueError:  # rows of different lengths
            return None
        if found[len(found) - len(shape) :] != shape:
            return None
        fronts[name] = found[: len(found) - len(shape)]
    try:
        points = np.broadcast_shapes(*fronts.values())
    except ValueError:
        sizes = ", ".join(f"{name} {front}" for name, front in fronts.items())
        raise PointError(f"the arrays of points do not fit each other: {sizes}") from None
    return points or None


def columns(arguments: Sequence[Part], points: tuple[int, ...]) -> list[Any]:
    """One array of shape (k,) for each entry of each argument: its values at the k points."""
    inputs = []
    for name, given, template in arguments:
        value = np.asarray(given)
        if value.dtype.kind not in "biuf":
            raise PointError(f"{name} is {value.dtype}; give it real numbers")
        if not shape_of(template) and value.shape == points:
            inputs.append(np.ascontiguousarray(value.ravel(), dtype=float))
            continue
        entries = np.broadcast_to(value.astype(float, copy=False), points + shape_of(template))
        entries = entries.reshape(math.prod(points), np.size(template))
        inputs += [np.ascontiguousarray(entries[:, k]) for k in range(entries.shape[1])]
    return inputs


def at_points(compilation: Compilation, inputs: Arrays, points: tuple[int, ...]) -> Any:
    """The answers at arrays of points, of the shape of the points followed by that of an answer."""
    first = compilation.branches[0].recording
    results = [np.empty(int(np.prod(points))) for _ in range(first.results)]
    if results and len(results[0]):
        _fill(compilation, inputs, results)

    def join(parts: Arrays, shape: tuple[int, ...]) -> Any:
        return (np.stack(parts, axis=-1) if parts else np.empty(0)).reshape(points + shape)

    return compilation.request.arranged([result.reshape(points)[()] for result in results], first.output, join)


def _fill(compilation: Compilation, inputs: Arrays, results: Arrays) -> None:
    """The results at every point, branch by branch; those that no program answers one by one, by the tape."""
    if compilation.way == "tape":
        _by_tape(compilation, inputs, results, np.arange(len(results[0])))
        return
    rest = _run(compilation, compilation.branches[0], inputs, results)
    for k in range(1, MOST_BRANCHES):
        if not len(rest):
            return
        part = [x[rest] for x in inputs]
        if k == len(compilation.branches) and compilation.add(compilation.point_of([x[0] for x in part])) is None:
            break  # its own program gives nan there too
        found = [np.empty(len(rest)) for _ in results]
        left = _run(compilation, compilation.branches[k], part, found)
        answered = np.ones(len(rest), dtype=bool)
        answered[left] = False
        for result, value in zip(results, found, strict=True):
            result[rest[answered]] = value[answered]
        rest = rest[left]
    _by_tape(compilation, inputs, results, rest)


def _run(compilation: Compilation, branch: Branch, inputs: Arrays, results: Arrays) -> Any:
    """Fill the results by the program of a branch; the places of the points that it does not answer.

    A derivative that is nan is no answer, unless the value is nan too.
    """
    held, nan = compilation.kernel(branch)(inputs, results)
    if held is None and not nan:
        return ()
    left = np.zeros(len(results[0]), dtype=bool) if held is None else ~held
    if nan and branch.recording.checked:
        places = np.flatnonzero(np.isnan(results).any(axis=0))
        primal = branch.recording.primal
        values = primal.replay(array_domain(float), [x[places] for x in inputs[: len(primal.names)]])
        left[places] |= ~np.isnan([values[i] + 0 * places for i in primal.outputs]).any(axis=0)
    return np.flatnonzero(left)


def _by_tape(compilation: Compilation, inputs: Arrays, results: Arrays, rest: Any) -> None:
    """The results at these places by the tape, once for points that are the same, signs of zeros included."""
    request = compilation.request
    points = np.stack([x[rest] for x in inputs], axis=1)
    _, first, place = np.unique(points.view(np.int64), axis=0, return_index=True, return_inverse=True)
    for k, at in enumerate(points[first]):
        answer = flattened(request, by_tape(request, compilation.point_of(at.tolist())))
        for result, value in zip(results, answer, strict=True):
            result[rest[place.ravel() == k]] = value
