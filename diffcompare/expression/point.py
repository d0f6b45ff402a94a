"""Points: a value for every variable, a number or an array, from the command line or from Python."""

from __future__ import annotations

import math
import numbers
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from diffcompare.errors import FormulaError, PointError
from diffcompare.expression.tokens import as_name

Point = dict[str, Any]  # float, or a float array of any shape with at least one axis and one entry
MOST_AXES = 32
EXAMPLE = "write {0}=[1,2,3] or {0}=[[1,2],[3,4]]"
RAGGED = "the rows of {0} have different lengths; give every row the same number of entries, as in {0}=[[1,2],[3,4]]"
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE | re.ASCII)


def parse_point(texts: Sequence[str]) -> Point:
    """The point that --at options give: "x1=2", "x1=2,x2=5", "x=[1,2,3]" or "W=[[1,2],[3,4]]".

    Entries may be constant formulas.  Raises `PointError` for a missing =, a name given twice, rows of different
    lengths, or a value that is no finite number.

    >>> parse_point(["x1=2,x2=pi/2", "W=[[1, 2], [3, 4]]"])
    {'x1': 2.0, 'x2': 1.5707963267948966, 'W': array([[1., 2.], [3., 4.]])}
    """
    point: Point = {}
    for text in texts:
        for part in _split(text):
            name, sign, value = part.partition("=")
            name, value = as_name(name.strip()), value.strip()
            if not sign or not value:
                raise PointError(f"{part.strip() or 'an empty --at'} gives no value; write --at x=2")
            if not name.isidentifier():
                advice = f"; write --at {name.partition('[')[0]}=[1,2,3] for a vector" if "[" in name else ""
                raise PointError(f"{name or 'nothing'} is not the name of a variable{advice or '; write --at x=2'}")
            if name in point:
                raise PointError(f"{name} is given twice; give each variable one value")
            point[name] = _value(name, value)
    return point


def as_point(at: Mapping[str, Any]) -> Point:
    """A Python mapping as a point: floats, and float arrays of any shape.

    Raises `PointError` for values that are not finite real numbers or arrays of them.

    >>> as_point({"x": 2, "W": [[1, 2], [3, 4]]})
    {'x': 2.0, 'W': array([[1., 2.], [3., 4.]])}
    """
    if not isinstance(at, Mapping):
        raise PointError(f'a point is a dictionary such as {{"x": 2.0}}, not a {type(at).__name__}')
    return {name: _checked(name, value) for name, value in named(at).items()}


def named(at: Mapping[str, Any]) -> dict[str, Any]:
    """The values by names in the form of Python's own."""
    return {as_name(name) if isinstance(name, str) else name: value for name, value in at.items()}


def entry_names(name: str, shape: tuple[int, ...]) -> list[str]:
    """The names of the entries of an array variable, row by row; of a number, its own.

    >>> entry_names("W", (2, 2)), entry_names("x", (2,)), entry_names("y", ())
    (['W[0,0]', 'W[0,1]', 'W[1,0]', 'W[1,1]'], ['x[0]', 'x[1]'], ['y'])
    """
    if not shape:
        return [name]
    return [f"{name}[{','.join(map(str, place))}]" for place in np.ndindex(*shape)]


def check_names(wanted: Sequence[str], given: Iterable[str]) -> None:
    """Raise `PointError` where a variable has no value, or a value has no variable, with the nearest name."""
    given = list(given)
    missing = [name for name in wanted if name not in given]
    extra = [name for name in given if name not in wanted]
    if extra:
        from difflib import get_close_matches

        near = get_close_matches(extra[0], missing or wanted, n=1)
        variables = f"the variables are {', '.join(wanted)}" if wanted else "the function has no variables"
        raise PointError(f"there is no variable {extra[0]}; " + (f"did you mean {near[0]}?" if near else variables))
    if missing:
        example = ",".join(f"{name}=..." for name in missing[:4])
        raise PointError(f"{', '.join(missing)} has no value; add --at {example}" if len(missing) == 1 else
                         f"{', '.join(missing)} have no values; add --at {example}")  # fmt: skip


def _split(text: str) -> list[str]:
    """At the commas outside brackets."""
    parts, depth, start = [], 0, 0
    for place, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        if depth < 0:
            raise PointError(f"{character} closes nothing in {text:.40}; write --at x=[1,2,3]")
        if character == "," and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    if depth:
        raise PointError(f"a bracket is never closed in {text:.40}; write --at x=[1,2,3]")
    return [*parts, text[start:]]


def _value(name: str, text: str, axes: int = 0) -> Any:
    """A number, or an array from nested lists."""
    if not text.startswith("["):
        return _number(name, text)
    if axes == MOST_AXES:
        raise PointError(f"{name} has more than {MOST_AXES} axes; give fewer lists inside lists")
    parts = [part.strip() for part in _split(text[1:-1])] if text.endswith("]") else []
    if not any(parts):
        raise PointError(f"{name}={text:.40} is no array with entries; {EXAMPLE.format(name)}")
    if not all(parts):
        raise PointError(f"an entry is missing in {name}={text:.40}; {EXAMPLE.format(name)}")
    rows = [_value(name, part, axes + 1) for part in parts]
    if len({np.shape(row) for row in rows}) > 1:
        raise PointError(RAGGED.format(name))
    return np.array(rows)


def _number(name: str, text: str) -> float:
    """A number, or a constant formula such as pi/2."""
    if NUMBER.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    if re.fullmatch(r"[-+]?(nan|inf|infinity)", text, re.IGNORECASE):
        raise PointError(f"{name}={text} is no point to differentiate at; give a finite number")
    from diffcompare.expression.formula import parse
    from diffcompare.expression.primitives import Primitive
    from diffcompare.expression.program import CONSTANTS, run

    try:
        program = parse(text)
        unknown = [n for n in program.names if n not in CONSTANTS]
        value = float("nan") if unknown or program.listed else run(program, {}, float, Primitive.value)[0]
    except (FormulaError, OverflowError) as error:
        raise PointError(f"{name}={text:.40} is not a number; write for example {name}=2.5 or {name}=pi/2") from error
    if not math.isfinite(value):
        raise PointError(f"{name}={text:.40} is not a finite number; write for example {name}=2.5 or {name}=pi/2")
    return float(value)


def _checked(name: str, value: Any) -> float | np.ndarray:
    """A float, or a float array that nobody else holds."""
    if isinstance(value, (str, bytes)) or value is None:
        raise PointError(f"{name} is {_shown(value)}, not a number; give {name} a number or an array of numbers")
    try:
        array = np.array(value)
    except ValueError:
        raise PointError(RAGGED.format(name)) from None
    if array.dtype.kind not in "biuf" and not _holds_reals(array):
        raise PointError(f"{name} is {_shown(value)}, not a real number; give {name} a number or an array of numbers")
    if array.size == 0:
        raise PointError(f"{name} has shape {array.shape}; give an array with at least one entry")
    try:
        array = array.astype(float)
    except OverflowError:
        raise PointError(f"{name} is beyond the largest double, 1.8e308") from None
    if not np.isfinite(array).all():
        raise PointError(f"{_first_not_finite(name, array)}; give finite numbers")
    return array if array.ndim else float(array)


def _shown(value: Any) -> str:
    """The beginning of a value on one line."""
    return f"{' '.join(repr(value).split()):.40}"


def _holds_reals(array: np.ndarray) -> bool:
    """Whether the objects in it are numbers of Python's that NumPy has no type for: large integers, fractions."""
    return array.dtype.kind == "O" and all(isinstance(entry, numbers.Real) for entry in array.ravel().tolist())


def _first_not_finite(name: str, array: np.ndarray) -> str:
    place = int(np.argmin(np.isfinite(array).ravel()))
    return f"{entry_names(name, array.shape)[place]} is {array.ravel()[place]}"


def input_names(point: Mapping[str, Any]) -> list[str]:
    """The names of the graph's inputs, in order: one a number, one an entry of an array.

    >>> input_names({"x": 1.0, "y": np.zeros(2)})
    ['x', 'y[0]', 'y[1]']
    """
    return [entry for name, value in point.items() for entry in entry_names(name, np.shape(value))]


def point_inputs(point: Mapping[str, Any]) -> list[float]:
    """The point as one flat list of doubles, in the order of the graph's inputs: arrays row by row.

    >>> point_inputs({"x": 1.0, "W": np.array([[2.0, 3.0], [4.0, 5.0]])})
    [1.0, 2.0, 3.0, 4.0, 5.0]
    """
    return [float(entry) for value in point.values() for entry in np.ravel(value)]


def with_inputs(point: Mapping[str, Any], inputs: Sequence[float]) -> Point:
    """The same variables with other values: the inverse of `point_inputs`.

    >>> with_inputs({"x": 1.0, "y": np.zeros(2)}, [1.0, 2.0, 3.0])
    {'x': 1.0, 'y': array([2., 3.])}
    """
    result: Point = {}
    start = 0
    for name, value in point.items():
        end = start + np.size(value)
        array = isinstance(value, np.ndarray)
        result[name] = np.array(inputs[start:end], dtype=float).reshape(value.shape) if array else inputs[start]
        start = end
    return result
