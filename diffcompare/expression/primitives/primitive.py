"""What a primitive is: one elementary operation, its value and its local derivatives, in one row.

A primitive applied to numbers computes; applied to traced variables it records.  The row also says how the same
operation is spelled in the other number domains (NumPy arrays, complex numbers, SymPy, balls), where it is smooth,
and what is answered where it is not.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass, field
from math import inf, isnan, nan
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from diffcompare.expression.primitives import Operation


class Traced:
    """Base of the traced variable; a primitive hands over to `record` when one of its arguments is one."""

    __slots__ = ()

    value: Any  # what was computed: a number or an array, or something traced by an outer recording

    def record(self, primitive: Operation, arguments: tuple[Any, ...]) -> Any:
        """Record `primitive` applied to `arguments` on the innermost trace among them."""
        raise NotImplementedError

    def decided(self) -> Any:
        """The plain value of a condition or an index, on which the rest of a recording depends."""
        return np.asarray(concrete(self))


def concrete(value: Any) -> Any:
    """The number or array behind a value, however many recordings it is traced by."""
    while isinstance(value, Traced):
        value = value.value
    return value


class _Quiet(threading.local):
    """NumPy without its warnings, in a context of this thread: entered in a tenth of the time of np.errstate."""

    def __init__(self) -> None:
        context = Context()
        context.run(np.seterr, all="ignore")
        self.run = context.run


QUIET = _Quiet()


class Domain(NamedTuple):
    """Where an operation is defined: in words, as a test on floats, and intervals to draw test points from."""

    text: str
    contains: Callable[..., bool]
    cases: tuple[tuple[float, float], ...]


class Kink(NamedTuple):
    """A place inside or at the edge of the domain where the derivative does not exist, and what is answered there."""

    where: str
    at: Callable[..., bool]
    convention: str
    why: str


# Whole arrays, and the numbers that Python's float would round or refuse.
ARRAY_LIKE = (np.ndarray, complex, np.float32, np.float16, np.longdouble, np.complex64)
Partial = float | Callable[..., Any]
UNDEFINED = (ValueError, ZeroDivisionError, OverflowError)  # what functions of floats raise where they have no value


@dataclass(frozen=True, slots=True, eq=False)
class Primitive:
    """One row of the table.

    `partials[i]` is the local derivative by operand i: a number where it is constant, otherwise a function of the
    result and the operands, written with primitives so that it can be traced and differentiated again.
    """

    name: str
    function: Callable[..., Any]  # on Python floats; may raise where undefined
    array: Callable[..., Any]  # on NumPy arrays, IEEE values outside the domain
    partials: tuple[Partial, ...]
    sympy: Callable[..., Any]  # (sympy module, *operands)
    ball: Callable[..., Any]  # on FLINT's balls and power series
    complex: Callable[..., Any]  # the analytic continuation next to the real axis
    domain: Domain
    kinks: tuple[Kink, ...] = ()
    aliases: tuple[str, ...] = ()
    why: str = ""  # why this form of the derivative keeps its digits
    hidden: bool = field(default=False)  # constants and comparisons are not called by name in a formula

    @property
    def arity(self) -> int:
        """Number of operands."""
        return len(self.partials)

    def value(self, *operands: float) -> Any:
        """Compute on floats; outside the domain the IEEE result (nan, inf), never an exception.

        >>> from diffcompare.expression.primitives import PRIMITIVES
        >>> PRIMITIVES["ln"].value(0.0)
        -inf
        """
        try:
            result = self.function(*operands)
        except UNDEFINED:
            result = QUIET.run(self.array, *map(np.float64, operands))
            return bool(result) if isinstance(result, np.bool_) else float(result)
        return result

    def partial(self, index: int, result: Any, operands: tuple[Any, ...]) -> Any:
        """Local derivative by operand `index`, given the result and the operands (numbers or traced variables)."""
        rule = self.partials[index]
        return rule(result, *operands) if callable(rule) else rule

    def kink_at(self, *operands: float) -> Kink | None:
        """The kink these operands sit on, if any; operands outside the domain sit on none."""
        return next((kink for kink in self.kinks if kink.at(*operands)), None)

    def __call__(self, *arguments: Any) -> Any:
        """Compute on numbers and arrays; record on traced variables."""
        for argument in arguments:
            if type(argument) is not float:
                break
        else:
            try:
                return self.function(*arguments)
            except UNDEFINED:
                return self.value(*arguments)
        on_arrays = on_objects = False
        for argument in arguments:
            kind = type(argument)
            if kind is np.ndarray:
                on_arrays = True
                on_objects = on_objects or argument.dtype.hasobject
            elif isinstance(argument, Traced):
                return argument.record(self, arguments)
            elif isinstance(argument, ARRAY_LIKE):
                on_arrays = True
                on_objects = on_objects or has_objects(argument)
        if not on_arrays:
            return self.value(*map(float, arguments))
        if on_objects:
            return np.frompyfunc(self, len(arguments), 1)(*arguments)
        return QUIET.run(self.array, *arguments)

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"


def is_array(value: Any) -> bool:
    """Whether a value is an array, traced or not, with at least one axis."""
    return bool(getattr(value, "ndim", 0))


def has_objects(value: Any) -> bool:
    """Whether a value is an array of objects: traced entries, or what is computed with them."""
    return isinstance(value, np.ndarray) and value.dtype.kind == "O"


def everywhere(*cases: tuple[float, float]) -> Domain:
    """The domain of an operation defined for all real operands."""
    return Domain("all real numbers", lambda *x: not any(map(isnan, x)), cases)


def above(low: float, case: tuple[float, float], *, closed: bool = False) -> Domain:
    """The domain x > low, or x >= low where `closed`."""
    text = f"x {'>=' if closed else '>'} {low:g}"
    return Domain(text, (lambda x: x >= low) if closed else (lambda x: x > low), (case,))


def between(low: float, high: float, case: tuple[float, float], *, closed: bool = True) -> Domain:
    """The domain low <= x <= high, without its ends unless `closed`."""
    if closed:
        return Domain(f"{low:g} <= x <= {high:g}", lambda x: low <= x <= high, (case,))
    return Domain(f"{low:g} < x < {high:g}", lambda x: low < x < high, (case,))


def elementwise(function: Callable[..., float]) -> Callable[..., Any]:
    """An array version of a float function for which NumPy has none; nan where the function raises."""

    def guarded(*operands: float) -> float:
        try:
            return function(*map(float, operands))
        except (ValueError, ZeroDivisionError):
            return nan
        except OverflowError:
            return inf

    vectorised = np.vectorize(guarded, otypes=[np.float64])

    def on_arrays(*operands: Any) -> Any:
        result = vectorised(*operands)
        return result.astype(np.result_type(*operands), copy=False)

    return on_arrays
