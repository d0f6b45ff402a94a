"""A program of numbers as a Python function: one assignment a value that is used twice, the others written inside.

The text is our own printer's: nothing of a user's is in it but the names of arguments, which are identifiers.  Where a
guard fails, where Python raises (division by 0, overflow, a number outside a domain) and where a result is nan, the
function hands over to `otherwise`.
"""

from __future__ import annotations

import keyword
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from diffcompare.engines.compiled.recording import Recording
from diffcompare.engines.compiled.request import Request
from diffcompare.expression.code import EXECUTED, TRUTH, assignments, is_condition
from diffcompare.expression.identifiers import Identifiers, Language, in_python
from diffcompare.expression.primitives import PRIMITIVES

GIVEN = {"math": math, "array": np.array, "ndarray": np.ndarray, "double": np.dtype(float)}
ALSO = frozenset({"otherwise", "type", "float", "sum", "ArithmeticError", "ValueError"})  # that the text mentions
WORDS = Language(in_python, keyword.iskeyword)
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
    names = _names(recording)
    inputs = [names(f"x{k}") for k in range(len(recording.graph.names))]
    lines, results = statements(recording, inputs, names, "return None")
    lines.append(f"    return ({''.join(f'{result}, ' for result in results)})")
    return _made(recording, _text("program", inputs, ["True"], [], lines, "return None"), None)


def on_arguments(request: Request, recording: Recording, otherwise: Callable[..., Any]) -> Callable[..., Any] | None:
    """The program as a function of the arguments, as fast as one written by hand.

    It takes floats, and arrays of doubles of the compiled shapes; anything else is for `otherwise`.  None where there
    are arguments in containers, or of names that no parameter can have.
    """
    names = _names(recording)
    if any(names(name) != name for name in request.names):
        return None
    inputs: list[str] = []
    checks, unpacked = [], []
    for name, template in request.templates.items():
        if type(template) is float:
            checks.append(f"type({name}) is float")
            inputs.append(name)
        elif isinstance(template, np.ndarray) and template.dtype == float:
            checks.append(f"type({name}) is ndarray and {name}.shape == {template.shape} and {name}.dtype is double")
            entries = [names(f"x{len(inputs) + k}") for k in range(template.size)]
            unpacked += [f"{', '.join(entries)}, = {name}.ravel().tolist()"] * bool(entries)
            inputs += entries
        else:
            return None
    back = f"return otherwise({', '.join(request.names)})"
    lines, results = statements(recording, inputs, names, back)
    lines.append(f"    return {_display(request.arranged(results, recording.output, _joined))}")
    parameters = [f"{name}=None" for name in request.names]
    return _made(recording, _text(request.want, parameters, checks, unpacked, lines, back), otherwise)


def statements(
    recording: Recording, inputs: Sequence[str], names: Identifiers, back: str
) -> tuple[list[str], list[str]]:
    """The guards, the results and the question whether none of them is nan; and what the results are called."""
    graph, count = recording.graph, recording.results
    decided = {names(f"c{k}"): decision for k, decision in enumerate(recording.decisions)}
    truths = {names(f"r{k}"): is_condition(graph.nodes[i].value) for k, i in enumerate(graph.outputs[:count])}
    results = list(truths)
    named = [*zip(decided, graph.outputs[count:], strict=True), *zip(results, graph.outputs[:count], strict=True)]
    lines = []
    for name, formula in assignments(graph, EXECUTED, inputs, named, lambda k: names(f"t{k}"))[0]:
        lines.append(f"{name} = {TRUTH['executed'].format(formula) if truths.get(name) else formula}")
        if name in decided:
            lines.append(f"if {'not ' * decided[name]}{name}: {back}")
    asked = results if recording.checked else []
    if len(asked) > SUMMED:
        asked = [names("total")]
        lines.append(f"{asked[0]} = sum(({', '.join(results)}))")
    return [*lines, f"if {' and '.join(f'{name} == {name}' for name in asked) or True}:"], results


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


def _names(recording: Recording) -> Identifiers:
    """Names that mean nothing to the program yet."""
    return Identifiers(WORDS, {*_operations(recording), *GIVEN, *ALSO})


def _operations(recording: Recording) -> dict[str, Any]:
    names = {node.primitive.name for node in recording.graph.nodes if node.primitive is not None}
    return {name: PRIMITIVES[name].function for name in names}


def _made(recording: Recording, text: str, otherwise: Callable[..., Any] | None) -> Callable[..., Any]:
    """The function of this text."""
    space = _operations(recording) | GIVEN | {"otherwise": otherwise}
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
