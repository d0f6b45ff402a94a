"""Engines without a step beside a sweep: each is one flat line, computed in the same type of floats as the schemes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from diffcompare.engines import engine_named
from diffcompare.engines.automatic import adjoints, derivative_graph, tangents
from diffcompare.engines.budget import within
from diffcompare.engines.line import Line
from diffcompare.errors import DiffCompareError
from diffcompare.expression.function import function
from diffcompare.expression.graph import Graph
from diffcompare.expression.numbers import array
from diffcompare.measure import Ball, Unproven, nearest_double

GIVEN = 5.0  # seconds that one engine may take


@dataclass(frozen=True, slots=True)
class FlatLine:
    """An engine without a step, with its signed error; None where there is none, with the reason in the note."""

    engine: str
    error: float | None
    note: str = ""


def without_step(engines: Sequence[str]) -> list[str]:
    """The engines, each once; raises `DiffCompareError` for one that does not exist or takes a step."""
    rows = [engine_named(name) for name in dict.fromkeys(engines)]
    for row in rows:
        if row.takes_step:
            scheme = row.name.removeprefix("finite-")
            raise DiffCompareError(f"{row.name} takes a step h, so it is no line but a scheme; write --scheme {scheme}")
    return [row.name for row in rows]


def flat_line(engine: str, line: Line, derivative: Ball | Unproven, floats: np.dtype[Any]) -> FlatLine:
    """The error of one engine at the point of a line, every operation rounded to that type of floats."""
    try:
        value, note = _run(engine, line) if floats == np.float64 else (_replayed(engine, line, floats), "")
    except (DiffCompareError, ImportError) as error:
        return FlatLine(engine, None, str(error).splitlines()[0])
    if isinstance(derivative, Unproven):
        return FlatLine(engine, None, f"answers {float(value):.6g}")
    return FlatLine(engine, _error(value, derivative), note)


def _run(engine: str, line: Line) -> tuple[Any, str]:
    """The derivative by input j, and the engine's remark."""
    if engine in MODES:
        return MODES[engine](line), ""
    with within(GIVEN):
        answer = engine_named(engine).run(line.function, line.point)
    return answer.jacobian[0, line.j], "" if engine in LINES else answer.note


def _forward(line: Line) -> Any:
    v_dot = tangents(line.graph, [float(k == line.j) for k in range(len(line.inputs))])
    return v_dot[line.graph.outputs[0]] or 0.0


def _reverse(line: Line) -> Any:
    return adjoints(line.graph, [1.0])[line.j] or 0.0


LINES = ("forward", "reverse", "symbolic")
MODES: dict[str, Callable[[Line], Any]] = {"forward": _forward, "reverse": _reverse}  # one pass does, of input j alone


def _replayed(engine: str, line: Line, floats: np.dtype[Any]) -> Any:
    """The program that the engine makes of the derivative, run in another type."""
    if engine not in LINES:
        raise DiffCompareError(f"{engine} computes in floats of its own, not in {floats}; a sweep in float64 shows it")
    if engine == "symbolic":
        program = _expression(line)
        inputs = [line.inputs[line.graph.names.index(name)] for name in program.names]
        output = program.outputs[0]
    else:
        program = derivative_graph(line.function, line.point, engine, line.graph.names[line.j])
        inputs, output = line.inputs, program.outputs[line.j if engine == "reverse" else 0]
    return program.replay(array(floats), [floats.type(x) for x in inputs])[output]


def _expression(line: Line) -> Graph:
    """SymPy's derivative as a graph."""
    from diffcompare.engines.symbolic import differentiated, expressions

    symbols, (output,) = expressions(line.graph)
    found = function(differentiated(output, symbols[line.j]))
    return found.trace({name: line.inputs[line.graph.names.index(name)] for name in found.names})


def _error(value: Any, derivative: Ball) -> float:
    """The value minus the certified derivative, exactly; 0 where they cannot be told apart."""
    if not np.isfinite(value):
        return float(value)
    exact = Fraction(*value.as_integer_ratio())
    return 0.0 if derivative.contains(exact) else nearest_double(exact - derivative.midpoint)
