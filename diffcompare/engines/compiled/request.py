"""What is to be compiled: a function, its arguments by name, what is wanted by which of them, and how results look."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from numbers import Rational
from typing import Any

import numpy as np

from diffcompare.engines.call import places
from diffcompare.errors import DiffCompareError, PointError, TracingError
from diffcompare.expression.containers import as_argument, leaves, rebuilt
from diffcompare.expression.function import Function
from diffcompare.expression.point import check_names, named
from diffcompare.expression.primitives import Traced
from diffcompare.expression.primitives.structural import dtype_of, shape_of, size_of
from diffcompare.expression.program import Program

WANTS = ("value", "gradient", "value_and_gradient", "jacobian", "value_and_jacobian", "hvp")

Join = Callable[[Sequence[Any], tuple[int, ...]], Any]  # entries in an array of a shape


@dataclass(frozen=True, slots=True)
class Request:
    """A function, the arguments it was compiled for, and what is wanted by which of them."""

    function: Function
    want: str
    arguments: dict[str, Any]  # by name, in order; arrays and numbers in their containers
    wanted: tuple[str, ...]  # the arguments that derivatives are taken by
    single: bool  # whether a derivative is that of one argument, or a tuple of them

    @property
    def names(self) -> tuple[str, ...]:
        """What a call takes, in order: the function's arguments, then the direction where there is one."""
        return (*self.arguments, self.direction) if self.want == "hvp" else tuple(self.arguments)

    @property
    def direction(self) -> str:
        """The argument of a Hessian-vector product that follows those of the function: a name that none of them has."""
        name = "direction"
        while name in self.arguments:
            name += "_"
        return name

    @property
    def templates(self) -> dict[str, Any]:
        """What each of them looks like."""
        if self.want != "hvp":
            return self.arguments
        return self.arguments | {self.direction: self.derivative([self.arguments[name] for name in self.wanted])}

    def derivative(self, parts: Sequence[Any]) -> Any:
        """Derivatives by argument as a call returns them."""
        return parts[0] if self.single else tuple(parts)

    def shaped(self, rest: Iterator[Any], join: Join | None) -> Any:
        """The next results as a derivative by the wanted arguments."""
        return self.derivative([_filled(self.arguments[name], rest, join) for name in self.wanted])

    def arranged(self, results: Sequence[Any], output: Any, join: Join | None = None) -> Any:
        """The results of a program as a call returns them; one an entry where they are to be joined into arrays."""
        rest = iter(results)
        if self.want == "value":
            return _filled(output, rest, join)
        if self.want in ("gradient", "hvp"):
            return self.shaped(rest, join)
        if self.want == "jacobian":
            return self._jacobian(list(results), output, join)
        value = _filled(output, rest, join)
        return value, self.shaped(rest, join) if "gradient" in self.want else self._jacobian(list(rest), output, join)

    def _jacobian(self, results: list[Any], output: Any, join: Join | None) -> Any:
        """A block for each output and argument, or one row an entry of the output, of one result an entry, to join."""
        inputs = [leaf for name in self.wanted for leaf in leaves(self.arguments[name])]
        parts = iter(results if join is None else self._joined_blocks(results, inputs, output, join))
        blocks = [
            self.derivative([_filled(self.arguments[name], parts, None) for name in self.wanted])
            for _ in leaves(output)
        ]
        return rebuilt(output, blocks)

    def _joined_blocks(self, results: list[Any], inputs: list[Any], output: Any, join: Join) -> Iterator[Any]:
        """The blocks of a Jacobian that is given row by row, entry by entry."""
        starts = np.cumsum([0, *map(size_of, inputs)]).tolist()
        rows = iter(range(0, len(results), max(starts[-1], 1)))
        for leaf in leaves(output):
            own = list(islice(rows, size_of(leaf)))
            for k, entry in enumerate(inputs):
                found = [results[row + column] for row in own for column in range(starts[k], starts[k + 1])]
                shape = (*shape_of(leaf), *shape_of(entry))
                yield join(found, shape) if shape else found[0]


def requested(function: Function, at: Mapping[str, Any], want: str, argnums: int | Sequence[int] | None) -> Request:
    """The request, checked.

    Raises `DiffCompareError` for a want or an argument that does not exist, `PointError` for a point that does not fit.
    """
    if want not in WANTS:
        raise DiffCompareError(f"there is no want {want!r}; there are {', '.join(WANTS)}")
    arguments = arguments_at(function, at)
    names = tuple(arguments)
    chosen, single = places(range(len(names)) if argnums is None else argnums, len(names))
    if not names and want != "value":
        raise DiffCompareError(f"{function.name} has no variables, so it has no derivative; compile its value")
    wanted = tuple(names[k] for k in chosen)
    # Whole numbers are real where derivatives are taken by them; elsewhere they may be places in an array.
    whole = {n for n, v in arguments.items() if isinstance(v, np.ndarray) and v.dtype.kind in "biu" and n not in wanted}
    arguments = {name: value if name in whole else as_argument(value) for name, value in arguments.items()}
    return Request(function, want, arguments, wanted, single or (argnums is None and len(names) == 1))


def arguments_at(function: Function, at: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments by name: numbers and arrays of any type, in containers; of a formula, floats and float arrays."""
    if isinstance(function.source, Program) or not isinstance(at, Mapping):
        return function.at(at)
    at = named(at)
    names = function.variables(at)
    check_names(names, at)
    for name in names:
        if not all(np.isfinite(leaf).all() for leaf in leaves(as_argument(at[name]))):
            raise PointError(f"{name} is not finite; give finite numbers")
    return {name: at[name] for name in names}


def fits(value: Any, template: Any, found: list[Any]) -> bool:
    """Whether a value is like the template as it stands; its numbers and arrays are added to those found.

    >>> found = []
    >>> fits([np.ones(2), 1.0], [np.zeros(2), 0.0], found), len(found), fits([1], [1.0], found)
    (True, 2, False)
    """
    kind = type(value)
    if kind is not type(template):
        return False
    if kind is np.ndarray:
        found.append(value)
        return bool(value.shape == template.shape and value.dtype == template.dtype)
    if kind is float:
        found.append(value)
        return True
    if kind not in (list, tuple) or len(value) != len(template):
        return False
    return all(fits(part, model, found) for part, model in zip(value, template, strict=True))


def like(name: str, value: Any, template: Any) -> Any:
    """A value with the arrangement, shapes and types of the template.

    Raises `PointError` where it has others, `TracingError` for a traced variable.

    >>> like("x", [1, 2], np.zeros(2))
    array([1., 2.])
    """
    if type(value) is type(template) is np.ndarray and (value.shape, value.dtype) == (template.shape, template.dtype):
        return value
    if isinstance(template, dict):
        if not isinstance(value, dict) or value.keys() != template.keys():
            raise PointError(f"{name} needs a dictionary with the keys {', '.join(map(repr, template))}")
        return {key: like(f"{name}[{key!r}]", value[key], part) for key, part in template.items()}
    if isinstance(template, (list, tuple)):
        if not isinstance(value, (list, tuple)) or len(value) != len(template):
            raise PointError(f"{name} needs {len(template)} parts, as it was compiled for")
        parts = enumerate(zip(value, template, strict=True))
        return type(template)(like(f"{name}[{k}]", part, model) for k, (part, model) in parts)
    if isinstance(value, Traced):
        raise TracingError("a compiled function is a program of numbers; trace the function that it was made from")
    shape, dtype = shape_of(template), dtype_of(template)
    if isinstance(value, Rational) and dtype.kind in "fc":
        value = as_argument(value)
    try:
        leaf = np.asarray(value)
    except ValueError:
        raise PointError(f"{name} is no array: its rows have different lengths") from None
    if leaf.dtype.kind not in "biufc":
        raise PointError(f"{name} is a {type(value).__name__}; give it a number or an array of numbers")
    if leaf.shape != shape:
        raise PointError(f"{name} has shape {leaf.shape}; this function was compiled for {shape or 'a number'}")
    if leaf.dtype.kind in "fc" and not np.can_cast(leaf.dtype, dtype, "same_kind"):
        raise PointError(f"{name} is {leaf.dtype}; this function was compiled for {dtype}")
    if not shape and type(template) is float:
        return float(leaf)
    with np.errstate(over="ignore"):
        return leaf.astype(dtype, copy=False) if shape else dtype.type(leaf)


def _filled(template: Any, rest: Iterator[Any], join: Join | None) -> Any:
    """The template with the next results for its leaves."""
    parts = []
    for leaf in leaves(template):
        if join is None or not shape_of(leaf):
            parts.append(next(rest))
        else:
            parts.append(join(list(islice(rest, size_of(leaf))), shape_of(leaf)))
    return rebuilt(template, parts)
