"""A program of numbers as a Python function: one assignment a value that is used twice, the others written inside.

The text is our own printer's: nothing of a user's is in it but the names of arguments, which are identifiers.  Where a
guard fails, where Python raises (division by 0, overflow, a number outside a domain) and where a result is nan, the
function hands over to `otherwise`.
"""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from diffcompare.engines.compiled.recording import Recording
from diffcompare.engines.compiled.request import Request
from diffcompare.expression.code import EXECUTED, TRUTH, assignments, is_condition
from diffcompare.expression.primitives import PRIMITIVES

RESERVED = re.compile(r"_.*|float|type|array|ndarray|double|math|otherwise|ArithmeticError|ValueError|sum")
SUMMED = 8  # results of which each is compared with itself; of more, their sum


def on_numbers(recording: Recording) -> Callable[..., tuple[float, ...] | None]:
    """The program as a function of one number an input, which gives one number a result, or None.

    >>> import diffcompare as dc
    >>> from diffcompare.engines.compiled.request import requested
    >>> from diffcompare.engines.compiled.recording import recorded
    >>> request = requested(dc.function("1/x"), {"x": 1.0}, "gradient", None)
    >>> program = on_numbers(recorded(request, request.arguments, True))
    >>> program(2.0), program(0.0)
    ((-0.25,), None)
    """
    inputs = [f"_x{k}" for k in range(len(recording.graph.names))]
    results = "".join(f"_r{k}, " for k in range(recording.results))
    lines = [*statements(recording, inputs, "return None"), f"    return ({results})"]
    return _made(recording, _text("program", inputs, ["True"], [], lines, "return None"), None)


def on_arguments(request: Request, recording: Recording, otherwise: Callable[..., Any]) -> Callable[..., Any] | None:
    """The program as a function of the arguments, as fast as one written by hand.

    It takes floats, and arrays of doubles of the compiled shapes; anything else is for `otherwise`.  None where there
    are arguments in containers, or of names that no parameter can have.
    """
    names = request.names
    used = {node.primitive.name for node in recording.graph.nodes if node.primitive is not None}
    if any(RESERVED.fullmatch(name) or keyword.iskeyword(name) or name in used for name in names):
        return None
    inputs: list[str] = []
    checks, unpacked = [], []
    for name, template in request.templates.items():
        if type(template) is float:
            checks.append(f"type({name}) is float")
            inputs.append(name)
        elif isinstance(template, np.ndarray) and template.dtype == float:
            checks.append(f"type({name}) is ndarray and {name}.shape == {template.shape} and {name}.dtype is double")
            entries = [f"_x{len(inputs) + k}" for k in range(template.size)]
            unpacked.append(f"{', '.join(entries)}, = {name}.ravel().tolist()")
            inputs += entries
        else:
            return None
    back = f"return otherwise({', '.join(names)})"
    results = [f"_r{k}" for k in range(recording.results)]
    answer = _display(request.arranged(results, recording.output, _joined))
    lines = [*statements(recording, inputs, back), f"    return {answer}"]
    parameters = [f"{name}=None" for name in names]
    return _made(recording, _text(request.want, parameters, checks, unpacked, lines, back), otherwise)


def statements(recording: Recording, inputs: Sequence[str], back: str) -> list[str]:
    """The guards, the results r0, r1, ..., and the question whether none of them is nan."""
    graph, count = recording.graph, recording.results
    named = [(f"_c{k}", i) for k, i in enumerate(graph.outputs[count:])]
    named += [(f"_r{k}", i) for k, i in enumerate(graph.outputs[:count])]
    numbers = {f"_r{k}": is_condition(graph.nodes[i].value) for k, i in enumerate(graph.outputs[:count])}
    lines = []
    for name, formula in assignments(graph, EXECUTED, inputs, named, "_t")[0]:
        lines.append(f"{name} = {TRUTH['executed'].format(formula) if numbers.get(name) else formula}")
        if re.fullmatch(r"_c\d+", name):
            lines.append(f"if {'not ' * recording.decisions[int(name[2:])]}{name}: {back}")
    if not recording.checked:
        return [*lines, "if True:"]
    if count <= SUMMED:
        return [*lines, f"if {' and '.join(f'_r{k} == _r{k}' for k in range(count))}:"]
    total = f"sum(({', '.join(f'_r{k}' for k in range(count))}))"
    return [*lines, f"_sum = {total}", "if _sum == _sum:"]


def _text(
    name: str,
    parameters: Sequence[str],
    checks: Sequence[str],
    unpacked: Sequence[str],
    lines: Sequence[str],
    back: str,
) -> str:
    inner = "".join(f"            {line}\n" for line in (*unpacked, *lines))
    return (
        f"def {name}({', '.join(parameters)}):\n    if {' and '.join(checks) or True}:\n        try:\n{inner}"
        f"        except (ArithmeticError, ValueError):\n            pass\n    {back}\n"
    )


def _made(recording: Recording, text: str, otherwise: Callable[..., Any] | None) -> Callable[..., Any]:
    """The function of this text."""
    names = {node.primitive.name for node in recording.graph.nodes if node.primitive is not None}
    space: dict[str, Any] = {name: PRIMITIVES[name].function for name in names}
    space |= {"math": math, "array": np.array, "ndarray": np.ndarray, "double": np.dtype(float), "otherwise": otherwise}
    exec(compile(text, "<compiled by diffcompare>", "exec"), space)
    made: Callable[..., Any] = space[text[4 : text.index("(")]]
    vars(made)["source"] = text
    return made


def _joined(parts: Sequence[str], shape: tuple[int, ...]) -> str:
    reshaped = f".reshape({shape})" if len(shape) > 1 else ""
    return f"array([{', '.join(parts)}]){reshaped}"


def _display(value: Any) -> str:
    """Containers of texts as the text of the containers."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {_display(part)}' for key, part in value.items())}}}"
    if isinstance(value, tuple):
        return f"({''.join(f'{_display(part)}, ' for part in value)})"
    return f"[{', '.join(map(_display, value))}]" if isinstance(value, list) else str(value)
