"""Function: any source of a function (text, a Python callable, a SymPy expression) behind one door."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from diffcompare.errors import BudgetError, DiffCompareError, PointError, SourceError, TracingError
from diffcompare.expression.entries import entries, has_entries
from diffcompare.expression.formula import parse
from diffcompare.expression.graph import Graph
from diffcompare.expression.notation import LATEX, TEXT, TYPST, Notation
from diffcompare.expression.operands import as_float
from diffcompare.expression.point import Point, as_point, check_names, entry_names
from diffcompare.expression.primitives import Primitive
from diffcompare.expression.program import CONSTANTS, Name, Program, run
from diffcompare.expression.variable import Trace, Variable

# What NumPy says of an array that np.array or np.asarray made of traced values, and what to write instead.
OBJECTS = re.compile(r"dtype\('O'\)|not supported for the input types|loop of ufunc does not support")
NOT_STACKED = "np.array and np.asarray hide traced values from NumPy; write np.stack([a, b]), or use the argument"
# Of a Python function of arrays, more than this is written as its name.
WRITTEN_ENTRIES, WRITTEN_OPERATIONS = 12, 12


def function(source: Any, name: str | None = None) -> Function:
    """A function from formula text, a Python callable, a SymPy expression (or a list of them), or a Function.

    Raises `FormulaError` for text that cannot be read, `SourceError` for anything else that is not a function.

    >>> import diffcompare as dc
    >>> f = dc.function("x^2 * sin(y)")
    >>> f.names, f
    (('x', 'y'), Function('x^2*sin(y)'))
    >>> dc.function(lambda x, y: x * y).names
    ('x', 'y')
    """
    if isinstance(source, Function):
        return source
    if isinstance(source, str):
        return Function(parse(source), name or source.strip())
    if callable(source) and not hasattr(source, "free_symbols"):
        return Function(source, name or str(getattr(source, "__name__", type(source).__name__)))
    if isinstance(source, (list, tuple)) or hasattr(source, "free_symbols"):
        from diffcompare.expression.sympy_source import program_of

        return Function(program_of(source), name or str(source))
    raise SourceError(
        f"a {type(source).__name__} is not a function; give formula text, a Python callable or a SymPy expression"
    )


class Function:
    """One function, whatever it came from: it can be called, traced at a point, and printed."""

    def __init__(self, source: Program | Callable[..., Any], name: str, names: tuple[str, ...] | None = None) -> None:
        self.source = source
        self.name = name
        self.names = names or _names(source)

    def variables(self, given: Iterable[str]) -> tuple[str, ...]:
        """The variables; pi, e and parameters with a default are among them only where the point gives them a value."""
        present = set(given)
        if isinstance(self.source, Program):
            return tuple(n for n in self.source.names if n not in CONSTANTS or n in present)
        optional = _defaults(self.source)
        return tuple(n for n in self.names if n not in optional or n in present)

    def at(self, at: Mapping[str, Any]) -> Point:
        """The point in the order of the variables; raises `PointError` for missing, extra or non-numeric ones."""
        point = as_point(at)
        names = self.variables(point)
        check_names(names, point)
        return {name: point[name] for name in names}

    def trace(self, at: Mapping[str, Any]) -> Graph:
        """Record the function at a point, shape () a variable or (n,) a vector variable.

        Raises `PointError` for a point that does not fit and `TracingError` for code that cannot be traced.

        >>> import diffcompare as dc
        >>> dc.function("x^2").trace({"x": 3}).values
        [9.0]
        """
        point = self.at(at)
        trace = Trace()
        arguments = {name: bind(trace, name, value) for name, value in point.items()}
        with at_the_point(self.name):
            return trace.graph(self.outputs(arguments, trace))

    def outputs(self, arguments: Mapping[str, Any], trace: Trace | None = None) -> list[Any]:
        """Run on the arguments, numbers or variables; one value an output."""
        if isinstance(self.source, Program):
            if trace is None:
                return run(self.source, arguments, as_float, Primitive.__call__)
            return run(self.source, arguments, trace.constant, trace.apply)
        return flat_outputs(self._call_python(arguments), self.name)

    def evaluate(self, at: Mapping[str, Any]) -> list[float]:
        """The outputs in floating point, shape (m,); nan where the function is not defined."""
        arguments = {name: value if isinstance(value, np.ndarray) else np.float64(value) for name, value in at.items()}
        with np.errstate(all="ignore"):
            try:
                return [float(value) for value in self.outputs(arguments)]
            except (ArithmeticError, ValueError):
                return [float("nan")]

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """The value at the arguments, in the order of `names`; an array where there are several outputs."""
        if len(arguments) > len(self.names):
            raise PointError(
                f"{self.name} takes {len(self.names)} arguments ({', '.join(self.names)}), got {len(arguments)}"
            )
        given = dict(zip(self.names, arguments, strict=False)) | named
        if not isinstance(self.source, Program):
            result = self._call_python(given)
            plain = isinstance(result, (list, tuple)) and innermost(result) is None
            return np.array(flat_outputs(result, self.name)) if plain else result
        check_names(self.variables(given), given)
        results = self.outputs(given, innermost(given.values()))
        if not self.source.listed:
            return results[0]
        return entries(results, (len(results),)) if innermost(results) else np.array(results)

    def _call_python(self, arguments: Mapping[str, Any]) -> Any:
        assert not isinstance(self.source, Program)
        try:
            return self.source(**arguments)
        except (DiffCompareError, ArithmeticError, np.linalg.LinAlgError):
            raise
        except Exception as error:
            if isinstance(error.__cause__, DiffCompareError):  # NumPy replaces errors that its coercion meets
                raise error.__cause__ from error
            message = f"{self.name} raised {type(error).__name__}: {str(error) or 'no message'}"
            advice = f"; {NOT_STACKED}" if isinstance(error, TypeError) and OBJECTS.search(message) else ""
            raise SourceError(message + advice) from error

    def formula(self) -> Graph:
        """The graph recorded without a point: every value in it that depends on a variable is nan.

        Raises `PointError` where the code decides a branch, so that the formula depends on the point.

        >>> import diffcompare as dc
        >>> dc.function("x[0] + x[1]").formula().names
        ('x[0]', 'x[1]')
        """
        return self._recorded({})

    def written(self, notation: Notation, at: Mapping[str, Any] | None = None) -> str:
        """The formula in a notation; name(x, y) for a Python function whose formula depends on the point or is long.

        The point, where there is one, says which variables of a Python function are arrays.
        """
        try:
            graph = self._recorded({name: np.shape(value) for name, value in (at or {}).items()})
            return notation.write(graph)
        except (TracingError, SourceError, PointError, BudgetError, ArithmeticError, TypeError, ValueError):
            operands = ", ".join(notation.variable(name) for name in self.names)
            return notation.call(self.name if self.name.isidentifier() else "f", operands)

    def _recorded(self, shapes: Mapping[str, tuple[int, ...]]) -> Graph:
        """The graph recorded without values; raises `TracingError` where it depends on them, or writes out an array."""
        trace = Trace()
        of_arrays = any(shapes.values()) and not isinstance(self.source, Program)
        if isinstance(self.source, Program):
            shapes = {name: _extent(self.source, name) for name in self.names}
        elif of_arrays and sum(map(math.prod, shapes.values())) > WRITTEN_ENTRIES:
            raise TracingError("a formula of so many entries is not read")
        arguments = {name: bind(trace, name, np.full(shapes.get(name, ()), np.nan)) for name in shapes or self.names}
        graph = trace.graph(self.outputs(arguments, trace))
        if trace.guards:
            point = ",".join(f"{name}=..." for name in self.names)
            raise PointError(f"the formula of {self.name} depends on the point; add --at {point}")
        operations = graph.tree_operations() if of_arrays else []
        if sum(operations[i] for i in graph.outputs if operations) > WRITTEN_OPERATIONS:
            raise TracingError("the formula is long")
        return graph

    def text(self, at: Mapping[str, Any] | None = None) -> str:
        """The formula as plain text, readable by `function` again.

        >>> import diffcompare as dc
        >>> dc.function("(x + 1)**2 / y").text()
        '(x + 1)^2/y'
        """
        return self.written(TEXT, at)

    def latex(self, at: Mapping[str, Any] | None = None) -> str:
        """The formula in LaTeX.

        >>> import diffcompare as dc
        >>> print(dc.function("sqrt(x1)/2").latex())
        \\frac{\\sqrt{x_{1}}}{2}
        """
        return self.written(LATEX, at)

    def typst(self, at: Mapping[str, Any] | None = None) -> str:
        """The formula in Typst's mathematics.

        >>> import diffcompare as dc
        >>> dc.function("sqrt(x)/2").typst()
        'frac(sqrt(x), 2)'
        """
        return self.written(TYPST, at)

    def __repr__(self) -> str:
        return f"Function({self.text()!r})"

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"


@contextmanager
def at_the_point(name: str) -> Iterator[None]:
    """What a function's own code cannot compute at the point, such as the inverse of a singular matrix, is said so."""
    try:
        yield
    except (ArithmeticError, np.linalg.LinAlgError) as error:
        raise SourceError(f"{name} raised {type(error).__name__} at the point: {error}") from error


def bind(trace: Trace, name: str, value: Any) -> Any:
    """The variable that a function sees for one argument: a traced scalar, or an array of traced entries."""
    if not isinstance(value, (np.ndarray, np.generic)):
        return trace.input(name, value)
    names = entry_names(name, value.shape)
    inputs = [trace.input(entry, number) for entry, number in zip(names, value.ravel().tolist(), strict=True)]
    return entries(inputs, value.shape) if value.ndim else inputs[0]


def innermost(arguments: Iterable[Any]) -> Trace | None:
    """The innermost trace that any of these arguments is recorded on."""
    trace: Trace | None = None
    for argument in arguments:
        for value in argument if has_entries(argument) else (argument,):
            if isinstance(value, Variable) and (trace is None or value.tape.level > trace.level):
                trace = value.tape
    return trace


def flat_outputs(result: Any, name: str) -> list[Any]:
    """What a Python function returned, as a flat list of scalars."""
    if isinstance(result, np.ndarray):
        result = result.ravel().tolist() if result.ndim else [result.item()]
    if isinstance(result, (list, tuple)):
        flat = [scalar for item in result for scalar in flat_outputs(item, name)]
        if flat:
            return flat
        raise TracingError(f"{name} returned nothing to differentiate (an empty {type(result).__name__})")
    if isinstance(result, (Variable, int, float, np.number, np.bool_)):
        return [result if isinstance(result, Variable) else float(result)]
    if result is None:
        raise TracingError(f"{name} returned None; end it with `return` and the value")
    raise TracingError(
        f"{name} returned a {type(result).__name__} ({result!r:.40}); return a number, a list or an array"
    )


def _names(source: Program | Callable[..., Any]) -> tuple[str, ...]:
    if isinstance(source, Program):
        return tuple(name for name in source.names if name not in CONSTANTS)
    try:
        parameters = inspect.signature(source).parameters.values()
    except (TypeError, ValueError) as error:
        raise SourceError(f"the parameters of {source!r:.60} cannot be read; wrap it: lambda x: f(x)") from error
    for parameter in parameters:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise SourceError(
                f"*{parameter.name} has no fixed variables; give the function named parameters or one vector"
            )
        if parameter.kind is parameter.POSITIONAL_ONLY:
            raise SourceError(f"parameter {parameter.name} is positional only; wrap the function: lambda x: f(x)")
    return tuple(p.name for p in parameters)


def _defaults(source: Callable[..., Any]) -> set[str]:
    return {p.name for p in inspect.signature(source).parameters.values() if p.default is not p.empty}


def _extent(program: Program, name: str) -> tuple[int, ...]:
    """The least shape with every entry that a formula uses; () for a number."""
    used = [i.entry for i in program.instructions if isinstance(i, Name) and i.name == name]
    return tuple(1 + max(axis) for axis in zip(*used, strict=True))
