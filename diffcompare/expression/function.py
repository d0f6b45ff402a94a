"""Function: any source of a function (text, a Python callable, a SymPy expression) behind one door."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from diffcompare.errors import BudgetError, DiffCompareError, PointError, SourceError, TracingError
from diffcompare.expression.formula import parse
from diffcompare.expression.graph import Graph
from diffcompare.expression.notation import LATEX, TEXT, TYPST, Notation
from diffcompare.expression.numpy_protocol import entries, is_vector
from diffcompare.expression.point import Point, as_point, check_names
from diffcompare.expression.primitives import Primitive
from diffcompare.expression.program import CONSTANTS, Name, Program, run
from diffcompare.expression.variable import Trace, Variable, as_float


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
        """The variables; pi and e are among them only where the point gives them a value."""
        if isinstance(self.source, Program):
            present = set(given)
            return tuple(n for n in self.source.names if n not in CONSTANTS or n in present)
        return self.names

    def at(self, at: Mapping[str, Any]) -> Point:
        """The point in the order of the variables; raises `PointError` for missing, extra or non-numeric ones."""
        point = as_point(at)
        names = self.variables(point)
        if not isinstance(self.source, Program):
            names = tuple(n for n in names if n in point or n not in _defaults(self.source))
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
        try:
            return trace.graph(self.outputs(arguments, trace))
        except ArithmeticError as error:
            raise SourceError(f"{self.name} raised {type(error).__name__} at the point: {error}") from error

    def outputs(self, arguments: Mapping[str, Any], trace: Trace | None = None) -> list[Any]:
        """Run on the arguments, numbers or variables; one value an output."""
        if isinstance(self.source, Program):
            if trace is None:
                return run(self.source, arguments, as_float, Primitive.__call__)
            return run(self.source, arguments, trace.constant, trace.apply)
        return flat_outputs(self._call_python(arguments), self.name)

    def evaluate(self, at: Mapping[str, Any]) -> list[float]:
        """The outputs in floating point, shape (m,); nan where the function is not defined."""
        arguments = {name: _double(value) for name, value in at.items()}
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
        if isinstance(self.source, Program):
            check_names(self.variables(given), given)
        trace = innermost(given.values())
        results = self.outputs(given, trace)
        if len(results) == 1 and not (isinstance(self.source, Program) and self.source.listed):
            return results[0]
        return entries(results) if any(isinstance(v, Variable) for v in results) else np.array(results)

    def _call_python(self, arguments: Mapping[str, Any]) -> Any:
        assert not isinstance(self.source, Program)
        try:
            return self.source(**arguments)
        except (DiffCompareError, ArithmeticError):
            raise
        except Exception as error:
            raise SourceError(f"{self.name} raised {type(error).__name__}: {str(error) or 'no message'}") from error

    def formula(self) -> Graph:
        """The graph recorded without a point: every value in it that depends on a variable is nan.

        Raises `PointError` where the code decides a branch, so that the formula depends on the point.

        >>> import diffcompare as dc
        >>> dc.function("x[0] + x[1]").formula().names
        ('x[0]', 'x[1]')
        """
        trace = Trace()
        if isinstance(self.source, Program):
            names = {n: _longest_index(self.source, n) for n in self.names}
        else:
            names = dict.fromkeys(self.names)
        arguments = {n: bind(trace, n, float("nan") if k is None else np.full(k + 1, np.nan)) for n, k in names.items()}
        outputs = self.outputs(arguments, trace)
        if trace.guards:
            point = ",".join(f"{name}=..." for name in self.names)
            raise PointError(f"the formula of {self.name} depends on the point; add --at {point}")
        return trace.graph(outputs)

    def written(self, notation: Notation) -> str:
        """The formula in a notation; a Python function whose formula depends on the point is written as name(x, y)."""
        try:
            return notation.write(self.formula())
        except (TracingError, SourceError, PointError, BudgetError, ArithmeticError, TypeError):
            operands = ", ".join(notation.variable(name) for name in self.names)
            return notation.call(self.name if self.name.isidentifier() else "f", operands)

    def text(self) -> str:
        """The formula as plain text, readable by `function` again.

        >>> import diffcompare as dc
        >>> dc.function("(x + 1)**2 / y").text()
        '(x + 1)^2/y'
        """
        return self.written(TEXT)

    def latex(self) -> str:
        """The formula in LaTeX.

        >>> import diffcompare as dc
        >>> print(dc.function("sqrt(x1)/2").latex())
        \\frac{\\sqrt{x_{1}}}{2}
        """
        return self.written(LATEX)

    def typst(self) -> str:
        """The formula in Typst's mathematics.

        >>> import diffcompare as dc
        >>> dc.function("sqrt(x)/2").typst()
        'frac(sqrt(x), 2)'
        """
        return self.written(TYPST)

    def __repr__(self) -> str:
        return f"Function({self.text()!r})"

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"


def bind(trace: Trace, name: str, value: Any) -> Any:
    """The variable that a function sees for one argument: a traced scalar, or a vector of traced entries."""
    values = value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value
    if isinstance(values, list):
        return entries([trace.input(f"{name}[{i}]", v) for i, v in enumerate(values)])
    return trace.input(name, values)


def innermost(arguments: Iterable[Any]) -> Trace | None:
    """The innermost trace that any of these arguments is recorded on."""
    trace: Trace | None = None
    for argument in arguments:
        for value in argument if is_vector(argument) else (argument,):
            if isinstance(value, Variable) and (trace is None or value.trace.level > trace.level):
                trace = value.trace
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


def _double(value: Any) -> Any:
    return value if isinstance(value, np.ndarray) else np.float64(value)


def _longest_index(program: Program, name: str) -> int | None:
    indices = [i.index for i in program.instructions if isinstance(i, Name) and i.name == name and i.index is not None]
    return max(indices, default=None)


def point_inputs(point: Mapping[str, Any]) -> list[float]:
    """The point as one flat list of doubles, in the order of the graph's inputs."""
    flat: list[float] = []
    for value in point.values():
        flat.extend(value.tolist() if isinstance(value, np.ndarray) else [float(value)])
    return flat


def with_inputs(point: Mapping[str, Any], inputs: Sequence[float]) -> dict[str, Any]:
    """The same variables with other values: the inverse of `point_inputs`."""
    result: dict[str, Any] = {}
    start = 0
    for name, value in point.items():
        size = len(value) if isinstance(value, np.ndarray) else 1
        chunk = list(inputs[start : start + size])
        result[name] = np.array(chunk, dtype=float) if isinstance(value, np.ndarray) else chunk[0]
        start += size
    return result
