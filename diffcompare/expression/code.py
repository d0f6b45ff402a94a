"""Programs as text: a graph of numbers as straight-line Python, NumPy, C or LaTeX, one assignment a named value.

A value has a line of its own where it has a name or is used twice; any other is written inside the one formula that
uses it.  Parentheses stand where reading needs them, so that the text rounds exactly as the graph does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from diffcompare.expression.graph import Graph
from diffcompare.expression.notation import ATOM, PRODUCT, RELATION, TEXT, Notation, Rule, Written
from diffcompare.expression.primitives import PRIMITIVES

LONGEST = 60  # characters of a value that is written inside another


class Line(NamedTuple):
    """One assignment."""

    name: str
    formula: str


def assignments(
    graph: Graph,
    notation: Notation,
    inputs: Sequence[str],
    named: Sequence[tuple[str, int]] = (),
    other: Callable[[int], str] = "t{}".format,
) -> tuple[list[Line], list[str]]:
    """The lines of a program, and what stands for each output.

    `named` are names in the order in which they are to be assigned, each with its node; a node may have several.
    Values without a name that are used twice are called t1, t2, ..., or what `other` calls the k-th.

    >>> import diffcompare as dc
    >>> graph = dc.function("x*y + sin(x*y)").trace({"x": 1, "y": 2}).merged()
    >>> assignments(graph, PYTHON, ["x", "y"], [("v", 4)])
    ([Line(name='t1', formula='x * y'), Line(name='v', formula='t1 + math.sin(t1)')], ['v'])
    """
    writer = _Writer(graph, notation, inputs, named, other)
    for name, i in named:
        writer.assign(i, name)
    return writer.lines, [writer.reference(i).text for i in graph.outputs]


class _Writer:
    def __init__(
        self,
        graph: Graph,
        notation: Notation,
        inputs: Sequence[str],
        named: Sequence[tuple[str, int]],
        other: Callable[[int], str],
    ) -> None:
        self.graph, self.notation = graph, notation
        self.lines: list[Line] = []
        self.uses = [0] * len(graph.nodes)
        for node in graph.nodes:
            for j in node.operands:
                self.uses[j] += 1
        for i in graph.outputs:
            self.uses[i] += 1
        # What is copied to a name gets no line of its own besides.
        self.copied = {n.operands[0] for n in graph.nodes if n.primitive is not None and n.primitive.name == "copy"}
        self.first = {i: name for name, i in reversed(named)}
        self.other, self.count = other, 0
        self.texts: list[Written | None] = [Written(text, ATOM) for text in inputs]
        self.texts += [None] * (len(graph.nodes) - len(inputs))

    def assign(self, i: int, name: str) -> None:
        """A line for a name; what it needs comes before it."""
        formula = self.reference(i, inside=False).text
        if formula != name:
            self.lines.append(Line(name, formula))
        self.texts[i] = Written(name, ATOM)

    def reference(self, i: int, inside: bool = True) -> Written:
        """A node as an operand: its name, or the formula itself where nothing else uses it."""
        stack = [i]
        while stack:
            top = stack[-1]
            if self.texts[top] is not None:
                stack.pop()
                continue
            node = self.graph.nodes[top]
            missing = [j for j in node.operands if self.texts[j] is None]
            if missing:
                stack.extend(reversed(missing))
                continue
            self.texts[top] = self._written(top, inside or top != i)
            stack.pop()
        found = self.texts[i]
        assert found is not None
        return found

    def _written(self, i: int, inside: bool) -> Written:
        node = self.graph.nodes[i]
        if node.row is None:
            return self.notation.constant(node.value)
        operands = []
        for k, j in enumerate(node.operands):
            text = self.texts[j]
            assert text is not None
            if is_condition(self.graph.nodes[j].value) and not (node.row.name == "where" and k == 0):
                text = Written(TRUTH[self.notation.name].format(text.text), ATOM)
            operands.append(text)
        written = self.notation.apply(node.row, operands)
        name = self.first.get(i)
        short = len(written.text) <= LONGEST or i in self.copied
        if not inside or (name is None and self.uses[i] < 2 and short):
            return written
        if name is None:
            self.count += 1
            name = self.other(self.count)
        self.lines.append(Line(name, written.text))
        return Written(name, ATOM)


def is_condition(value: Any) -> bool:
    """Whether a value is true or false rather than a number."""
    return isinstance(value, (bool, np.bool_))


# A condition as the number 1 or 0; NumPy's own sums of truth values are no numbers, quotients of C's are whole.
TRUTH = {
    "executed": "float({0})", "python": "float({0})", "numpy": "(1.0 * ({0}))", "c": "(double)({0})",
    "latex": r"\left[{0}\right]",
}  # fmt: skip


def _literal(number: Any) -> str:
    """A double as Python reads it back."""
    text = repr(float(number))
    return text if math.isfinite(number) else f"math.{text}".replace("math.-", "-math.")


def _c_literal(number: Any) -> str:
    return repr(float(number)).replace("inf", "INFINITY").replace("nan", "NAN")


def _in_python(name: str, operands: str) -> str:
    function = PRIMITIVES[name].function
    return f"math.{function.__name__}({operands})" if _is_of("math", function) else f"{name}({operands})"


def _in_numpy(name: str, operands: str) -> str:
    function = ufunc(name)
    return f"{name if function is None else f'np.{function.__name__}'}({operands})"


def ufunc(name: str) -> np.ufunc | None:
    """NumPy's ufunc for an operation of the table; None where it has none."""
    function = PRIMITIVES[name].array
    found = function if isinstance(function, np.ufunc) else getattr(np, name, None)
    return found if isinstance(found, np.ufunc) else None


def _in_c(name: str, operands: str) -> str:
    function = PRIMITIVES[name].function
    own = function.__name__ if _is_of("math", function) else name
    return f"{C_NAMES.get(name, own)}({operands})"


def _is_of(module: str, function: Any) -> bool:
    return getattr(function, "__module__", None) == module


C_NAMES = {"gamma": "tgamma", "abs": "fabs", "power": "pow"}
_WHOLE = (RELATION, RELATION, RELATION)
_SIGNS = {name: rule for name, rule in TEXT.rules.items() if name not in ("power", "pi", "e")} | {
    "multiply": Rule(PRODUCT, "{0} * {1}", TEXT.rules["multiply"].operands),
    "divide": Rule(PRODUCT, "{0} / {1}", TEXT.rules["divide"].operands),
}
# As this process runs a program: each row of the table by its own name.
EXECUTED = replace(
    TEXT, name="executed", number=_literal, call=lambda name, operands: f"{name}({operands})",
    rules=_SIGNS | {"where": Rule(ATOM, "({1} if {0} else {2})", _WHOLE)},
)  # fmt: skip
PYTHON = replace(
    EXECUTED, name="python", call=_in_python,
    rules=EXECUTED.rules | {
        "abs": Rule(ATOM, "abs({0})", _WHOLE[:1]), "power": Rule(ATOM, "math.pow({0}, {1})", _WHOLE[:2]),
    },
)  # fmt: skip
NUMPY = replace(
    EXECUTED, name="numpy", call=_in_numpy, number=lambda number: _literal(number).replace("math", "np"),
    rules=_SIGNS | {
        "where": Rule(ATOM, "np.where({0}, {1}, {2})", _WHOLE),
    },
)  # fmt: skip
C = replace(
    EXECUTED, name="c", call=_in_c, number=_c_literal,
    rules=_SIGNS | {"where": Rule(ATOM, "({0} ? {1} : {2})", _WHOLE)},
)  # fmt: skip
